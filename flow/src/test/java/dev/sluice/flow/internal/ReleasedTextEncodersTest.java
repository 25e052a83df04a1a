package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.MemoryPolicy.TextEncoders;
import dev.sluice.flow.ModelInspection;
import dev.sluice.flow.ProcessMemory;
import dev.sluice.flow.PromptReading;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Text encoders that are released leave no array, no memory and no mapped file behind. */
class ReleasedTextEncodersTest {
    private static final List<String> TEXTS = List.of("a red circle", "");

    /** Rows of an embedding that is mapped in float32, and large beside the megabytes that the JVM itself takes and returns. */
    private static final int WORDS = 2_000_000;

    private static final int WIDTH = 20;

    @TempDir
    private Path folder;

    private static FlowPipeline open(Path model, Precision text, TextEncoders encoders) throws IOException {
        return FlowPipeline.open(
                model, Device.cpu(), MemoryPolicy.PLAIN.withText(text, encoders), PromptReading.of(TEXTS));
    }

    private static long scalars(NDManager manager) {
        return manager.getManagedArrays().stream().mapToLong(NDArray::size).sum();
    }

    @ParameterizedTest
    @ValueSource(strings = {"sd3-pipeline", "flux-pipeline", "wan-pipeline"})
    void noArrayOfThemIsLeft(String model) throws IOException {
        Path path = Fixtures.path(model);
        long text = 0;
        for (ModelInspection.Component component : ModelInspection.of(path).components()) {
            text += component.name().startsWith("text_encoder") ? component.parameters() : 0;
        }
        try (FlowPipeline kept = open(path, Precision.FLOAT32, TextEncoders.KEPT);
                FlowPipeline freed = open(path, Precision.FLOAT32, TextEncoders.RELEASED);
                NDManager scratch = Torch.newManager()) {
            long known = kept.encode(scratch, TEXTS).arrays().stream()
                    .mapToLong(NDArray::size)
                    .sum();
            long without = scalars(freed.manager());
            // Beside its weights a T5 encoder has a few constants.
            assertThat(scalars(kept.manager()) - (without - known)).isBetween(text, text + 10);
            freed.encode(scratch, List.of("a text that was not known"));
            assertThat(scalars(freed.manager())).isEqualTo(without);
        }
    }

    /** Gives the text encoder of Wan's tiny pipeline an embedding of 160 MB; the rows beyond its tokenizer's are zeros. */
    private Path largeEncoder() throws IOException {
        Path model = folder.resolve("model");
        PipelineIndex index = PipelineIndex.read(Fixtures.path("wan-pipeline"));
        Files.createDirectory(model);
        index.copyWithout(List.of("text_encoder"), model);
        Path encoder = Files.createDirectory(model.resolve("text_encoder"));
        String config = Files.readString(Fixtures.path("wan-pipeline/text_encoder/config.json"));
        Files.writeString(
                encoder.resolve("config.json"), config.replace("\"vocab_size\": 165", "\"vocab_size\": " + WORDS));
        try (NDManager manager = Torch.newManager();
                WeightFiles files = WeightFiles.open(Fixtures.path("wan-pipeline/text_encoder"));
                Weights weights = files.load(manager)) {
            Map<String, NDArray> all = new HashMap<>(weights.asMap());
            NDArray known = weights.get("shared.weight");
            NDArray more = manager.zeros(new Shape(WORDS - known.getShape().get(0), WIDTH));
            all.put("shared.weight", known.concat(more, 0));
            SafetensorsWriter.write(
                    encoder.resolve("model.safetensors"), all, Map.of(), SafetensorsWriter.Storage.FLOAT32);
        }
        return model;
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void theProcessGivesTheirMemoryBack() throws IOException, InterruptedException {
        Path model = largeEncoder();
        List<Long> found =
                PeakOfAProcess.numbers(ReleasedTextEncodersTest.class, PeakOfAProcess.EXACT, List.of(model.toString()));
        long embedding = 2L * WORDS * WIDTH;
        assertThat((double) found.get(0)).as("kept, %s", found).isGreaterThan(0.9 * embedding);
        assertThat((double) found.get(1)).as("released, %s", found).isLessThan(0.2 * embedding);
        assertThat((double) found.get(2)).as("opened again, %s", found).isLessThan(0.5 * embedding);
        assertThat(found.get(3)).as("the file is mapped, kept").isPositive();
        assertThat(found.get(4)).as("released").isZero();
        assertThat(found.get(5)).as("opened again").isZero();
    }

    /**
     * Prints by how many bytes resident memory grows with the model, with encoders that are converted to bfloat16 and so are in
     * memory of their own; then how often the file is mapped, with those that are read as they are stored.
     */
    public static void main(String[] arguments) throws IOException {
        Torch.threads(1);
        Path model = Path.of(arguments[0]);
        // What the engine and the JVM set up once, some megabytes of code and classes, is not what is measured.
        for (TextEncoders encoders : TextEncoders.values()) {
            try (FlowPipeline first = open(model, Precision.BFLOAT16, encoders)) {
                encode(first, TEXTS);
            }
        }
        long before = ProcessMemory.residentBytes();
        try (FlowPipeline kept = open(model, Precision.BFLOAT16, TextEncoders.KEPT)) {
            encode(kept, TEXTS);
            System.out.println(ProcessMemory.residentBytes() - before);
        }
        try (FlowPipeline freed = open(model, Precision.BFLOAT16, TextEncoders.RELEASED)) {
            System.out.println(ProcessMemory.residentBytes() - before);
            encode(freed, List.of("a text that was not known"));
            System.out.println(ProcessMemory.residentBytes() - before);
        }
        try (FlowPipeline kept = open(model, Precision.FLOAT32, TextEncoders.KEPT)) {
            encode(kept, TEXTS);
            System.out.println(mappings(model));
        }
        try (FlowPipeline freed = open(model, Precision.FLOAT32, TextEncoders.RELEASED)) {
            System.out.println(mappings(model));
            encode(freed, List.of("a text that was not known"));
            System.out.println(mappings(model));
        }
    }

    private static void encode(FlowPipeline pipeline, List<String> texts) {
        try (NDManager scratch = Torch.newManager()) {
            pipeline.encode(scratch, texts);
        }
    }

    private static long mappings(Path model) throws IOException {
        try (Stream<String> lines = Files.lines(Path.of("/proc/self/maps"))) {
            return lines.filter(
                            line -> line.contains(model.resolve("text_encoder").toString()))
                    .count();
        }
    }
}
