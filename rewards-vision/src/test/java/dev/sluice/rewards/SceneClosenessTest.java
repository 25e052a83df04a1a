package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SceneClosenessTest {
    private static final ScenePrompt RED_CIRCLE = prompt(SceneTask.COLORS, "a red circle");

    private static ScenePrompt prompt(SceneTask task, String text) {
        return ScenesWorld.prompts(task).stream()
                .filter(prompt -> prompt.text().equals(text))
                .findFirst()
                .orElseThrow();
    }

    private static Media picture(SceneObject... objects) {
        return new Scene(List.of(objects), 20, 20, 24).media();
    }

    private static double between(double from, double to, double share) {
        return from + share * (to - from);
    }

    @Test
    void whatIsRightIsNearlyOneAndFarAboveWhatIsWrong() {
        SplittableRandom random = new SplittableRandom(3);
        double right = 0;
        double wrong = 0;
        int scenes = 0;
        for (ScenePrompt prompt : ScenesWorld.prompts(SceneSplit.TEST)) {
            Media own = ScenesWorld.scene(prompt, random).media();
            List<ScenePrompt> others = ScenesWorld.prompts(prompt.task()).stream()
                    .filter(other -> !ScenesVerifier.judge(other, own).strict())
                    .toList();
            double closeness = ScenesVerifier.closeness(prompt, own);
            assertThat(closeness).as(prompt.text()).isBetween(0.7, 1.0);
            right += closeness;
            wrong += others.stream()
                    .mapToDouble(other -> ScenesVerifier.closeness(other, own))
                    .average()
                    .orElse(0);
            scenes++;
        }
        assertThat(right / scenes).isGreaterThan(0.9);
        assertThat(wrong / scenes).isLessThan(0.5);
    }

    @Test
    void itFallsAllTheWayFromTheRightColourToAWrongOneWhileTheVerdictJumps() {
        List<Double> closeness = new ArrayList<>();
        int jumps = 0;
        boolean before = true;
        for (int i = 0; i <= 10; i++) {
            Media mixed = mixed(
                    picture(new SceneObject(SceneShape.CIRCLE, SceneColor.RED, 16, 16, 6, 1)),
                    picture(new SceneObject(SceneShape.CIRCLE, SceneColor.YELLOW, 16, 16, 6, 1)),
                    i / 10.0);
            closeness.add(ScenesVerifier.closeness(RED_CIRCLE, mixed));
            boolean strict = ScenesVerifier.judge(RED_CIRCLE, mixed).strict();
            jumps += strict == before ? 0 : 1;
            before = strict;
        }
        assertThat(jumps).isOne();
        assertThat(closeness).isSortedAccordingTo((a, b) -> Double.compare(b, a));
        for (int i = 1; i <= 5; i++) {
            assertThat(closeness.get(i - 1) - closeness.get(i)).as("step %s", i).isBetween(0.01, 0.2);
        }
    }

    private static Media mixed(Media a, Media b, double share) {
        float[] first = Pixels.planes(a, 0);
        float[] second = Pixels.planes(b, 0);
        for (int i = 0; i < first.length; i++) {
            first[i] = (float) between(first[i], second[i], share);
        }
        return Pixels.image(first, 32, 32);
    }

    @Test
    void aRelationEarnsMoreTheBetterItHolds() {
        ScenePrompt left = prompt(SceneTask.POSITION, "a circle left of a square");
        List<Double> closeness = new ArrayList<>();
        for (int i = 0; i <= 8; i++) {
            double angle = Math.PI * i / 8;
            closeness.add(ScenesVerifier.closeness(
                    left,
                    picture(
                            new SceneObject(
                                    SceneShape.CIRCLE,
                                    SceneColor.RED,
                                    16 - 8 * Math.cos(angle),
                                    16 - 8 * Math.sin(angle),
                                    5,
                                    1),
                            new SceneObject(
                                    SceneShape.SQUARE,
                                    SceneColor.BLUE,
                                    16 + 8 * Math.cos(angle),
                                    16 + 8 * Math.sin(angle),
                                    5,
                                    1))));
        }
        assertThat(closeness.get(0)).isGreaterThan(0.9);
        assertThat(closeness.get(8)).isLessThan(0.4);
        assertThat(closeness.get(4)).isBetween(closeness.get(8) + 0.1, closeness.get(0) - 0.1);
    }

    @Test
    void whatIsTooManyAndWhatIsMissingCost() {
        SceneObject first = new SceneObject(SceneShape.CIRCLE, SceneColor.RED, 9, 9, 5, 1);
        SceneObject second = new SceneObject(SceneShape.CIRCLE, SceneColor.BLUE, 23, 9, 5, 1);
        SceneObject third = new SceneObject(SceneShape.CIRCLE, SceneColor.GREEN, 9, 23, 5, 1);
        ScenePrompt two = prompt(SceneTask.COUNTING, "two circles");
        double right = ScenesVerifier.closeness(two, picture(first, second));
        assertThat(ScenesVerifier.closeness(two, picture(first))).isBetween(0.4 * right, 0.6 * right);
        assertThat(ScenesVerifier.closeness(two, picture(first, second, third))).isBetween(0.6 * right, 0.7 * right);
    }

    @Test
    void aShapeThatFitsBadlyEarnsNoMoreThanItsFit() {
        Media whole = picture(new SceneObject(SceneShape.CIRCLE, SceneColor.RED, 16, 16, 7, 1));
        List<Double> fits = new ArrayList<>();
        for (int hole = 2; hole <= 4; hole++) {
            float[] planes = Pixels.planes(whole, 0);
            for (int i = 0; i < 1024; i++) {
                if (Math.hypot(i % 32 + 0.5 - 16, Math.floorDiv(i, 32) + 0.5 - 16) < hole) {
                    for (int c = 0; c < 3; c++) {
                        planes[c * 1024 + i] = planes[c * 1024];
                    }
                }
            }
            Media ring = Pixels.image(planes, 32, 32);
            double fit = ScenesVerifier.detect(ring).get(0).fit();
            fits.add(fit);
            assertThat(ScenesVerifier.closeness(RED_CIRCLE, ring))
                    .as("a hole of radius %s, fit %s", hole, fit)
                    .isLessThanOrEqualTo(Math.max(0, (fit - 0.5) / 0.4));
        }
        assertThat(fits.get(2)).isBetween(0.3, 0.8);
    }

    @Test
    void picturesOfNothingEarnNothing() {
        Random random = new Random(5);
        float[] noise = new float[3 * 32 * 32];
        float[] grey = noise.clone();
        Arrays.fill(grey, 0.5f);
        for (int i = 0; i < noise.length; i++) {
            noise[i] = random.nextFloat();
        }
        for (ScenePrompt prompt : ScenesWorld.prompts(SceneSplit.TEST)) {
            assertThat(ScenesVerifier.closeness(prompt, picture())).isZero();
            assertThat(ScenesVerifier.closeness(prompt, Pixels.image(grey, 32, 32)))
                    .isZero();
            assertThat(ScenesVerifier.closeness(prompt, Pixels.image(noise, 32, 32)))
                    .isLessThan(0.15);
        }
    }

    @Test
    void theModeOfTheRewardIsIt() {
        Media picture = picture(new SceneObject(SceneShape.CIRCLE, SceneColor.RED, 16, 16, 6, 1));
        Reward reward = RewardProvider.named("scenes", Map.of("mode", "closeness"));
        Scores scores = reward.score(List.of(new Sample(picture, RED_CIRCLE.text(), RED_CIRCLE.metadata())));
        assertThat(scores.values()).containsExactly(ScenesVerifier.closeness(RED_CIRCLE, picture));
    }
}
