package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CompareCommandTest {
    @TempDir
    Path folder;

    private Path plain1;
    private Path plain2;
    private Path guard;

    @BeforeEach
    void threeRuns() throws IOException {
        WrittenRuns runs = new WrittenRuns(folder, 40, 10);
        plain1 = runs.run("plain-1", 1, 0.005, "0.001");
        plain2 = runs.run("plain-2", 3, 0.005, "0.001");
        guard = runs.run("guard", 2, 0.01, "0.002");
    }

    private static List<String> row(String out, String title, String name) {
        List<String> lines = out.substring(out.indexOf(title)).lines().toList();
        String found = lines.stream()
                .filter(line -> line.strip().startsWith(name + " "))
                .findFirst()
                .orElseThrow();
        return List.of(found.strip().split(" {2,}"));
    }

    private String compare(Object... args) {
        List<Object> words = new ArrayList<>(List.of("compare"));
        words.addAll(List.of(args));
        return CommandLineRun.of(words.toArray()).succeeded().out();
    }

    @Test
    void seedsOfOneRunAreOneRowWithMeanAndDeviation() {
        String out = compare(plain1, plain2, guard);
        assertThat(row(out, "Test score", "plain"))
                .containsExactly(
                        "plain",
                        "1, 3",
                        "40",
                        "0.520 ± 0.014",
                        "0.720 ± 0.014",
                        "+0.200 ± 0.000",
                        "0.720 at 40",
                        "0.520 ± 0.014",
                        "0.250 ± 0.000",
                        "0.210 ± 0.000");
        assertThat(row(out, "Test score", "guard"))
                .containsExactly(
                        "guard", "2", "40", "0.520", "0.920", "+0.400", "0.920 at 40", "0.720", "0.250", "0.210");
        assertThat(row(out, "Training", "guard"))
                .containsExactly("guard", "0.430", "1.150", "0.200", "0.200", "0.0e+00", "3.9e-05", "0.375");
        assertThat(row(out, "Cost", "guard")).containsExactly("guard", "80", "3,840", "40,000", "100", "2.50");
    }

    @Test
    void aTargetIsReachedWhereTheLineBetweenTwoTestsCrossesIt() {
        // 0.52 + 0.01 i is 0.65 at 13; 0.51 and 0.53 + 0.005 i are at 28 and 24.
        String out = compare(plain1, plain2, guard, "--target", "0.65");
        assertThat(row(out, "To a test score of 0.65", "plain"))
                .containsExactly(
                        "plain",
                        "2 of 2",
                        "26 ± 3",
                        "52 ± 6",
                        "2,496 ± 272",
                        "26,000 ± 2,828",
                        "65 ± 7",
                        "1.00",
                        "1.00");
        assertThat(row(out, "To a test score of 0.65", "guard"))
                .containsExactly("guard", "1 of 1", "13", "26", "1,248", "13,000", "33", "0.50", "0.50");
        assertThat(row(compare(plain1, guard, "--target", "0.9"), "To a test score of 0.9", "plain-1"))
                .containsExactly("plain-1", "0 of 1", "–", "–", "–", "–", "–", "–", "–");
    }

    @Test
    void scoresAreSetSideBySideWhereAllHaveSpentTheSame() throws IOException {
        Path short20 = new WrittenRuns(folder, 40, 10).run("short", 2, 0.02, "0.003", 25);
        String out = compare(guard, short20);
        assertThat(row(out, "Test score at equal cost", "run"))
                .containsExactly("run", "20 iterations", "40 updates", "1,920 samples", "20,000 passes", "50 seconds");
        assertThat(row(out, "Test score at equal cost", "guard"))
                .containsExactly("guard", "0.720", "0.720", "0.720", "0.720", "0.720");
        assertThat(row(out, "Test score", "short")).contains("25 of 40");
    }

    @Test
    void runsCanBeGroupedByTheirNames() throws IOException {
        Path other = new WrittenRuns(folder, 40, 10).run("plain-x", 7, 0.005, "0.004");
        assertThat(compare(plain1, plain2, other, guard, "--group", "all plain=plain-*"))
                .satisfies(
                        out -> assertThat(row(out, "Test score", "all plain")).contains("1, 3, 7"))
                .satisfies(out -> assertThat(row(out, "Test score", "guard")).contains("2"));
    }

    @Test
    void aFolderOfRunsStandsForThem() throws IOException {
        Files.writeString(folder.resolve("comparison.html"), "not a run");
        Path begun = new WrittenRuns(folder, 40, 10).run("begun", 1, 0, "1");
        Files.delete(begun.resolve("evaluation.jsonl"));
        assertThat(compare(folder)).isEqualTo(compare(guard, plain1, plain2));
    }

    /** So that the first run of a study is what its others are measured against. */
    @Test
    void runsOfAFolderComeInTheOrderInWhichTheyBegan() throws IOException {
        began(plain1, "2026-11-22T08:09:35Z");
        began(guard, "2026-11-22T08:10:00Z");
        began(plain2, "2026-11-22T09:00:00Z");
        assertThat(compare(folder)).isEqualTo(compare(plain1, guard, plain2));
        Files.writeString(guard.resolve("manifest.json"), "{");
        refused("is not a run's manifest", folder);
    }

    private static void began(Path run, String started) throws IOException {
        Files.writeString(run.resolve("manifest.json"), "{\"started\": \"%s\"}".formatted(started));
    }

    @Test
    void thePageAndTheNumbersBehindItAreWritten() throws IOException {
        Path out = folder.resolve("out");
        assertThat(compare(plain1, plain2, guard, "--out", out, "--target", "0.65"))
                .contains(out.resolve("comparison.html").toString());
        String html = Files.readString(out.resolve("comparison.html"));
        assertThat(html)
                .contains("<td>0.720 ± 0.014</td>", "Test score by passes", "Proxy against gold", "Diversity")
                .contains("class='area c0 band'", "class='line c1 band'")
                .doesNotContain("NaN", "{body}", "http", "KL to the reference");
        List<String> csv = Files.readAllLines(out.resolve("comparison.csv"));
        assertThat(csv)
                .hasSize(16)
                .startsWith(
                        "group,run,seed,iterations,updates,samples,passes,seconds,score,low,high,unseen,diversity,"
                                + "reward,kl,approximate_kl,clipped",
                        "plain,plain-1,1,0,0,0,0,0,0.51,0.41,0.61,0.31,0.25,,,,",
                        "plain,plain-1,1,10,20,960,10000,25,0.56,0.46,0.66,0.36,0.24,0.49,0,1.0E-5,0.375");
    }

    private static void refused(String message, Object... args) {
        List<Object> words = new ArrayList<>(List.of("compare"));
        words.addAll(List.of(args));
        CommandLineRun.of(words.toArray()).refused(message);
    }

    @Test
    void whatCannotBeComparedIsRefused() throws IOException {
        WrittenRuns runs = new WrittenRuns(folder, 40, 10);
        refused("none is not a folder", plain1, folder.resolve("none"));
        Path empty = Files.createDirectories(folder.resolve("empty"));
        refused("empty has no config.yaml, so it is not a run's folder", empty);
        Path untested = runs.run("untested", 1, 0, "1");
        Files.delete(untested.resolve("evaluation.jsonl"));
        refused("untested has no test score yet", plain1, untested);
        Path pretrained = runs.run("pretrained", 1, 0, "1");
        Files.writeString(pretrained.resolve("config.yaml"), "training: {steps: 5}\n");
        refused("pretrained is not an alignment run", pretrained);
        Path other = runs.run("other", 1, 0, "1");
        Files.writeString(
                other.resolve("config.yaml"),
                Files.readString(other.resolve("config.yaml")).replace("prompts: 6", "prompts: 12"));
        refused("are tested differently: evaluation.prompts is 6 there and 12 here", plain1, other);
        Path broken = runs.run("broken", 1, 0, "1");
        Files.writeString(broken.resolve("metrics.jsonl"), "{\"st\n{}\n");
        refused("metrics.jsonl: line 1 is not a JSON object", broken);
        Path beyond = runs.run("beyond", 1, 0, "1");
        Files.writeString(beyond.resolve("evaluation.jsonl"), "{\"step\":99,\"score\":0.5}\n");
        refused("a line's step (99) must be a number of iterations that metrics.jsonl has", beyond);
    }

    @Test
    void argumentsThatCannotBeAreRefused() throws IOException {
        refused("plain-1 is named twice", plain1, plain1);
        refused("--group (x=zebra-*) matches none of the runs' names", plain1, "--group", "x=zebra-*");
        refused("--group (x=[) must have a pattern such as flow-*", plain1, "--group", "x=[");
        refused("--target (NaN) must be a finite number", plain1, "--target", "NaN");
        refused("is a file; a folder is expected", plain1, "--out", plain1.resolve("config.yaml"));
        CommandLineRun none = CommandLineRun.of("compare");
        assertThat(none.status()).isEqualTo(2);
        assertThat(none.err()).contains("RUN");
    }
}
