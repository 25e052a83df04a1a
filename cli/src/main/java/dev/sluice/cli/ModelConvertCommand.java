package dev.sluice.cli;

import dev.sluice.cli.internal.AdapterArgument;
import dev.sluice.cli.internal.Progress;
import dev.sluice.flow.AdapterStack;
import dev.sluice.flow.ModelConversion;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.StoredAdapter;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a model in another form. */
@Command(
        name = "convert",
        description = {
            "Writes a model once more: in another type, in other shards, or with adapters merged into its weights.",
            "Weights are mapped and converted one at a time, so a model may be larger than the memory. The new folder is "
                    + "there when it is complete.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice model convert sd3.5 --out sd3.5-bf16 --type bfloat16",
            "  sluice model convert configs/models/scenes --adapter runs/demo/adapter --out aligned",
            "  sluice model convert wan/transformer --out small-files --shard-size 2GB"
        })
final class ModelConvertCommand implements Callable<Integer> {
    private static final Pattern SIZE = Pattern.compile("([0-9]{1,9})(KB|MB|GB)");

    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "DIR",
            description = "A model in diffusers' layout, or the folder of one component.")
    private Path model;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder to make.")
    private Path out;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            defaultValue = "same",
            description = "same, float32, float16 or bfloat16 (default: ${DEFAULT-VALUE}).")
    private SafetensorsWriter.Storage type;

    @Option(
            names = "--shard-size",
            paramLabel = "SIZE",
            defaultValue = "5GB",
            description = "The most bytes of a weight file, such as 500MB (default: ${DEFAULT-VALUE}).")
    private String shardSize;

    @Option(
            names = "--adapter",
            paramLabel = "PATH[:WEIGHT]",
            description = "A LoRA or DoRA adapter to merge, and how much of it. May be repeated.")
    private final List<String> adapters = new ArrayList<>();

    @Option(names = "--overwrite", description = "Replace the folder if it is there.")
    private boolean overwrite;

    @Override
    public Integer call() throws IOException {
        long shardBytes = bytes(shardSize);
        if (Files.exists(out) && !overwrite) {
            throw new IOException("%s is there.%nMaybe name another folder, or add --overwrite.".formatted(out));
        }
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw new IOException("%s is a file; expected a folder to replace.".formatted(out));
        }
        List<AdapterStack.Entry> opened = new ArrayList<>();
        try {
            for (String adapter : adapters) {
                AdapterArgument argument = AdapterArgument.parse(adapter);
                opened.add(new AdapterStack.Entry(StoredAdapter.open(argument.path()), argument.weight()));
            }
            convert(new ModelConversion.Options(type, shardBytes, opened));
            return 0;
        } finally {
            for (AdapterStack.Entry entry : opened) {
                entry.adapter().close();
            }
        }
    }

    private void convert(ModelConversion.Options options) throws IOException {
        long tensors = ModelConversion.tensors(model);
        ModelConversion.Written written;
        try (Progress progress = Progress.start(spec.commandLine().getErr(), 0, tensors)) {
            written = ModelConversion.run(model, out, options, (component, done) -> progress.done(done, component));
        }
        PrintWriter printer = spec.commandLine().getOut();
        printer.printf(
                "%s tensors, %s, are in %s.%n", written.tensors(), ModelInspectCommand.size(written.bytes()), out);
        printer.flush();
    }

    /** Powers of ten, as diffusers' and transformers' {@code max_shard_size} counts. */
    private static long bytes(String text) {
        Matcher size = SIZE.matcher(text.toUpperCase(Locale.ROOT));
        long number = size.matches() ? Long.parseLong(size.group(1)) : 0;
        if (number == 0) {
            throw new IllegalArgumentException(
                    "--shard-size (%s) must be a whole number and KB, MB or GB, such as 5GB.".formatted(text));
        }
        return switch (size.group(2)) {
            case "KB" -> number * 1_000;
            case "MB" -> number * 1_000_000;
            default -> number * 1_000_000_000;
        };
    }
}
