package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.cli.internal.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {
    @TempDir
    static Path folder;

    private static Path runFile;

    @BeforeAll
    static void aSmallRun() throws IOException {
        TestModels.scenes(folder.resolve("model"));
        runFile = runFile(folder, "model");
    }

    /** A run of seconds; {@code model} is relative to the folder. */
    static Path runFile(Path folder, String model) throws IOException {
        return Files.writeString(folder.resolve("small.yaml"), """
                name: small
                output: "%s"
                model: %s
                threads: 1
                iterations: 3
                prompts: {train: scenes:train, test: scenes:test}
                rewards: [{name: red, weight: 1}]
                adapter: {rank: 2, alpha: 4}
                batch: {prompts: 2, groupSize: 4, chunkSize: 4}
                sampling: {steps: 4, guidance: 1}
                updates: {optimiser: {learningRate: 1.0e-2}, ema: {decay: 0.5, interval: 1}}
                evaluation: {every: 2, steps: 2, prompts: 6, pictures: 3, chunkSize: 6}
                checkpoints: {every: 1, keep: 2}
                """.formatted(folder.resolve("runs"), model));
    }

    private static CommandLineRun train(String name, String... more) {
        List<Object> words = new ArrayList<>(List.of("train", runFile, "--set", "name=" + name));
        words.addAll(List.of(more));
        return CommandLineRun.of(words.toArray());
    }

    private static Path run(String name) {
        return folder.resolve("runs").resolve(name);
    }

    @Test
    void aRunLeavesAllThatItsFolderIsSaidToHave() throws IOException {
        CommandLineRun train = train("whole").succeeded();
        assertThat(train.out()).contains("test prompts", "before", "unseen combinations", "all ", "report.html");
        assertThat(train.err()).contains("3/3", "test score after 3 iterations");
        Path run = run("whole");
        assertThat(steps(run.resolve("metrics.jsonl"))).containsExactly(0, 1, 2);
        assertThat(steps(run.resolve("timing.jsonl"))).containsExactly(0, 1, 2);
        assertThat(steps(run.resolve("evaluation.jsonl"))).containsExactly(0, 2, 3);
        assertThat(JsonLines.read(run.resolve("evaluation.jsonl")).get(0)).containsEntry("distance", 0.0);
        assertThat(JsonLines.read(run.resolve("evaluation.jsonl")))
                .allSatisfy(line -> assertThat(((Map<?, ?>) line.get("looks")).keySet())
                        .hasToString("[sharpness, mean luma, colourfulness, jpeg size]"));
        assertThat(Files.readString(run.resolve("report.html")))
                .contains("<h2>Distance to the start", "<h2>Looks of the test samples")
                .doesNotContain("NaN");
        assertThat(Files.readString(run.resolve("metrics.jsonl"))).doesNotContain("seconds", "memory");
        String document = Files.readString(DocumentationTest.HOME.resolve("docs/metrics.md"));
        // 8 samples, 4 steps of the rollout; 3 of them in the update, with and without what is trained.
        assertThat(JsonLines.read(run.resolve("metrics.jsonl")))
                .allSatisfy(
                        line -> assertThat(line).containsEntry("samples", 8.0).containsEntry("passes", 80.0));
        assertThat(document).contains("`samples`", "`passes`", "`diversity`");
        assertThat(run.resolve("adapter/adapter_config.json")).exists();
        assertThat(run.resolve("adapter/adapter_model.safetensors")).exists();
        assertThat(run.resolve("samples/step-000003/002.png")).exists();
        assertThat(run.resolve("samples/step-000000/prompts.jsonl")).exists();
        assertThat(run.resolve("report.html")).isNotEmptyFile();
        assertThat(Files.readString(run.resolve("manifest.json"))).contains("\"seed\" : 1", "safetensors");
        try (Stream<Path> checkpoints = Files.list(run.resolve("checkpoints"))) {
            assertThat(checkpoints.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder("step-000002", "step-000003");
        }
        try (Stream<Path> entries = Files.list(run)) {
            assertThat(entries.map(path -> path.getFileName().toString()))
                    .anyMatch(name -> name.startsWith("events.out.tfevents."));
        }
    }

    private static List<Object> steps(Path file) throws IOException {
        return JsonLines.read(file).stream().map(line -> line.get("step")).toList();
    }

    @Test
    void aRunWhoseTestFallsWhileItsRewardRisesEndsWhereThatIsAskedFor() throws IOException {
        CommandLineRun train = train(
                        "hacked",
                        "--set",
                        "iterations=5",
                        "--set",
                        "rewards=[{name: calls, weight: 1, options: {by: 1}}]",
                        "--set",
                        "evaluation.rewards=[{name: calls, weight: 1, options: {by: -1}}]",
                        "--set",
                        "evaluation.every=1",
                        "--set",
                        "evaluation.hacking=stop")
                .succeeded();
        assertThat(train.err())
                .contains("Is the reward being hacked? The training reward rose, but the test score")
                .contains("The run ends here");
        Path run = run("hacked");
        assertThat(steps(run.resolve("evaluation.jsonl"))).containsExactly(0, 1, 2);
        assertThat(run.resolve("checkpoints/step-000002")).exists();
        assertThat(run.resolve("adapter/adapter_model.safetensors")).exists();
        assertThat(Files.readString(run.resolve("report.html"))).contains("is below what it was before training");
    }

    /** The gold is the proxy's opposite, so that the gallery is the samples that training likes best. */
    @Test
    void whatTrainingLikesBeyondTheTestIsShown() throws IOException {
        train(
                        "suspects",
                        "--set",
                        "iterations=2",
                        "--set",
                        "rewards=[{name: incompressibility, weight: 1}]",
                        "--set",
                        "evaluation.rewards=[{name: compressibility, weight: 1}]")
                .succeeded();
        Path run = run("suspects");
        List<Map<String, Object>> tests = JsonLines.read(run.resolve("evaluation.jsonl"));
        Map<?, ?> before = (Map<?, ?>) tests.get(0).get("proxy");
        assertThat(before.get("gap")).isEqualTo(0.0);
        assertThat((double) before.get("score")).isCloseTo(-500 * (double) before.get("gold"), within(1e-6));
        assertThat(run.resolve("gallery/step-000000")).doesNotExist();
        List<Map<String, Object>> suspects = JsonLines.read(run.resolve("gallery/step-000002/prompts.jsonl"));
        assertThat(suspects).isNotEmpty().allSatisfy(line -> {
            assertThat((double) line.get("proxy")).isCloseTo(-(double) line.get("gold"), within(1e-9));
            assertThat(run.resolve("gallery/step-000002")
                            .resolve(line.get("file").toString()))
                    .exists();
        });
        assertThat(suspects.stream().map(line -> -(double) line.get("proxy")).toList())
                .isSorted();
        Map<?, ?> after = (Map<?, ?>) tests.get(tests.size() - 1).get("proxy");
        double mean = suspects.stream()
                .mapToDouble(line -> (double) line.get("proxy") - (double) line.get("gold"))
                .average()
                .orElseThrow();
        assertThat(mean).as("all of so few samples").isCloseTo((double) after.get("gap"), within(1e-9));
        assertThat(run.resolve("gallery/step-000002/contact-sheet.png")).isNotEmptyFile();
        assertThat(Files.readString(run.resolve("report.html")))
                .contains("<h2>Liked by the training reward, not by the test", "<h2>Gap between proxy and gold")
                .doesNotContain("NaN");
        String[] trusting = {"evaluation.hacking=ignore", "evaluation.rewards=[{name: compressibility, weight: 1}]"};
        train("trusting", "--set", "iterations=1", "--set", trusting[0], "--set", trusting[1])
                .succeeded();
        train("same", "--set", "iterations=1", "--set", "evaluation.rewards=[{name: red, weight: 1}]")
                .succeeded();
        for (String name : List.of("trusting", "same")) {
            assertThat(run(name).resolve("gallery")).doesNotExist();
            assertThat(JsonLines.read(run(name).resolve("evaluation.jsonl")).get(0))
                    .doesNotContainKey("proxy");
        }
    }

    @Test
    void theSameSeedGivesTheSameRunAndAnotherSeedAnother() throws IOException {
        train("first").succeeded();
        train("second").succeeded();
        train("third", "--set", "seed=2").succeeded();
        assertThat(run("first").resolve("metrics.jsonl"))
                .hasSameBinaryContentAs(run("second").resolve("metrics.jsonl"));
        assertThat(run("first").resolve("adapter/adapter_model.safetensors"))
                .hasSameBinaryContentAs(run("second").resolve("adapter/adapter_model.safetensors"));
        assertThat(Files.readString(run("third").resolve("metrics.jsonl")))
                .isNotEqualTo(Files.readString(run("first").resolve("metrics.jsonl")));
    }

    @Test
    void aRunThatGoesOnEqualsOneThatNeverStopped() throws IOException {
        train("straight", "--set", "iterations=4").succeeded();
        train("parts", "--set", "iterations=2").succeeded();
        // What a killed process may leave: lines after the checkpoint, half a line, a half-written checkpoint.
        Files.writeString(
                run("parts").resolve("metrics.jsonl"),
                Files.readString(run("parts").resolve("metrics.jsonl")) + "{\"step\":2,\"reward.mean\":7}\n{\"ste");
        Files.createDirectories(run("parts").resolve("checkpoints/.step-000003.partial123"));
        train("parts", "--set", "iterations=4", "--resume").succeeded();
        for (String file : List.of("metrics.jsonl", "evaluation.jsonl", "adapter/adapter_model.safetensors")) {
            assertThat(run("parts").resolve(file))
                    .hasSameBinaryContentAs(run("straight").resolve(file));
        }
        assertThat(run("parts").resolve("checkpoints/.step-000003.partial123")).doesNotExist();
    }

    @Test
    void aDryRunPrintsTheResolvedRunAndItsCostAndLeavesNothing() throws IOException {
        CommandLineRun dry = train("dry", "--dry-run").succeeded();
        assertThat(dry.out())
                .contains("name: dry", "learningRate: 0.01", "# trained parameters:", "forward to sample")
                .contains("# passes of one picture for each iteration: 32 forward to sample, 24 forward and back");
        assertThat(run("dry")).doesNotExist();
        Path resolved = Files.writeString(folder.resolve("resolved.yaml"), dry.out());
        assertThat(CommandLineRun.of("train", resolved, "--dry-run").succeeded().out())
                .isEqualTo(dry.out());
    }

    @Test
    void aClipRangeOfAnotherLikelihoodIsDoubtedAndRun() {
        String[] wide = {"--dry-run", "--set", "exploration.rule=cps", "--set", "objective.clipRange=1e-3"};
        CommandLineRun dry = train("wide", wide).succeeded();
        assertThat(dry.err())
                .contains("sluice: objective.clipRange (0.001) is wide for exploration.rule: cps")
                .contains("about 5e-05 for the 3,072 here", "Maybe write objective.clipRange: 5e-05.");
        assertThat(dry.out()).startsWith("name: wide");
        assertThat(train("fit", "--dry-run", "--set", "exploration.rule=cps")
                        .succeeded()
                        .err())
                .doesNotContain("clipRange");
    }

    @Test
    void samplesThatAreLeftOutCostNoPasses() throws IOException {
        train(
                        "few",
                        "--set",
                        "iterations=2",
                        "--set",
                        "bestOf=4",
                        "--set",
                        "dropZero=false",
                        "--set",
                        "batch.chunkSize=1")
                .succeeded();
        // 8 samples, 4 steps of the rollout; of 4 of them 3 in the update, with and without what is trained.
        assertThat(JsonLines.read(run("few").resolve("metrics.jsonl")))
                .hasSize(2)
                .allSatisfy(line -> assertThat(line)
                        .containsEntry("passes", 56.0)
                        .containsEntry("ratio.max_deviation_before_update", 0.0));
    }

    @Test
    void microBatchesAreMadeAsSmallAsALimitOfMemoryNeeds() {
        CommandLineRun roomy = train(
                        "dry", "--dry-run", "--set", "memory.limitGiB=64", "--set", "memory.textEncoders=released")
                .succeeded();
        assertThat(roomy.out()).contains("# peak memory, predicted: 0.", "chunkSize: 4", "(before the rest)");
        train("dry", "--dry-run", "--set", "memory.limitGiB=0.001")
                .refused("memory.limitGiB (0.001) must be at least 0.3");
        CommandLineRun fitted = CommandLineRun.of(
                        "train",
                        DocumentationTest.HOME.resolve("configs/scenes-flow-grpo.yaml"),
                        "--set",
                        "lanes=1",
                        "--set",
                        "batch.chunkSize=96",
                        "--set",
                        "memory.limitGiB=0.64",
                        "--dry-run")
                .succeeded();
        assertThat(fitted.out()).contains("chunkSize: 32").doesNotContain("chunkSize: 96");
    }

    @Test
    void aRunThatRecomputesItsBlocksAndReleasesItsTextEncodersHasTheRatioOne() throws IOException {
        train("plain", "--set", "iterations=1").succeeded();
        train("tight", "--set", "iterations=1", "--set", "memory.segments=1", "--set", "memory.textEncoders=released")
                .succeeded();
        assertThat(JsonLines.read(run("tight").resolve("metrics.jsonl")).get(0).get("reward.mean"))
                .isEqualTo(JsonLines.read(run("plain").resolve("metrics.jsonl"))
                        .get(0)
                        .get("reward.mean"));
    }

    @Test
    void allWeightsCanBeTrainedAndAreWrittenAsAModel() throws IOException {
        train("full", "--set", "adapter.kind=full", "--set", "iterations=1", "--set", "sampling.guidance=2")
                .succeeded();
        assertThat(run("full").resolve("model/model_index.json")).exists();
        assertThat(CommandLineRun.of("model", "inspect", run("full").resolve("model"))
                        .succeeded()
                        .out())
                .contains("SD3");
        assertThat(run("full").resolve("checkpoints/step-000001/state.json")).exists();
    }

    @Test
    void aJudgeWithoutWeightIsAskedInTestsAndChangesNoScore() throws IOException {
        train("judge", "--set", "iterations=1", "--set", "evaluation.rewards=[{name: red, weight: 1}]")
                .succeeded();
        String two = "evaluation.rewards=[{name: red, weight: 1}, {name: compressibility, weight: 0}]";
        train("judges", "--set", "iterations=1", "--set", two).succeeded();
        Map<String, Object> one =
                JsonLines.read(run("judge").resolve("evaluation.jsonl")).get(0);
        Map<String, Object> both =
                JsonLines.read(run("judges").resolve("evaluation.jsonl")).get(0);
        assertThat(one).doesNotContainKey("parts");
        assertThat(both.get("score")).isEqualTo(one.get("score"));
        assertThat(both.get("parts")).asString().matches("\\{red=-?0\\.\\d+, compressibility=-?\\d+\\.\\d+.*}");
        assertThat(CommandLineRun.of("compare", run("judges")).succeeded().out())
                .contains("Judges of the test", "red before", "compressibility before");
    }

    @Test
    void aRewardThatIsNeverANumberStopsTheRun() throws IOException {
        CommandLineRun train = train("nan", "--set", "rewards=[{name: broken, weight: 1}]", "--set", "iterations=20");
        assertThat(train.status()).isEqualTo(1);
        assertThat(train.err()).contains("Training stopped at iteration").doesNotContain("\tat ");
        List<Map<String, Object>> metrics = JsonLines.read(run("nan").resolve("metrics.jsonl"));
        assertThat(metrics)
                .isNotEmpty()
                .allSatisfy(line -> assertThat(line.get("skipped.samples")).isEqualTo(8.0));
    }
}
