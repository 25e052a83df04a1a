package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyCommandTest {
    @TempDir
    static Path folder;

    private static Path study;

    @BeforeAll
    static void aSmallStudy() throws IOException {
        TestModels.scenes(folder.resolve("model"));
        TrainCommandTest.runFile(folder, "model");
        study = Files.writeString(folder.resolve("study.yaml"), """
                # The first with less, so that the two differ.
                name: whole
                output: "%s"
                runs:
                  - {file: small.yaml}
                  - {file: small.yaml, name: slow, settings: {updates.optimiser.learningRate: 1.0e-4}}
                seeds: [5]
                settings: {iterations: 4, evaluation.samplesPerPrompt: 2, adapter.kind: full}
                hours: 0.5
                target: 0.01
                """.formatted(folder.resolve("studies")));
    }

    private static Path of(String name) {
        return folder.resolve("studies").resolve(name);
    }

    /** The table that no clock has a part in. */
    private static String scores(String out) {
        return out.substring(out.indexOf("Test score"), out.indexOf("Training"));
    }

    private static List<String> numbers(String name) throws IOException {
        return Files.readAllLines(of(name).resolve("comparison.csv")).stream()
                .map(line -> line.replaceFirst("^((?:[^,]*,){7})[^,]*,", "$1,"))
                .toList();
    }

    @Test
    void aStudyThatIsKilledAndContinuedGivesTheTablesOfOneThatWasNot() throws IOException, InterruptedException {
        CommandLineRun whole = CommandLineRun.of("study", study).succeeded();
        assertThat(whole.err()).contains("1 of 2  small-5: test score", "2 of 2  slow-5: test score");
        assertThat(whole.out())
                .contains("small  5 ", "slow   5 ", "To a test score of 0.01", "comparison.html")
                .doesNotContain("+0.000");
        assertThat(of("whole").resolve("slow-5/report.html")).exists();
        assertThat(of("whole").resolve("slow-5.log")).content().contains("4/4");
        kill("stopped", of("stopped").resolve("slow-5/metrics.jsonl"));
        CommandLineRun rest =
                CommandLineRun.of("study", study, "--set", "name=stopped").succeeded();
        assertThat(rest.err()).contains("2 of 2  slow-5").doesNotContain("1 of 2");
        assertThat(scores(rest.out())).isEqualTo(scores(whole.out()));
        assertThat(numbers("stopped")).hasSize(7).isEqualTo(numbers("whole"));
        CommandLineRun again =
                CommandLineRun.of("study", study, "--set", "name=stopped").succeeded();
        assertThat(again.out())
                .as("all of it is done, and nothing is done again")
                .isEqualTo(rest.out());
        assertThat(CommandLineRun.of("study", study, "--set", "name=stopped", "--dry-run")
                        .succeeded()
                        .out())
                .contains(
                        "slow-5   finished",
                        "2 runs, about",
                        ", 0.0 s of it still to do; the study allows 30 min 00 s.");
        assertThat(CommandLineRun.of("compare", of("stopped")).succeeded().out())
                .contains("small-5", "slow-5");
    }

    /** Starts the study in a process of its own, and kills it when the file has a line. */
    private static void kill(String name, Path file) throws IOException, InterruptedException {
        Path log = folder.resolve(name + ".log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-Dai.djl.offline=true",
                        "-DOPT_OUT_TRACKING=true",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.sluice.cli.Main",
                        "study",
                        study.toString(),
                        "--set",
                        "name=" + name)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        List<ProcessHandle> all;
        try {
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(300);
            while (process.isAlive() && !(Files.exists(file) && Files.size(file) > 0) && System.nanoTime() < deadline) {
                Thread.sleep(5);
            }
            assertThat(process.isAlive()).as(Files.readString(log)).isTrue();
            assertThat(CommandLineRun.of("study", study, "--set", "name=" + name))
                    .satisfies(second -> second.refused("is being worked on by another process"));
            all = process.descendants().toList();
        } finally {
            process.destroyForcibly().waitFor();
        }
        // The run is a process of the study's process, and must not outlive it.
        for (ProcessHandle child : all) {
            child.onExit().orTimeout(60, TimeUnit.SECONDS).join();
        }
    }

    @Test
    void aDryRunTellsTheRunsAndTheirTimeAndLeavesNothing() {
        CommandLineRun dry = CommandLineRun.of("study", study, "--set", "name=dry", "--set", "seeds=[1,2]", "--dry-run")
                .succeeded();
        assertThat(dry.out().lines().map(line -> line.split(" +")[0]))
                .startsWith("run", "small-1", "slow-1", "small-2", "slow-2", "", "4");
        assertThat(dry.out()).contains("new", "4 runs, about");
        assertThat(of("dry")).doesNotExist();
    }

    @Test
    void aRunThatFailsIsToldAndTheOthersAreDone() {
        CommandLineRun run = CommandLineRun.of(
                "study",
                study,
                "--set",
                "name=failing",
                "--set",
                "runs=[{file: '%s', name: bad, settings: {rewards: '[{name: broken, weight: 1}]'}}, {file: '%1$s', name: good}]"
                        .formatted(folder.resolve("small.yaml")),
                "--set",
                "settings={iterations: 6, evaluation.rewards: '[{name: red, weight: 1}]'}");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("sluice: bad-5 failed: exit status 1, Training stopped at iteration");
        assertThat(run.out()).contains("good");
        assertThat(of("failing").resolve("good-5/report.html")).exists();
    }

    @Test
    void aStudyEndsWhenItsTimeIsUsedUp() throws IOException {
        CommandLineRun run = CommandLineRun.of("study", study, "--set", "name=late", "--set", "hours=1e-6");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("2 of 2 runs are not done");
        assertThat(of("late").resolve("small-5/report.html")).doesNotExist();
    }

    private static void refused(String message, String... settings) {
        Object[] words = new Object[2 + 2 * settings.length];
        words[0] = "study";
        words[1] = study;
        for (int i = 0; i < settings.length; i++) {
            words[2 + 2 * i] = "--set";
            words[3 + 2 * i] = settings[i];
        }
        CommandLineRun.of(words).refused(message);
    }

    @Test
    void aStudyFileThatIsNotOneIsRefused() throws IOException {
        refused("runs ([]) must have at least one item", "runs=[]");
        refused("seeds ([]) must have at least one item", "seeds=[]");
        refused("seeds ([1, 1]) must name every seed once", "seeds=[1,1]");
        refused("seeds[0] (one) must be a whole number", "seeds=[one]");
        refused("hours (0) must be a number above 0", "hours=0");
        refused("name (a/b) must be a folder's name", "name=a/b");
        refused("runs[0].file is missing; a path is expected", "runs=[{name: x}]");
        refused("runs (small) must have different names", "runs=[{file: small.yaml}, {file: b/small.yaml}]");
        refused("run is an unknown key; this file has name, output, runs", "run=3");
        refused("settings.batch (a group of keys) must be a single value", "settings={batch: {prompts: 2}}");
        refused(
                "The run file (" + Path.of("none.yaml").toAbsolutePath() + ") does not exist",
                "runs=[{file: none.yaml}]");
        refused("small in the study: --set iteration: iteration is an unknown key", "settings={iteration: 2}");
        refused(
                "small-5 and other-5 are tested differently: evaluation.prompts is 6 there and 3 here",
                "runs=[{file: '%s'}, {file: '%1$s', name: other, settings: {evaluation.prompts: 3}}]"
                        .formatted(folder.resolve("small.yaml")));
        CommandLineRun.of("study", folder.resolve("none.yaml")).refused("none.yaml) does not exist");
    }

    @Test
    void aRunThatIsThereWithOtherOptionsIsRefused() throws IOException {
        Path there = of("other").resolve("small-5");
        Files.createDirectories(there);
        Files.writeString(there.resolve("metrics.jsonl"), "");
        String yaml = CommandLineRun.of(
                        "train", folder.resolve("small.yaml"), "--dry-run", "--set", "name=small-5", "--set", "seed=5")
                .succeeded()
                .out();
        Files.writeString(there.resolve("config.yaml"), yaml);
        refused("small-5 was run with other options: adapter.kind is lora there and full in the study", "name=other");
        String asked = yaml.replace("samplesPerPrompt: 1", "samplesPerPrompt: 2")
                .replace("iterations: 3", "iterations: 4")
                .replace("kind: lora", "kind: full");
        Files.writeString(there.resolve("config.yaml"), asked);
        Files.writeString(there.resolve("manifest.json"), "{\"data\": {\"model.safetensors\": \"0f\"}}");
        refused("small-5 was run with other data: model.safetensors has changed since", "name=other");
    }
}
