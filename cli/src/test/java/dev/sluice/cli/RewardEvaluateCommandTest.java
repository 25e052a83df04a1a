package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.SceneSplit;
import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Rewards against preferences, and against each other. */
class RewardEvaluateCommandTest {
    @TempDir
    private Path folder;

    private static JsonNode json(Path file) throws IOException {
        return JsonMapper.builder().build().readTree(Files.readAllBytes(file));
    }

    /** The verifier made the preferences, so that it agrees with all of them; the size of a JPEG knows nothing of them. */
    @Test
    void theAnnotatorAgreesWithItselfAndAnotherRewardDoesNot() throws IOException {
        Path out = folder.resolve("evaluation");
        String table = CommandLineRun.of(
                        "reward",
                        "evaluate",
                        "scenes",
                        "compressibility",
                        "--pairs",
                        "scenes:test",
                        "--drawn",
                        "80",
                        "--out",
                        out)
                .succeeded()
                .out();
        assertThat(table.lines()).anyMatch(line -> line.startsWith("scenes ") && line.contains("1.000 [1.000, 1.000]"));
        JsonNode found = json(out.resolve("evaluation.json")).path("rewards");
        assertThat(found.path("scenes").path("accuracy").path("value").asDouble())
                .isEqualTo(1);
        assertThat(found.path("scenes").path("accuracyWithTies").path("value").asDouble())
                .isGreaterThan(0.95);
        assertThat(found.path("scenes").path("kendall").path("value").asDouble())
                .isEqualTo(1);
        assertThat(found.path("compressibility").path("accuracy").path("value").asDouble())
                .isLessThan(0.85);
        assertThat(out.resolve("evaluation.html")).content().contains("calibration", "<svg", "compressibility");
    }

    private void media() throws IOException {
        PreferenceData data = PreferenceData.scenes(SceneSplit.TRAIN, 12, 1);
        Files.createDirectories(folder.resolve("media"));
        StringBuilder prompts = new StringBuilder();
        for (int item = 0; item < 24; item++) {
            String name = "%02d.png".formatted(item);
            ImageFiles.write(data.items().get(item).source().read().media(), folder.resolve("media/" + name));
            prompts.append(data.items().get(item).prompt()).append('\n');
        }
        Files.writeString(folder.resolve("prompts.txt"), prompts);
    }

    @Test
    void aRewardIsComparedWithItsOpposite() throws IOException {
        media();
        String table = CommandLineRun.of(
                        "reward",
                        "compare",
                        "compressibility",
                        "incompressibility",
                        "artifacts",
                        "--media",
                        folder.resolve("media"),
                        "--prompts",
                        folder.resolve("prompts.txt"),
                        "--out",
                        folder.resolve("comparison"))
                .succeeded()
                .out();
        assertThat(table.lines().filter(line -> !line.isBlank())).hasSize(1 + 3 + 1);
        JsonNode first = json(folder.resolve("comparison/comparison.json")).get(0);
        assertThat(first.path("items").asInt()).isEqualTo(24);
        assertThat(first.path("starc").path("value").asDouble()).isGreaterThan(0.999);
        assertThat(first.path("kendall").path("value").asDouble()).isEqualTo(-1);
    }

    /** The best of two by the gold itself is above the mean, and by its opposite as far below. */
    @Test
    void theBestOfSomeIsWorthWhatTheGoldSays() throws IOException {
        media();
        List<String> lines = CommandLineRun.of(
                        "reward",
                        "compare",
                        "compressibility",
                        "incompressibility",
                        "--gold",
                        "compressibility",
                        "--media",
                        folder.resolve("media"))
                .succeeded()
                .out()
                .lines()
                .toList();
        String[] own = line(lines, "compressibility ", 1);
        String[] opposite = line(lines, "incompressibility ", 0);
        assertThat(own[1]).isEqualTo(opposite[1]);
        double mean = Double.parseDouble(own[1]);
        assertThat(Double.parseDouble(own[2])).isGreaterThan(mean);
        assertThat(Double.parseDouble(own[2]) - mean)
                .isCloseTo(mean - Double.parseDouble(opposite[2]), within(0.01 * Math.abs(mean)));
        assertThat(lines).anyMatch(line -> line.startsWith("KL in nats") && line.contains("0.193"));
        CommandLineRun.of("reward", "compare", "scenes", "artifacts", "--gold", "ocr", "--media", folder)
                .refused("--gold (ocr) must be one of the rewards: scenes, artifacts.");
    }

    @Test
    void weightsAreFoundWhoseSumFollowsTheGold() throws IOException {
        media();
        List<Object> words = List.of(
                "reward",
                "compare",
                "incompressibility",
                "compressibility",
                "artifacts",
                "--gold",
                "compressibility",
                "--media",
                folder.resolve("media"));
        assertThat(CommandLineRun.of(words.toArray()).succeeded().out())
                .as("all of one prompt")
                .doesNotContain("Weights whose sum");
        List<Object> prompted = new ArrayList<>(words);
        prompted.addAll(List.of("--prompts", folder.resolve("prompts.txt")));
        assertThat(CommandLineRun.of(prompted.toArray()).succeeded().out())
                .containsPattern(
                        "Weights whose sum follows compressibility best.*: incompressibility 0\\.00, artifacts [01]\\.[0-9]+\\.")
                .containsPattern("Mean correlation within prompts: -?[01]\\.\\d{3}; on each fifth");
    }

    private static String[] line(List<String> lines, String start, int skipped) {
        return lines.stream()
                .filter(line -> line.startsWith(start))
                .skip(skipped)
                .findFirst()
                .orElseThrow()
                .split(" {2,}");
    }

    @Test
    void badInputIsOneSentence() throws IOException {
        media();
        CommandLineRun.of("reward", "evaluate", "scenes", "--pairs", "scenes:moon")
                .refused("--pairs (scenes:moon) must be a file, scenes:train or scenes:test.");
        CommandLineRun.of("reward", "evaluate", "scenes", "--pairs", "scenes:test", "--axis", "look")
                .refused("--axis (look) must be one of overall, as in scenes:test.");
        CommandLineRun.of("reward", "evaluate", "scenes", "--pairs", folder.resolve("none.jsonl"))
                .refused("none.jsonl does not exist.");
        CommandLineRun.of("reward", "evaluate", "diversity", "--pairs", "scenes:test")
                .refused("The reward diversity compares the samples of a group;");
        CommandLineRun.of("reward", "evaluate", "reward-model", "--pairs", "scenes:test")
                .refused("The reward reward-model needs the option model");
        CommandLineRun.of("reward", "compare", "scenes", "--media", folder).refused("REWARD");
        CommandLineRun.of("reward", "compare", "scenes", "artifacts", "--media", folder.resolve("none"))
                .refused("none");
        Path file = Files.writeString(folder.resolve("file"), "");
        CommandLineRun.of("reward", "compare", "scenes", "artifacts", "--media", folder, "--out", file)
                .refused("is a file; a folder is expected.");
    }

    @Test
    void whatHasNoScoreIsNamedAndTheRestIsJudged() throws IOException {
        media();
        Files.writeString(folder.resolve("media/03.png"), "no picture");
        CommandLineRun run = CommandLineRun.of(
                "reward", "compare", "compressibility", "artifacts", "--media", folder.resolve("media"));
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).contains("1 items lack a score (03.png: ", "23");
    }
}
