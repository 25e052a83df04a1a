package dev.sluice.cli;

import dev.sluice.cli.internal.AdapterArgument;
import dev.sluice.cli.internal.Home;
import dev.sluice.cli.internal.OpenModel;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.PromptReading;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every command that runs a model takes. */
final class ModelArguments {
    /** The bundled model, under the launcher's home. */
    private static final String BUNDLED = "configs/models/scenes";

    /** Parameters up to which several chunks at a time take little memory. */
    private static final long SMALL = 100_000_000;

    @Parameters(
            index = "0",
            arity = "0..1",
            paramLabel = "MODEL",
            description = "The model, a folder in diffusers' layout; the bundled one if left out.")
    private Path model;

    @Option(
            names = "--adapter",
            paramLabel = "PATH[:WEIGHT]",
            description =
                    "A LoRA or DoRA adapter to add to it, in PEFT's or diffusers' form, such as runs/demo/adapter, and "
                            + "how much of it (1 if left out). May be repeated: they are added up.")
    private final List<String> adapters = new ArrayList<>();

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "auto, cpu, gpu or gpuN (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "float32",
            description = "What the transformer computes in: float32, bfloat16 or float16 (default: ${DEFAULT-VALUE}).")
    private Precision precision;

    @Option(
            names = "--text-precision",
            paramLabel = "TYPE",
            defaultValue = "float32",
            description = "The same of the text encoders (default: ${DEFAULT-VALUE}).")
    private Precision text;

    @Option(
            names = "--release-text-encoders",
            description = "Encode all prompts before the transformer is read, and free the text encoders.")
    private boolean release;

    @Option(
            names = "--offload",
            description =
                    "Keep text encoders, picture encoder and autoencoder on the CPU where the transformer is on a GPU.")
    private boolean offload;

    @Option(
            names = "--lanes",
            paramLabel = "N",
            description = "Chunks that are worked on side by side (default: one for each core if the transformer has "
                    + "fewer than 100 million parameters, else 1).")
    private Integer lanes;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of an operator (default: the cores that fall to a lane).")
    private Integer threads;

    Path model() {
        return model == null ? Home.folder().resolve(BUNDLED) : model;
    }

    List<AdapterArgument> adapters() {
        return adapters.stream().map(AdapterArgument::parse).toList();
    }

    /** Returns the adapters as they were given, or null without any. */
    String adapterNames() {
        return adapters.isEmpty()
                ? null
                : adapters().stream().map(AdapterArgument::toString).collect(Collectors.joining(", "));
    }

    /** Returns the precision's name. */
    String precision() {
        return precision.name().toLowerCase(Locale.ROOT);
    }

    /** Returns what is opened, in words. */
    String description() {
        return adapters.isEmpty() ? model().toString() : "%s with %s".formatted(model(), adapterNames());
    }

    /**
     * Opens the model with the adapter in it; the caller closes it.
     *
     * @param reading how prompts are read
     */
    OpenModel open(PromptReading reading) throws IOException {
        requirePositive("--lanes", lanes);
        requirePositive("--threads", threads);
        MemoryPolicy memory = MemoryPolicy.of(precision)
                .withText(text, release ? MemoryPolicy.TextEncoders.RELEASED : MemoryPolicy.TextEncoders.KEPT)
                .withOffload(offload);
        return OpenModel.open(model(), adapters(), Torch.device(device), memory, reading);
    }

    private static void requirePositive(String name, Integer value) {
        if (value != null) {
            Require.atLeast(name, value, 1);
        }
    }

    /** Returns the lanes for so many chunks; the caller closes them. */
    Lanes lanes(FlowPipeline pipeline, int chunks) {
        boolean small = pipeline.transformerWeights().parameterCount() < SMALL;
        int count = lanes != null ? lanes : small ? 0 : 1;
        return Lanes.open(
                count, chunks, threads == null ? 0 : threads, pipeline.manager().getDevice());
    }
}
