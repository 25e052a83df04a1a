package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.configs.PromptSource;
import dev.sluice.configs.Prompts;
import dev.sluice.grpo.Prompt;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenesWorld;
import dev.sluice.rewards.Scores;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Holds that what a run makes of the scenes prompts is what the scenes rewards read. */
class ScenesPromptsTest {
    @ParameterizedTest
    @CsvSource({"train, scenes", "test, scenes", "train, scenes-strict", "test, scenes-strict"})
    void aRenderedSceneOfEveryPromptHasAScoreAndNearlyAllTheFullOne(String split, String name) throws IOException {
        List<Prompt> prompts = Prompts.read(new PromptSource.World("scenes", split));
        SplittableRandom random = new SplittableRandom(5);
        List<Sample> samples = prompts.stream()
                .map(prompt -> new Sample(
                        ScenesWorld.scene(ScenePrompt.of(prompt.text(), prompt.metadata()), random)
                                .media(),
                        prompt.text(),
                        prompt.metadata()))
                .toList();
        try (Reward reward = RewardProvider.named(name)) {
            Scores scores = reward.score(samples);
            assertThat(scores.reasons()).isEmpty();
            assertThat(Arrays.stream(scores.values()).average().orElseThrow()).isGreaterThan(0.95);
        }
    }
}
