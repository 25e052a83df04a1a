package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.SceneSplit;
import dev.sluice.rewards.SceneTask;
import dev.sluice.rewards.ScenesWorld;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EvaluateCommandTest {
    @TempDir
    private static Path models;

    @TempDir
    private Path folder;

    private static Path model;

    @BeforeAll
    static void model() throws IOException {
        model = TestModels.scenes(models.resolve("model"));
    }

    private static CommandLineRun evaluate(Object... more) {
        Object[] common = {"evaluate", model, "--steps", 1, "--threads", 1, "--reward", "letters"};
        return CommandLineRun.of(Stream.of(common, more).flatMap(Stream::of).toArray());
    }

    private static double mean(Stream<ScenePrompt> prompts) {
        return prompts.mapToDouble(prompt -> LettersReward.score(prompt.text()))
                .average()
                .orElseThrow();
    }

    private static double meanOfTasks(Predicate<ScenePrompt> which) {
        return Arrays.stream(SceneTask.values())
                .map(task -> ScenesWorld.prompts(SceneSplit.TEST, task).stream()
                        .filter(which)
                        .toList())
                .filter(prompts -> !prompts.isEmpty())
                .mapToDouble(prompts -> mean(prompts.stream()))
                .average()
                .orElseThrow();
    }

    @Test
    void scoresAreMeansByTaskAndTheOverallScoreIsTheMeanOfTheTasks() throws IOException {
        Path json = folder.resolve("new/scores.json");
        CommandLineRun run = evaluate("--json", json).succeeded();
        JsonNode scores = new JsonMapper().readTree(Files.readAllBytes(json));
        for (SceneTask task : SceneTask.values()) {
            List<ScenePrompt> prompts = ScenesWorld.prompts(SceneSplit.TEST, task);
            JsonNode found = scores.path("tasks").path(task.tag());
            assertThat(found.path("score").doubleValue()).as(task.tag()).isEqualTo(mean(prompts.stream()));
            assertThat(found.path("count").intValue()).isEqualTo(prompts.size());
            assertThat(found.path("low").doubleValue())
                    .isLessThan(found.path("high").doubleValue());
        }
        double overall = meanOfTasks(prompt -> true);
        assertThat(scores.path("score").doubleValue()).isEqualTo(overall);
        assertThat(scores.path("low").doubleValue()).isLessThan(overall);
        assertThat(scores.path("high").doubleValue()).isGreaterThan(overall);
        assertThat(scores.path("unseen").path("score").doubleValue())
                .isEqualTo(meanOfTasks(ScenesWorld::unseenCombination));
        assertThat(scores.path("steps").intValue()).isEqualTo(1);
        assertThat(run.out().lines())
                .anyMatch(line -> line.matches("single object +[01]\\.\\d{3}  [01]\\.\\d{3} to [01]\\.\\d{3} +4"))
                .anyMatch(line -> line.startsWith("unseen combinations"))
                .anyMatch(line -> line.matches("all +%.3f .*".formatted(overall)));
    }

    @Test
    void moreSamplesOfAPromptAreOneCluster() throws IOException {
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), "ab\nabc\nabcd\n");
        Path json = folder.resolve("scores.json");
        evaluate("--prompts", prompts, "--samples-per-prompt", 3, "--batch", 2, "--json", json)
                .succeeded();
        JsonNode scores = new JsonMapper().readTree(Files.readAllBytes(json));
        assertThat(scores.path("score").doubleValue()).isEqualTo(2.0 / 3);
        assertThat(scores.path("tasks").path("all").path("count").intValue()).isEqualTo(9);
        assertThat(scores.has("unseen")).isFalse();
    }

    @Test
    void theSameCommandGivesTheSameFile() throws IOException {
        Object[] words = {"--split", "train", "--guidance", 2, "--batch", 50, "--json"};
        List<byte[]> files = Stream.of("one.json", "two.json")
                .map(folder::resolve)
                .peek(json -> evaluate(
                                Stream.concat(Stream.of(words), Stream.of(json)).toArray())
                        .succeeded())
                .map(EvaluateCommandTest::read)
                .toList();
        assertThat(files.get(0)).isEqualTo(files.get(1));
    }

    private static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aPictureWithoutAScoreIsCountedAndTheStatusTells() throws IOException {
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), "ab\nunknown thing\n");
        CommandLineRun run = evaluate("--prompts", prompts);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).contains("1 samples have no score (the prompt is unknown).");
        assertThat(run.out().lines()).anyMatch(line -> line.matches("all +1\\.000 .* +1"));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--reward beauty | The reward (beauty) is unknown; the class path has",
                "--reward scenes:mode=harsh | scenes.mode (harsh) must be one of closeness, graded,",
                "--reward scenes:mood=strict | The reward scenes has no option mood; it has mode.",
                "--reward scenes:strict | The reward (scenes:strict) must be a name, or a name with options",
                "--reward letters: | The reward (letters:) must be a name, or a name with options",
                "--split validation | The split (validation) of the prompts scenes:validation is unknown",
                "--split test --prompts some.txt | --split and --prompts exclude each other",
                "--prompts none.jsonl | does not exist",
                "--samples-per-prompt 0 | --samples-per-prompt (0) must be at least 1",
                "--first-seed x | Invalid value for option '--first-seed'",
                "--steps -3 | --steps (-3) must be at least 1",
                "--negative-prompt blurry | --negative-prompt (blurry) means nothing with --guidance 1, which is no guidance.",
                "--max-tokens -1 | --max-tokens (-1) must be at least 1",
                "--guidance Infinity | --guidance (Infinity) must be a finite number",
                "--reward letters --device cuda | device (cuda) must be auto, cpu, gpu or gpuN",
                "--reward letters --adapter src | src has no weights; expected a .safetensors file",
                "--json src | is a folder; expected a file",
            })
    void aWrongOptionIsRefused(String option, String message) {
        Object[] words = Stream.concat(Stream.of("evaluate", model), Stream.of(option.split(" ")))
                .toArray();
        CommandLineRun.of(words).refused(message);
    }

    @Test
    void aPlaceThatCannotTakeTheScoresIsRefusedBeforeAnyWork() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        evaluate("--json", file.resolve("below.json")).refused("below.json cannot be written");
    }

    @Test
    void aModelThatIsNotThereIsRefused() {
        CommandLineRun.of("evaluate", folder.resolve("nowhere"), "--reward", "letters")
                .refused("nowhere is not there; expected a model's folder");
    }

    @Test
    void helpHasAnExample() {
        String help = evaluate("--help").succeeded().out();
        assertThat(help).contains("Examples:", "  sluice evaluate --adapter", "with 95% confidence intervals.");
    }
}
