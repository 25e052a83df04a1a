package dev.sluice.rewards.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.SceneSplit;
import dev.sluice.rewards.SceneTask;
import dev.sluice.rewards.ScenesWorld;
import dev.sluice.rewards.Scores;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScenesRewardTest {
    private static Sample sample(ScenePrompt prompt, Media media) {
        return new Sample(media, prompt.text(), prompt.metadata());
    }

    @ParameterizedTest
    @ValueSource(strings = {"scenes", "scenes-strict"})
    void aRenderedSceneEarnsOneOnItsPromptAndLessOnOthers(String name) {
        SplittableRandom random = new SplittableRandom(3);
        List<Sample> own = new ArrayList<>();
        List<Sample> others = new ArrayList<>();
        List<ScenePrompt> all = ScenesWorld.prompts(SceneSplit.TRAIN);
        for (int i = 0; i < 300; i++) {
            ScenePrompt prompt = all.get(random.nextInt(all.size()));
            Media media = ScenesWorld.scene(prompt, random).media();
            own.add(sample(prompt, media));
            ScenePrompt blue = ScenesWorld.prompts(SceneTask.COUNTING).get(random.nextInt(16));
            others.add(sample(blue, media));
        }
        try (Reward reward = RewardProvider.named(name)) {
            double right = java.util.Arrays.stream(reward.score(own).values())
                    .average()
                    .orElseThrow();
            double wrong = java.util.Arrays.stream(reward.score(others).values())
                    .average()
                    .orElseThrow();
            assertThat(right).isGreaterThan(0.985);
            assertThat(wrong).isLessThan(0.45);
        }
    }

    private static Media painted(UnaryOperator<int[]> painter) {
        byte[] rgb = new byte[3 * 1024];
        for (int y = 0; y < 32; y++) {
            for (int x = 0; x < 32; x++) {
                int[] color = painter.apply(new int[] {y, x});
                for (int c = 0; c < 3; c++) {
                    rgb[(y * 32 + x) * 3 + c] = (byte) color[c];
                }
            }
        }
        return Media.image(32, 32, rgb);
    }

    /** Pictures that show no object earn nothing on any prompt. */
    @Test
    void greyNoiseSmearsAndCheckersEarnNothing() {
        SplittableRandom random = new SplittableRandom(9);
        List<Media> cheats = List.of(
                painted(at -> new int[] {128, 128, 128}),
                painted(at -> new int[] {230, 45, 45}),
                painted(at -> new int[] {random.nextInt(256), random.nextInt(256), random.nextInt(256)}),
                painted(at -> new int[] {20 + at[1] * 6, 20 + at[1], 20}),
                painted(at -> (at[0] / 4 + at[1] / 4) % 2 == 0 ? new int[] {20, 20, 20} : new int[] {240, 215, 45}),
                painted(at -> at[0] > 8 && at[0] < 22 ? new int[] {125, 35, 32} : new int[] {20, 20, 20}));
        try (Reward graded = RewardProvider.named("scenes")) {
            for (ScenePrompt prompt : ScenesWorld.prompts(SceneSplit.TRAIN)) {
                Scores scores = graded.score(
                        cheats.stream().map(media -> sample(prompt, media)).toList());
                assertThat(scores.values()).as(prompt.text()).containsOnly(0.0);
            }
        }
    }

    @Test
    void aSampleOfAnotherWorldHasNoScoreButAReason() {
        ScenePrompt prompt = ScenesWorld.prompts(SceneTask.COLORS).get(0);
        Media scene = ScenesWorld.scene(prompt, new SplittableRandom(1)).media();
        Sample plain = new Sample(scene, "a cat", Map.of());
        Sample video = sample(prompt, new Media(2, 32, 32, new byte[2 * 3072], 8));
        try (Reward reward = RewardProvider.named("scenes")) {
            Scores scores = reward.score(List.of(plain, sample(prompt, scene), video));
            assertThat(scores.reasons()).containsOnlyKeys(0, 2);
            assertThat(scores.reasons().get(0))
                    .isEqualTo(
                            "the prompt (a cat) is none of the scenes world, and there is no metadata (tag, include) that"
                                    + " says what it asks for.");
            assertThat(scores.values()[1]).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"scenes", "scenes-strict"})
    void aPromptWithoutMetadataIsKnownByItsWords(String name) {
        try (Reward reward = RewardProvider.named(name)) {
            for (SceneTask task : SceneTask.values()) {
                List<Sample> bare = new ArrayList<>();
                List<Sample> full = new ArrayList<>();
                for (ScenePrompt prompt : ScenesWorld.prompts(task)) {
                    Media media = ScenesWorld.scene(ScenesWorld.prompts(task).get(0), new SplittableRandom(full.size()))
                            .media();
                    bare.add(new Sample(media, prompt.text(), Map.of()));
                    full.add(sample(prompt, media));
                    assertThat(ScenesWorld.prompt(prompt.text())).contains(prompt);
                }
                assertThat(reward.score(bare).values())
                        .isEqualTo(reward.score(full).values());
            }
            Media star = ScenesWorld.scene(ScenesWorld.prompt("a star").orElseThrow(), new SplittableRandom(1))
                    .media();
            Scores scores = reward.score(List.of(
                    new Sample(star, " A  Star\n", Map.of("task", "mine")),
                    new Sample(star, "a starr", Map.of()),
                    new Sample(star, "a star", Map.of("tag", "single_object"))));
            assertThat(scores.values()[0]).isEqualTo(1);
            assertThat(scores.reasons().get(1)).endsWith("Maybe a star was meant.");
            assertThat(scores.reasons().get(2))
                    .as("what is begun must be whole")
                    .isEqualTo("include (null) must be a list.");
        }
    }
}
