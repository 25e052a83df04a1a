package dev.sluice.cli;

import dev.sluice.cli.internal.ModelBenchmark;
import dev.sluice.cli.internal.Table;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Measures what a model takes on this machine. */
@Command(
        name = "bench",
        description = {
            "Measures what a model takes on this machine: reading it, one sampling step, decoding, and one step",
            "of training a LoRA adapter, each with its time and the memory of the process. No file is written."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice model bench DIR --precision bfloat16 --height 256 --width 256",
            "  sluice model bench DIR --precision bfloat16 --train --segments 24"
        })
final class ModelBenchCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "DIR", description = "A model in diffusers' layout.")
    private Path folder;

    @Option(names = "--prompt", paramLabel = "TEXT", defaultValue = "a red square", description = "What to draw.")
    private String prompt;

    @Option(
            names = "--height",
            paramLabel = "ROWS",
            defaultValue = "256",
            description = "Picture rows (default: ${DEFAULT-VALUE}).")
    private int height;

    @Option(
            names = "--width",
            paramLabel = "COLUMNS",
            defaultValue = "256",
            description = "Picture columns (default: ${DEFAULT-VALUE}).")
    private int width;

    @Option(
            names = "--frames",
            paramLabel = "N",
            defaultValue = "5",
            description = "Frames of a video (default: ${DEFAULT-VALUE}).")
    private int frames;

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "bfloat16",
            description = "Of the transformer and the text encoders: float32, bfloat16 or float16 "
                    + "(default: ${DEFAULT-VALUE}).")
    private Precision precision;

    @Option(names = "--train", description = "Also train a LoRA adapter of the attention for one step.")
    private boolean train;

    @Option(
            names = "--segments",
            paramLabel = "N",
            defaultValue = "0",
            description = "Segments in which blocks are recomputed in the backward pass (default: ${DEFAULT-VALUE}).")
    private int segments;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "auto, cpu, gpu or gpuN (default: ${DEFAULT-VALUE}).")
    private String device;

    @Option(names = "--threads", paramLabel = "N", description = "Threads of an operator (default: the engine's).")
    private Integer threads;

    @Override
    public Integer call() throws IOException {
        Require.atLeast("--segments", segments, 0);
        if (threads != null) {
            Torch.threads(threads);
        }
        MemoryPolicy memory = MemoryPolicy.of(precision)
                .withText(precision, MemoryPolicy.TextEncoders.RELEASED)
                .withSegments(segments);
        ModelBenchmark.Options options =
                new ModelBenchmark.Options(memory, prompt, height, width, frames, train ? 8 : 0);
        List<ModelBenchmark.Part> parts = ModelBenchmark.run(folder, Torch.device(device), options);
        PrintWriter out = spec.commandLine().getOut();
        Table table = new Table("part", ">seconds", ">processor", ">resident", ">peak so far");
        parts.forEach(part -> table.add(
                part.name(),
                String.format(Locale.ROOT, "%.2f", part.seconds()),
                String.format(Locale.ROOT, "%.2f", part.processor()),
                gibibytes(part.resident()),
                gibibytes(part.peak())));
        table.lines().forEach(out::println);
        out.flush();
        return 0;
    }

    private static String gibibytes(long bytes) {
        return String.format(Locale.ROOT, "%.2f GiB", bytes / (double) (1 << 30));
    }
}
