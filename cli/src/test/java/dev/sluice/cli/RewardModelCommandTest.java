package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flow.AtomicFiles;
import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.SceneSplit;
import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RewardModelCommandTest {
    @TempDir
    private Path folder;

    private Path file;

    @BeforeEach
    void runFile() throws IOException {
        file = folder.resolve("tiny.yaml");
        Files.writeString(file, """
            name: tiny
            output: "%s"
            data: {type: files, train: pairs.csv, share: 0.3}
            model: {encoding: {type: pixels, size: 16, channels: 8}, head: {type: two-layer, hidden: 8}}
            loss: {type: rao-kupper}
            training: {steps: 4, pairs: 8}
            checkpoints: {every: 2}
            """.formatted(folder.toString().replace('\\', '/')));
        StringBuilder table = new StringBuilder("prompt,a,b,label\n");
        PreferenceData data = PreferenceData.scenes(SceneSplit.TRAIN, 24, 1);
        for (PreferenceData.Pair pair : data.pairs()) {
            for (int item : new int[] {pair.a(), pair.b()}) {
                Sample sample = data.items().get(item).source().read();
                ImageFiles.write(sample.media(), folder.resolve(item + ".png"));
            }
            table.append("%s,%s.png,%s.png,%s\n"
                    .formatted(
                            data.items().get(pair.a()).prompt(),
                            pair.a(),
                            pair.b(),
                            pair.verdict().name().toLowerCase(Locale.ROOT)));
        }
        Files.writeString(folder.resolve("pairs.csv"), table);
    }

    @Test
    void aRunLeavesAModelThatScoresAndAResumedOneTheSame() throws IOException {
        String test = CommandLineRun.of("reward", "train", file).succeeded().out();
        assertThat(test.lines().findFirst().orElseThrow()).contains("axis", "pairs", "accuracy", "ECE");
        assertThat(test).contains("overall");
        Path run = folder.resolve("tiny");
        assertThat(run.resolve("model/config.json")).content().contains("\"RewardModel\"", "\"two-layer\"");
        assertThat(run.resolve("model/made_by.json")).content().contains("\"steps\" : 4", "reward train");
        assertThat(run.resolve("report.html")).exists();
        assertThat(run.resolve("evaluation.json")).content().contains("\"accuracy\"");
        byte[] weights = Files.readAllBytes(run.resolve("model/model.safetensors"));
        byte[] metrics = Files.readAllBytes(run.resolve("metrics.jsonl"));
        AtomicFiles.deleteAll(run.resolve("checkpoints/step-000004"));
        assertThat(CommandLineRun.of("reward", "train", file, "--resume")
                        .succeeded()
                        .out())
                .isEqualTo(test);
        assertThat(run.resolve("model/model.safetensors")).hasBinaryContent(weights);
        assertThat(run.resolve("metrics.jsonl")).hasBinaryContent(metrics);

        Files.createDirectories(folder.resolve("media"));
        Files.copy(folder.resolve("0.png"), folder.resolve("media/0.png"));
        Files.copy(folder.resolve("1.png"), folder.resolve("media/1.png"));
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), "a star\na star\n");
        Path scores = folder.resolve("scores.csv");
        String reward = "reward-model:model=" + run.resolve("model");
        CommandLineRun.of(
                        "score",
                        "--rewards",
                        reward,
                        "--media",
                        folder.resolve("media"),
                        "--prompts",
                        prompts,
                        "--out",
                        scores)
                .succeeded();
        assertThat(scores).content().contains("reward-model");
        assertThat(Files.readAllLines(scores)).hasSize(3);
    }

    /** The kill (SIGKILL) comes at a random moment after the first checkpoint or the line before it. */
    @Test
    void aRunThatIsKilledAndResumedEqualsOneThatWasNot() throws IOException, InterruptedException {
        List<String> command = List.of(
                "reward", "train", file.toString(), "--set", "training.steps=300", "--set", "checkpoints.every=10");
        List<String> straight = new ArrayList<>(command);
        straight.addAll(List.of("--set", "name=straight"));
        CommandLineRun.of(straight.toArray()).succeeded();
        List<String> killed = new ArrayList<>(command);
        killed.addAll(List.of("--set", "name=killed"));
        Path metrics = folder.resolve("killed/metrics.jsonl");
        String moment =
                KilledProcess.run(List.of(), killed, metrics, 150, new SplittableRandom(7), folder.resolve("log"));
        assertThat(folder.resolve("killed/checkpoints/step-000300")).doesNotExist();
        killed.add("--resume");
        CommandLineRun.of(killed.toArray()).succeeded();
        for (String name : List.of("metrics.jsonl", "model/model.safetensors", "evaluation.json")) {
            assertThat(folder.resolve("killed").resolve(name))
                    .as("%s, killed %s", name, moment)
                    .hasSameBinaryContentAs(folder.resolve("straight").resolve(name));
        }
    }

    @Test
    void aDryRunSaysWhatItWouldTrainAndWithWhat() {
        String out = CommandLineRun.of("reward", "train", file, "--dry-run")
                .succeeded()
                .out();
        assertThat(out).contains("# trained parameters: ", "to learn from, ", "type: rao-kupper", "k: 5");
        assertThat(folder.resolve("tiny")).doesNotExist();
    }

    @Test
    void labelsAndSeveralAxesTeachExpertsThatAreJudgedAxisByAxis() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 24; i++) {
            lines.append(
                    "{\"prompt\": \"prompt %s\", \"media\": \"%s.png\", \"good\": %s, \"axis\": \"look\", \"generator\": \"g%s\"}%n"
                            .formatted(i / 2, i, i % 2, i % 3 / 2));
            lines.append(
                    "{\"prompt\": \"prompt %s\", \"a\": \"%s.png\", \"b\": \"%s.png\", \"label\": \"%s\", \"annotator\": \"%s\"}%n"
                            .formatted(
                                    i / 2,
                                    i / 2 * 2,
                                    i / 2 * 2 + 1,
                                    i % 3 == 0 ? "a" : "b",
                                    i % 2 == 0 ? "one" : "two"));
        }
        Files.writeString(folder.resolve("mixed.jsonl"), lines);
        String out = CommandLineRun.of(
                        "reward",
                        "train",
                        file,
                        "--set",
                        "data.train=" + folder.resolve("mixed.jsonl"),
                        "--set",
                        "model.head={type: experts, experts: 2}",
                        "--set",
                        "training.steps=2",
                        "--set",
                        "name=mixed")
                .succeeded()
                .out();
        assertThat(out.lines().map(line -> line.split(" ")[0])).contains("look", "overall");
        String model = "reward-model:model=" + folder.resolve("mixed/model");
        String judged = CommandLineRun.of("reward", "evaluate", model, "--pairs", folder.resolve("mixed.jsonl"))
                .succeeded()
                .out();
        assertThat(judged).contains("AUC, one generator", "Cohen's kappa is");
        assertThat(judged.lines().filter(line -> line.startsWith("reward-model")))
                .hasSize(2);
        CommandLineRun.of("reward", "evaluate", model + ",axis=moon", "--pairs", folder.resolve("mixed.jsonl"))
                .refused("reward-model.axis (moon) must be one of overall, look, look/1, look/2");
    }

    @Test
    void anEnsembleTellsWhereItsMembersDisagree() throws IOException {
        String test = CommandLineRun.of(
                        "reward", "train", file, "--set", "model.members=2", "--set", "name=two", "--dry-run")
                .succeeded()
                .out();
        assertThat(test).contains("members: 2");
        test = CommandLineRun.of("reward", "train", file, "--set", "model.members=2", "--set", "name=two")
                .succeeded()
                .out();
        assertThat(test).containsPattern("Members differ by 0\\.\\d+ in the mean. They agree on \\d+ of \\d+ pairs");
        Path run = folder.resolve("two");
        assertThat(run.resolve("model/config.json")).content().contains("\"RewardEnsemble\"", "\"members\" : 2");
        byte[] second = Files.readAllBytes(run.resolve("model/member-2/model.safetensors"));
        AtomicFiles.deleteAll(run.resolve("checkpoints/step-000004"));
        CommandLineRun.of("reward", "train", file, "--set", "model.members=2", "--set", "name=two", "--resume")
                .succeeded();
        assertThat(run.resolve("model/member-2/model.safetensors")).hasBinaryContent(second);
        String reward = "reward-model:model=" + run.resolve("model");
        CommandLineRun.of(
                        "reward",
                        "evaluate",
                        reward,
                        reward + ",by=deviation,penalty=2",
                        reward + "/member-1",
                        "--pairs",
                        folder.resolve("pairs.csv"))
                .succeeded();
        CommandLineRun.of("reward", "evaluate", reward + "/member-1,by=least", "--pairs", folder.resolve("pairs.csv"))
                .refused("reward-model.by needs an ensemble");
        CommandLineRun.of("reward", "evaluate", reward + ",penalty=2", "--pairs", folder.resolve("pairs.csv"))
                .refused("reward-model.penalty means nothing without the option by");
    }

    @Test
    void badInputIsOneSentence() throws IOException {
        CommandLineRun.of("reward", "train", file, "--set", "data.train=nothing.csv")
                .refused("nothing.csv does not exist.");
        CommandLineRun.of("reward", "train", file, "--set", "model.head.hiden=3")
                .refused("hidden");
        CommandLineRun.of("reward", "train", file, "--set", "loss.k=1").refused("loss.k (1) must be a number above 1");
        CommandLineRun.of("reward", "train", file, "--set", "model.encoding.channels=12")
                .refused("channels (12) must be a multiple of 8.");
        CommandLineRun.of("reward", "train").refused("CONFIG");
        for (int item = 0; item < 48; item++) {
            Files.writeString(folder.resolve(item + ".png"), "no picture");
        }
        CommandLineRun.of("reward", "train", file).refused(".png");
        assertThat(folder.resolve("tiny")).doesNotExist();
    }
}
