package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ScenesRewardContractTest extends RewardContract {
    private static final Map<String, Object> TWO_BLUE_OBJECTS = Map.of(
            "tag",
            "color_attr",
            "include",
            List.of(
                    Map.of("class", "circle", "count", 1, "color", "blue"),
                    Map.of("class", "star", "count", 1, "color", "blue")));

    @Override
    String name() {
        return "scenes";
    }

    private static Sample sample(SceneObject... objects) {
        return new Sample(
                new Scene(List.of(objects), 20, 20, 20).media(), "a blue circle and a blue star", TWO_BLUE_OBJECTS);
    }

    @Override
    List<Sample> worstToBest() {
        SceneObject circle = new SceneObject(SceneShape.CIRCLE, SceneColor.BLUE, 9, 9, 5, 1);
        return List.of(
                sample(),
                sample(circle),
                sample(circle, new SceneObject(SceneShape.STAR, SceneColor.RED, 23, 23, 5, 1)),
                sample(circle, new SceneObject(SceneShape.STAR, SceneColor.BLUE, 23, 23, 5, 1)));
    }

    @Test
    void theModeChoosesTheScore() {
        SceneObject circle = new SceneObject(SceneShape.CIRCLE, SceneColor.BLUE, 9, 9, 5, 1);
        SceneObject star = new SceneObject(SceneShape.STAR, SceneColor.BLUE, 23, 23, 5, 1);
        SceneObject square = new SceneObject(SceneShape.SQUARE, SceneColor.RED, 23, 8, 5, 1);
        List<Sample> cluttered = List.of(sample(circle, star, square));
        assertThat(RewardProvider.named("scenes", Map.of()).score(cluttered).values())
                .containsExactly(2 / 3.0);
        assertThat(mode("graded", cluttered)).isEqualTo(2 / 3.0);
        assertThat(mode("graded01", cluttered)).isEqualTo(1);
        assertThat(mode("official", cluttered)).isEqualTo(1);
        assertThat(mode("strict", cluttered)).isZero();
        assertThatThrownBy(() -> mode("lenient", cluttered))
                .hasMessage("scenes.mode (lenient) must be one of closeness, graded, graded01, official, strict.");
        assertThatThrownBy(() -> RewardProvider.named("scenes", Map.of("mod", "strict")))
                .hasMessage("The reward scenes has no option mod; it has mode.\nMaybe mode was meant.");
        assertThatThrownBy(() -> RewardProvider.named("scene")).hasMessageEndingWith("Maybe scenes was meant.");
    }

    private static double mode(String mode, List<Sample> samples) {
        try (Reward reward = RewardProvider.named("scenes", Map.of("mode", mode))) {
            return reward.score(samples).values()[0];
        }
    }
}
