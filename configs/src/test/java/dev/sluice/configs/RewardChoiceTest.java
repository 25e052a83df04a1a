package dev.sluice.configs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.rewards.Joining;
import dev.sluice.rewards.Shaping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several rewards in one run file. */
class RewardChoiceTest {
    @TempDir
    private Path folder;

    private Path run;

    @BeforeEach
    void model() throws IOException {
        Files.createDirectory(folder.resolve("model"));
        run = folder.resolve("run.yaml");
    }

    private RunConfig read(String rewards) throws IOException {
        Files.writeString(run, """
                model: model
                prompts: {train: scenes:train, test: scenes:test}
                %s""".formatted(rewards));
        return RunFiles.train(run, List.of());
    }

    private void refused(String rewards, String... words) {
        assertThatThrownBy(() -> read(rewards))
                .isInstanceOf(ConfigException.class)
                .satisfies(e -> {
                    for (String word : words) {
                        assertThat(e).hasMessageContaining(word);
                    }
                });
    }

    @Test
    void oneRewardCanBeThereTwiceUnderTwoLabels() throws IOException {
        RunConfig config = read("""
                rewards:
                  - {name: scenes, weight: 1, label: near, options: {mode: closeness}}
                  - {name: scenes, weight: 0.5, options: {mode: strict}, shape: {type: log-sigmoid, reference: 0.5}}
                """);
        assertThat(config.rewards().stream().map(RunConfig.RewardChoice::title)).containsExactly("near", "scenes");
        assertThat(config.rewards().get(0).shaping()).isEqualTo(Shaping.NONE);
        assertThat(config.rewards().get(1).shaping()).isEqualTo(new Shaping.LogSigmoid(0.5, 1));
        Path again = Files.createDirectory(folder.resolve("a")).resolve("config.yaml");
        Files.writeString(again, RunFiles.yaml(config));
        assertThat(RunFiles.train(again, List.of())).isEqualTo(config);

        refused(
                "rewards: [{name: scenes, weight: 1}, {name: scenes, weight: 1, options: {mode: strict}}]",
                "run.yaml:3",
                "rewards (scenes) must have different labels",
                "Maybe write {name: scenes, label: scenes-2, ...}");
        refused("rewards: [{name: scenes, weight: 1, label: My Label}]", "run.yaml:3", "label (My Label) must have");
        refused("rewards: [{name: scenes, weight: 0}]", "rewards (scenes) must have a weight other than 0");
    }

    @Test
    void aShapeIsCheckedWithItsLine() throws IOException {
        assertThat(read("rewards: [{name: scenes, weight: 1, shape: {type: preference, references: [0.1, 0.4]}}]")
                        .rewards()
                        .get(0)
                        .shaping())
                .isEqualTo(new Shaping.Preference(List.of(0.1, 0.4), 1));
        refused(
                "rewards:\n  - {name: scenes, weight: 1}\n  - {name: compressibility, weight: 1, shape: {type: rang}}",
                "run.yaml:5:",
                "rewards[1].shape.type (rang) must be one of range, standard, log-sigmoid, preference.",
                "Maybe write range.");
        refused(
                "rewards: [{name: scenes, weight: 1, shape: {type: range, least: 2, greatest: 1}}]",
                "run.yaml:3:",
                "rewards[0].shape.least (2.0) must be below greatest (1.0).");
        refused(
                "rewards: [{name: scenes, weight: 1, shape: {type: standard, mean: 2, deviation: 0}}]",
                "rewards[0].shape.deviation (0) must be a number above 0.");
    }

    @Test
    void rewardsAreJoinedOtherwiseThanByASum() throws IOException {
        RunConfig config = read("""
                rewards:
                  - {name: scenes, weight: 1}
                  - {name: artifacts, weight: 1}
                joining: {type: base-and-bonus, base: scenes}
                """);
        assertThat(config.joining().orElseThrow().joining()).isEqualTo(new Joining.BaseAndBonus("scenes", 0.6));
        assertThat(read("rewards: [{name: scenes, weight: 1}]\njoining: {type: ensemble, by: least}")
                        .joining()
                        .orElseThrow()
                        .joining())
                .isEqualTo(new Joining.Ensemble(Joining.By.LEAST, 1));
        assertThat(read("rewards: [{name: scenes, weight: 1}]").joining()).isEmpty();
        refused(
                "rewards: [{name: scenes, weight: 1}]\njoining: {type: base-and-bonus, base: scene}",
                "base (scene) must be one of scenes.");
        refused(
                "rewards: [{name: scenes, weight: 1}]\njoining: {type: ensemble, by: worst}",
                "run.yaml:4:",
                "joining.by (worst) must be one of mean, median, least, deviation, variance.");
        refused(
                "rewards: [{name: scenes, weight: 1}]\njoining: {type: ensemble}\nadvantage: {combination: pareto}",
                "joining makes one reward of all",
                "Maybe write advantage.combination: reward-sum");
    }

    @Test
    void aRewardThatComparesSamplesNeedsWholeGroupsInAChunk() throws IOException {
        String diverse = "rewards: [{name: scenes, weight: 1}, {name: diversity, weight: 0.1}]\n";
        assertThat(read(diverse + "batch: {groupSize: 8, chunkSize: 16}").rewards())
                .hasSize(2);
        refused(
                diverse + "batch: {groupSize: 8, chunkSize: 4}",
                "batch (chunkSize: 4) must hold whole groups of 8, because the reward diversity compares samples");
    }
}
