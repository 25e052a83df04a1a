package dev.sluice.cli.internal.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunReportTest {
    @TempDir
    Path folder;

    private void wholeRun() throws IOException {
        StringBuilder metrics = new StringBuilder();
        StringBuilder timings = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            metrics.append("{\"step\":%s,\"reward.mean\":%s,\"kl\":%s,\"clip.above\":0.1,\"clip.below\":0.2}%n"
                    .formatted(i, 0.5 + 0.01 * i, 1e-5 * i));
            timings.append(
                    "{\"step\":%s,\"seconds.rollout\":1.5,\"seconds.update\":2.5,\"seconds.total\":4}%n".formatted(i));
        }
        Files.writeString(folder.resolve("metrics.jsonl"), metrics);
        Files.writeString(folder.resolve("timing.jsonl"), timings);
        Files.writeString(folder.resolve("evaluation.jsonl"), """
            {"step":0,"score":0.5,"low":0.45,"high":0.55,"tasks":{"two_object":{"score":0.25,"low":0.2,"high":0.3}}}
            {"step":40,"score":0.75,"low":0.7,"high":0.8,"tasks":{"two_object":{"score":0.125,"low":0.1,"high":0.2}}}
            """);
        Files.writeString(folder.resolve("config.yaml"), "seed: 7 # <not a tag>\n");
        for (String step : new String[] {"step-000000", "step-000040"}) {
            Path samples = Files.createDirectories(folder.resolve("samples").resolve(step));
            ImageIO.write(
                    new BufferedImage(4, 4, BufferedImage.TYPE_INT_RGB),
                    "png",
                    samples.resolve("000.png").toFile());
            Files.writeString(
                    samples.resolve("prompts.jsonl"),
                    "{\"file\":\"000.png\",\"prompt\":\"a <b>bold</b> star\",\"seed\":1,\"score\":1}\n");
        }
    }

    @Test
    void videosPlayInThePageAndTheirMotionIsDrawn() throws IOException {
        wholeRun();
        String motion = "\"motion\":{\"velocity\":[%1$s,0.5],\"acceleration\":[%1$s,0.2],\"jerk\":[%1$s,0.1],"
                + "\"faults\":{\"range\":%1$s,\"still\":0},\"visual\":0.8,\"arrived\":0.6}";
        Files.writeString(
                folder.resolve("evaluation.jsonl"),
                "{\"step\":0,\"score\":0.5,\"tasks\":{},%s}%n{\"step\":40,\"score\":0.75,\"tasks\":{},%s}%n"
                        .formatted(motion.formatted("0.9"), motion.formatted("0.3")));
        for (String step : new String[] {"step-000000", "step-000040"}) {
            Path samples = folder.resolve("samples").resolve(step);
            ImageIO.write(
                    new BufferedImage(64, 4, BufferedImage.TYPE_INT_RGB),
                    "png",
                    samples.resolve("000.png").toFile());
            Files.writeString(
                    samples.resolve("prompts.jsonl"),
                    "{\"file\":\"000.png\",\"frames\":16,\"prompt\":\"move to the top\",\"seed\":1,\"score\":1}\n");
        }
        String html = Files.readString(RunReport.write(folder));
        assertThat(html)
                .contains(
                        "class='film right'",
                        "--frames:16;background-image:url(data:image/png;base64,",
                        "@keyframes film")
                .contains("<h2>Velocity of the joints</h2>", "<h2>Jerk of the joints</h2>")
                .contains("<td>fault: range</td><td>0.900</td><td>0.300</td>", "<td>visual</td><td>0.800</td>")
                .doesNotContain("<img ");
    }

    @Test
    void aRunsNumbersAndPicturesStandInOneFile() throws IOException {
        wholeRun();
        String html = Files.readString(RunReport.write(folder));
        assertThat(html)
                .contains("40 iterations in 2.7 minutes; test score <b>0.500 → 0.750</b>")
                .contains("<td>two object</td><td>0.250 <small>0.200–0.300</small></td>")
                .contains("<b class='down'>−0.125</b>")
                .contains("<b class='up'>+0.250</b>")
                .contains("a &lt;b&gt;bold&lt;/b&gt; star")
                .contains("seed: 7 # &lt;not a tag&gt;")
                .doesNotContain("<b>bold")
                .doesNotContain("{body}")
                .doesNotContain("http");
        assertThat(html.split("<img ", -1)).hasSize(3);
        assertThat(html.split("<svg ", -1))
                .as("score, KL, reward by distance, clip fraction and seconds")
                .hasSize(6);
    }

    @Test
    void withoutAPenaltyTheReportShowsTheDistanceToTheSamplingPolicy() throws IOException {
        Files.writeString(folder.resolve("metrics.jsonl"), """
            {"step":1,"kl":0.0,"approximate_kl":1e-7}
            {"step":2,"kl":0.0,"approximate_kl":3e-7}
            """);
        assertThat(Files.readString(RunReport.write(folder)))
                .contains("Approximate KL to the sampling policy")
                .doesNotContain("<h2>KL to the reference");
        wholeRun();
        assertThat(Files.readString(RunReport.write(folder)))
                .contains("<h2>KL to the reference")
                .doesNotContain("Approximate KL");
    }

    @Test
    void theReportShowsTheProxyAgainstTheGoldAndTheRatiosOfEveryStep() throws IOException {
        StringBuilder metrics = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            metrics.append("""
                {"step":%s,"reward.mean":%s,"reward.std":0.2,"reward.group_std":0.1,"ratio.step.2.mean":0.9,\
                "ratio.step.10.mean":1,"clip.step.2":0.5,"clip.step.10":0.1,"ratio.plain.step.2.mean":0.8}
                """.formatted(i, 0.5 + 0.01 * i));
        }
        Files.writeString(folder.resolve("metrics.jsonl"), metrics);
        Files.writeString(folder.resolve("evaluation.jsonl"), """
            {"step":0,"score":0.5}
            {"step":10,"score":0.75}
            {"step":20,"score":0.25}
            """);
        String html = Files.readString(RunReport.write(folder));
        assertThat(html)
                .containsSubsequence("<h2>Proxy against gold", ">training reward<", "<h2>Deviation of rewards")
                .containsSubsequence("<h2>Mean ratio by step", "step 2", "step 10", "<h2>Clipped ratios by step")
                .containsSubsequence("<h2>Mean plain ratio by step", "step 2")
                .doesNotContain("Clipped plain ratios", "NaN");
        // The proxy's means are 0.545 and 0.645, the ends of the axis; the gold falls from 0.75 to 0.25.
        assertThat(html).contains("d='M58.0 21.7L626.0 216.3'");
    }

    @Test
    void theReportShowsRewardByDistanceAndSaysWhatLooksHacked() throws IOException {
        StringBuilder metrics = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            metrics.append("{\"step\":%s,\"reward.mean\":%s,\"reward.group_std\":%s,\"kl\":%s}%n"
                    .formatted(i, 0.5 + 0.01 * i, i < 20 ? 0.2 : 0.05, 0.0004 * i * i));
        }
        Files.writeString(folder.resolve("metrics.jsonl"), metrics);
        String tests = """
            {"step":0,"score":0.5}
            {"step":10,"score":0.75}
            {"step":20,"score":0.6}
            {"step":30,"score":0.5}
            {"step":40,"score":%s}
            """;
        Files.writeString(folder.resolve("evaluation.jsonl"), tests.formatted(0.4));
        assertThat(Files.readString(RunReport.write(folder)))
                .containsSubsequence("<h2>Reward by distance", ">root of the KL<")
                .contains("The training reward rose over the last 3 tests while the test score fell.")
                .contains("less than half of what it was at the start (0.05, 0.2).");
        Files.writeString(folder.resolve("evaluation.jsonl"), tests.formatted(0.55));
        assertThat(Files.readString(RunReport.write(folder))).doesNotContain("rose over the last");
    }

    @Test
    void aTestBelowTheFirstOneIsASignOnlyBeyondItsIntervalAndWithARisingReward() throws IOException {
        String tests = """
            {"step":0,"score":0.5,"low":0.45,"high":0.55}
            {"step":10,"score":0.5,"low":0.45,"high":0.55}
            {"step":20,"score":0.4,"low":0.35,"high":%s}
            """;
        rewards(0.01);
        Files.writeString(folder.resolve("evaluation.jsonl"), tests.formatted(0.44));
        HackingSigns signs = HackingSigns.read(folder);
        assertThat(signs.apart())
                .containsExactly(
                        "The training reward rose, but the test score (0.4) is below what it was before training (0.5).");
        assertThat(signs.narrow()).isEmpty();
        assertThat(signs.all()).isEqualTo(signs.apart());
        Files.writeString(folder.resolve("evaluation.jsonl"), tests.formatted(0.46));
        assertThat(HackingSigns.read(folder).all()).isEmpty();
        rewards(-0.01);
        Files.writeString(folder.resolve("evaluation.jsonl"), tests.formatted(0.44));
        assertThat(HackingSigns.read(folder).all()).isEmpty();
    }

    @Test
    void rewardsThatNoLongerDifferAreASignWhereThereAreTwiceTenIterations() throws IOException {
        spreads(19, 0.01);
        assertThat(HackingSigns.read(folder).all()).isEmpty();
        spreads(20, 0.01);
        assertThat(HackingSigns.read(folder).narrow())
                .containsExactly(
                        "The deviation of rewards within groups is less than half of what it was at the start (0.01, 0.1).");
        spreads(20, 0.06);
        assertThat(HackingSigns.read(folder).all()).isEmpty();
    }

    /** Writes the numbers of a run whose deviation is 0.1 in its first half. */
    private void spreads(int iterations, double later) throws IOException {
        StringBuilder metrics = new StringBuilder();
        for (int i = 0; i < iterations; i++) {
            metrics.append("{\"step\":%s,\"reward.mean\":0.5,\"reward.group_std\":%s}%n"
                    .formatted(i, i < iterations / 2 ? 0.1 : later));
        }
        Files.writeString(folder.resolve("metrics.jsonl"), metrics);
    }

    @Test
    void withoutAKlTheDistanceIsThatWhichTestsMeasured() throws IOException {
        rewards(0.01);
        Files.writeString(folder.resolve("evaluation.jsonl"), """
            {"step":0,"score":0.5,"distance":0.0}
            {"step":10,"score":0.75,"distance":0.0004}
            {"step":20,"score":0.25,"distance":0.0016}
            """);
        assertThat(Files.readString(RunReport.write(folder)))
                .containsSubsequence("<h2>Distance to the start", "<h2>Reward by distance")
                .contains(">root of the mean square of v − v_ref<")
                .doesNotContain("NaN");
    }

    private void rewards(double gain) throws IOException {
        StringBuilder metrics = new StringBuilder();
        for (int i = 0; i < 20; i++) {
            metrics.append("{\"step\":%s,\"reward.mean\":%s,\"reward.group_std\":0.1}%n".formatted(i, 0.5 + gain * i));
        }
        Files.writeString(folder.resolve("metrics.jsonl"), metrics);
    }

    @Test
    void aRunThatHasOnlyMetricsHasAReport() throws IOException {
        Files.writeString(folder.resolve("metrics.jsonl"), "{\"step\":0,\"reward.mean\":0.5}\n");
        assertThat(Files.readString(RunReport.write(folder))).contains("1 iterations.");
    }

    @Test
    void whatIsNoRunAndWhatIsBrokenIsRefusedInOneSentence() throws IOException {
        assertThatIOException()
                .isThrownBy(() -> RunReport.write(folder.resolve("none")))
                .withMessageContaining("is not a folder");
        assertThatIOException().isThrownBy(() -> RunReport.write(folder)).withMessageContaining("no metrics.jsonl");
        Files.writeString(folder.resolve("metrics.jsonl"), "{\"st\n{\"step\":1}\n");
        assertThatIOException()
                .isThrownBy(() -> RunReport.write(folder))
                .withMessageContaining("metrics.jsonl: line 1");
        assertThat(folder.resolve("report.html")).doesNotExist();
    }

    @Test
    void ticksAreShort() {
        assertThat(Chart.tick(0.5)).isEqualTo("0.5");
        assertThat(Chart.tick(-0.0)).isEqualTo("0");
        assertThat(Chart.tick(100)).isEqualTo("100");
        assertThat(Chart.tick(2e-5)).isEqualTo("2e-05");
        assertThat(Chart.tick(1.5e-5)).isEqualTo("1.5e-05");
    }
}
