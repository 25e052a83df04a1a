package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flow.ProcessMemory;
import dev.sluice.flow.RandomModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a dry run predicts, against the peak of a process that trains. */
@Tag("bench")
class MemoryForecastTest {
    private static final Pattern PREDICTED = Pattern.compile("# peak memory, predicted: ([0-9.]+) GiB");
    private static final Pattern PEAK = Pattern.compile("peak ([0-9]+)");

    /** What the launcher tells the allocator; it raises the peak by some percent. */
    private static final Map<String, String> LAUNCHER = Map.of(
            "MALLOC_MMAP_THRESHOLD_", "33554432",
            "MALLOC_TRIM_THRESHOLD_", "8589934592",
            "MALLOC_TOP_PAD_", "67108864",
            "GLIBC_TUNABLES", "glibc.malloc.hugetlb=1");

    private static final Path HOME = DocumentationTest.HOME;

    @TempDir
    private Path folder;

    private static String run(List<String> words) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                MemoryForecastTest.class.getName()));
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(LAUNCHER);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    private static double number(Pattern pattern, String said) {
        Matcher found = pattern.matcher(said);
        assertThat(found.find()).as(said).isTrue();
        return Double.parseDouble(found.group(1));
    }

    /** Trains, asks a dry run of the same, and prints the row of the table in docs/performance.md. */
    private void assertPredicts(String run, String changed, Path config, List<String> settings)
            throws IOException, InterruptedException {
        List<String> words = new ArrayList<>(List.of("train", config.toString()));
        List<String> all = new ArrayList<>(settings);
        all.addAll(List.of(
                "evaluation.prompts=2",
                "evaluation.samplesPerPrompt=1",
                "name=run",
                "output=" + folder.resolve("runs")));
        all.forEach(setting -> words.addAll(List.of("--set", setting)));
        double measured = number(PEAK, run(words)) / (1 << 30);
        words.add("--dry-run");
        double predicted = number(PREDICTED, run(words));
        System.out.printf(
                "| %s | %s | %.2f GiB | %.2f GiB | %.2f |%n", run, changed, predicted, measured, predicted / measured);
        assertThat(predicted).isBetween(0.85 * measured, 1.15 * measured);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lanes=2",
                "batch.chunkSize=48 lanes=1",
                "batch.chunkSize=48 lanes=2 memory.segments=3",
                "batch.chunkSize=96 lanes=1 precision=bfloat16",
                "batch.chunkSize=48 lanes=2 adapter.kind=full",
                "batch.chunkSize=96 lanes=1 sampling.guidance=2 adapter.targets=[attention]",
                "batch.chunkSize=96 lanes=1 sampling.guidance=2 memory.segments=5"
            })
    void aDryRunPredictsThePeakToFifteenPercent(String settings) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(settings.split(" ")));
        all.add("iterations=2");
        Path config = HOME.resolve("configs/scenes-flow-grpo.yaml");
        assertPredicts("`configs/scenes-flow-grpo.yaml`", "`%s`".formatted(settings), config, all);
    }

    /** The model is as large as the one that the run file names, but knows nothing: one step of its pretraining makes it. */
    @Test
    void likewiseOfAModelOfVideos() throws IOException, InterruptedException {
        run(List.of(
                "pretrain",
                HOME.resolve("configs/arm-pretrain.yaml").toString(),
                "--set",
                "training.steps=1",
                "--set",
                "training.warmupSteps=0",
                "--set",
                "name=made",
                "--set",
                "output=" + folder.resolve("runs")));
        String plain = "[{name: compressibility, weight: 1}]";
        assertPredicts(
                "`configs/arm-eva.yaml` (Wan)",
                "`batch.chunkSize=16 lanes=2`, another reward",
                HOME.resolve("configs/arm-eva.yaml"),
                List.of(
                        "model=" + folder.resolve("runs/made/model"),
                        "rewards=" + plain,
                        "evaluation.rewards=" + plain,
                        "batch.chunkSize=16",
                        "lanes=2",
                        "iterations=2"));
    }

    /** Two blocks of a published width, with the text encoders that are not too large for a test. */
    @ParameterizedTest
    @CsvSource({"sd3.5-medium, 2, text_encoder_3", "flux.1-dev, 1, "})
    void likewiseOfModelsOfARealWidthWithAnAutoencoder(String family, int blocks, String without)
            throws IOException, InterruptedException {
        Path model = folder.resolve("model");
        Set<String> left = without == null ? Set.of() : Set.of(without);
        RandomModel.Options options =
                new RandomModel.Options(blocks, 1, left, RandomModel.Options.WHOLE.shardBytes(), 1);
        RandomModel.write(family, model, options, (component, bytes) -> {});
        Path config = Files.writeString(folder.resolve("wide.yaml"), """
                name: wide
                model: %s
                precision: bfloat16
                memory: {text: bfloat16}
                lanes: 1
                iterations: 1
                prompts: {train: "scenes:train", test: "scenes:test"}
                rewards: [{name: compressibility, weight: 1}]
                batch: {prompts: 1, groupSize: 4, chunkSize: 4}
                sampling: {steps: 2, guidance: 1.0, height: 128, width: 128}
                adapter: {targets: [attention], rank: 8}
                evaluation: {rewards: [{name: compressibility, weight: 1}], steps: 1, chunkSize: 4}
                """.formatted(model));
        assertPredicts(
                family + " of 2 blocks, 128×128",
                "bfloat16, `batch.chunkSize: 4`, LoRA of rank 8",
                config,
                List.of("seed=1"));
    }

    /** Runs a command and says what the process's peak was. */
    public static void main(String[] arguments) {
        PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);
        int status = Main.run(out, new PrintWriter(System.err, true, StandardCharsets.UTF_8), arguments);
        out.printf("peak %s%n", ProcessMemory.peakBytes());
        System.exit(status);
    }
}
