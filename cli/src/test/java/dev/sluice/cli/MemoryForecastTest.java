package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flow.ProcessMemory;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a dry run predicts, against the peak of a process that trains. */
@Tag("bench")
class MemoryForecastTest {
    private static final Pattern PREDICTED = Pattern.compile("# peak memory, predicted: ([0-9.]+) GiB");
    private static final Pattern PEAK = Pattern.compile("peak ([0-9]+)");

    @TempDir
    private Path runs;

    private static String run(List<String> words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                MemoryForecastTest.class.getName()));
        command.addAll(words);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static double number(Pattern pattern, String said) {
        Matcher found = pattern.matcher(said);
        assertThat(found.find()).as(said).isTrue();
        return Double.parseDouble(found.group(1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "batch.chunkSize=48",
                "batch.chunkSize=96 sampling.guidance=2 adapter.targets=[attn.to_q,attn.to_k,attn.to_v,attn.to_out.0]",
                "batch.chunkSize=96 sampling.guidance=2 memory.segments=5"
            })
    void aDryRunPredictsThePeakToFifteenPercent(String settings) throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of(
                "train",
                DocumentationTest.HOME.resolve("configs/scenes-flow-grpo.yaml").toString()));
        String all = settings + " lanes=1 iterations=2 evaluation.prompts=2 evaluation.samplesPerPrompt=1 output="
                + runs + " name=run";
        Arrays.stream(all.split(" ")).forEach(setting -> words.addAll(List.of("--set", setting)));
        double measured = number(PEAK, run(words)) / (1 << 30);
        words.add("--dry-run");
        double predicted = number(PREDICTED, run(words));
        System.out.printf("%s: predicted %.2f GiB, peak %.2f GiB%n", settings, predicted, measured);
        assertThat(predicted).isBetween(0.85 * measured, 1.15 * measured);
    }

    /** Runs a command and says what the process's peak was. */
    public static void main(String[] arguments) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        int status = Main.run(out, new PrintWriter(System.err, true, StandardCharsets.UTF_8), arguments);
        out.printf("peak %s%n", ProcessMemory.peakBytes());
        System.exit(status);
    }
}
