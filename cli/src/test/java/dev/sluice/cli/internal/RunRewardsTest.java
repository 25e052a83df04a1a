package dev.sluice.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.SceneTask;
import dev.sluice.rewards.ScenesWorld;
import dev.sluice.rewards.Scores;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The rewards of a run file, opened as it says. */
class RunRewardsTest {
    @TempDir
    private Path folder;

    @Test
    void rewardsAreShapedLabelledAndJoined() throws IOException {
        Files.createDirectory(folder.resolve("model"));
        RunConfig config = RunFiles.train(Files.writeString(folder.resolve("run.yaml"), """
                model: model
                prompts: {train: scenes:train, test: scenes:test}
                rewards:
                  - {name: scenes, weight: 1}
                  - {name: scenes, weight: 1, label: strict, options: {mode: strict}}
                  - {name: compressibility, weight: 1, shape: {type: range, least: -0.01, greatest: 0}}
                joining: {type: base-and-bonus, base: scenes, share: 0.5}
                """), List.of());
        ScenePrompt prompt = ScenesWorld.prompts(SceneTask.COUNTING).get(0);
        Sample sample = new Sample(
                ScenesWorld.scene(prompt, new SplittableRandom(1)).media(), prompt.text(), prompt.metadata());
        try (Reward reward = RunRewards.of(config)) {
            Scores scores = reward.score(List.of(sample));
            assertThat(scores.parts()).containsOnlyKeys("scenes", "strict", "compressibility", "compressibility.raw");
            double small = scores.parts().get("compressibility")[0];
            assertThat(small).isCloseTo(1 + 100 * scores.parts().get("compressibility.raw")[0], within(1e-9));
            assertThat(scores.values()[0]).isCloseTo(0.5 + 0.5 * (1 + small) / 2, within(1e-12));
        }
    }
}
