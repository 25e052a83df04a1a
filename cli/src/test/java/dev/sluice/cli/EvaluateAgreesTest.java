package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Holds that a run's own test scores are those that anybody gets from the adapter it leaves. */
class EvaluateAgreesTest {
    @TempDir
    private Path folder;

    @Test
    void theAdapterOfARunHasTheScoresThatTheRunReported() throws IOException {
        Path model = TestModels.fixture("sd3-pipeline");
        Files.writeString(folder.resolve("prompts.txt"), "a circle\ntwo stars\na red square\n");
        Path runFile = Files.writeString(folder.resolve("agree.yaml"), """
                name: agree
                output: "%s"
                model: "%s"
                threads: 1
                iterations: 2
                prompts: {train: prompts.txt, test: prompts.txt}
                rewards: [{name: compressibility, weight: 1}]
                adapter: {rank: 2, alpha: 4}
                batch: {prompts: 2, groupSize: 2, chunkSize: 4}
                sampling: {steps: 3, guidance: 1}
                updates: {optimiser: {learningRate: 1.0e-2}, ema: {decay: 0.5, interval: 1}}
                evaluation: {every: 0, steps: 2, guidance: 2, samplesPerPrompt: 2, rewards: [{name: red, weight: 1}]}
                checkpoints: {every: 1, keep: 1}
                """.formatted(folder.resolve("runs"), model));
        CommandLineRun.of("train", runFile).succeeded();
        Path run = folder.resolve("runs/agree");
        List<Map<String, Object>> reported = JsonLines.read(run.resolve("evaluation.jsonl"));
        assertThat(reported).hasSize(2);
        assertThat(reported.get(0)).containsEntry("distance", 0.0);
        assertThat((Double) reported.get(1).get("distance")).isGreaterThan(0);
        assertThat(scored(model)).containsAllEntriesOf(judged(reported.get(0)));
        assertThat(scored(model, "--adapter", run.resolve("adapter"))).containsAllEntriesOf(judged(reported.get(1)));
        assertThat(reported.get(0).get("score")).isNotEqualTo(reported.get(1).get("score"));
    }

    /** Wan's own solver, a negative prompt and a length of prompts, said to both or left to the folder. */
    @Test
    void aRunOfWanIsTestedAsEvaluateJudgesIt() throws IOException {
        Path model = TestModels.fixture("wan-pipeline");
        Files.writeString(folder.resolve("prompts.txt"), "a circle\ntwo stars\n");
        Path runFile = Files.writeString(folder.resolve("wan.yaml"), """
                name: wan
                output: "%s"
                model: "%s"
                threads: 1
                iterations: 1
                prompts: {train: prompts.txt, test: prompts.txt}
                rewards: [{name: compressibility, weight: 1}]
                adapter: {rank: 2, alpha: 4, targets: [attention]}
                batch: {prompts: 2, groupSize: 2, chunkSize: 4}
                sampling: {steps: 2, height: 32, width: 32, frames: 5, guidance: 3, negativePrompt: "dark", maxTokens: 16}
                updates: {perIteration: 1}
                evaluation: {every: 0, steps: 4}
                checkpoints: {every: 1, keep: 1}
                """.formatted(folder.resolve("runs"), model));
        CommandLineRun.of("train", runFile).succeeded();
        Path run = folder.resolve("runs/wan");
        assertThat(Files.readString(run.resolve("config.yaml"))).contains("solver: unipc");
        Map<String, Object> reported =
                judged(JsonLines.read(run.resolve("evaluation.jsonl")).get(0));
        Path json = folder.resolve("wan.json");
        List<Object> words = List.of(
                "evaluate",
                model,
                "--prompts",
                folder.resolve("prompts.txt"),
                "--reward",
                "compressibility",
                "--steps",
                4,
                "--height",
                32,
                "--width",
                32,
                "--frames",
                5,
                "--guidance",
                3,
                "--threads",
                1,
                "--json",
                json);
        Map<String, Object> bare = scores(words, json);
        assertThat(bare).containsEntry("solver", "unipc").doesNotContainKeys("negativePrompt", "maxTokens");
        Map<String, Object> same = scores(words, json, "--negative-prompt", "dark", "--max-tokens", 16);
        assertThat(same)
                .containsEntry("negativePrompt", "dark")
                .containsEntry("maxTokens", 16)
                .containsAllEntriesOf(reported);
        Map<String, Object> euler =
                scores(words, json, "--negative-prompt", "dark", "--max-tokens", 16, "--solver", "euler");
        for (Map<String, Object> other : List.of(bare, euler)) {
            assertThat(other.get("score")).isNotEqualTo(reported.get("score"));
        }
    }

    private static Map<String, Object> scores(List<Object> words, Path json, Object... more) throws IOException {
        CommandLineRun.of(Stream.concat(words.stream(), Stream.of(more)).toArray())
                .succeeded();
        return new JsonMapper().readValue(Files.readAllBytes(json), new TypeReference<Map<String, Object>>() {});
    }

    /** What only a run knows is left out. */
    private static Map<String, Object> judged(Map<String, Object> line) {
        line.keySet().removeAll(List.of("step", "distance", "looks", "proxy"));
        return line;
    }

    private Map<String, Object> scored(Path model, Object... more) throws IOException {
        Path json = folder.resolve("scores.json");
        Object[] words = new Object[] {
            "evaluate",
            model,
            "--prompts",
            folder.resolve("prompts.txt"),
            "--reward",
            "red",
            "--steps",
            2,
            "--guidance",
            2,
            "--samples-per-prompt",
            2,
            "--threads",
            1,
            "--json",
            json
        };
        Object[] all = Stream.of(words, more).flatMap(Stream::of).toArray();
        CommandLineRun.of(all).succeeded();
        return new JsonMapper().readValue(Files.readAllBytes(json), new TypeReference<Map<String, Object>>() {});
    }
}
