package dev.sluice.cli;

import dev.sluice.flow.RandomModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Writes a model with random weights. */
@Command(
        name = "random",
        description = {
            "Writes a model of a published family and size with random weights in bfloat16, in diffusers' layout: what",
            "a machine can do with the model can then be measured before it is downloaded. It draws noise.",
            "Families: sd3.5-medium, sd3.5-large, flux.1-dev, flux.1-schnell, wan2.1-t2v-1.3b, wan2.1-t2v-14b,",
            "wan2.1-i2v-14b."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice model random --family sd3.5-medium --without text_encoder_3 --out /tmp/sd3.5-medium",
            "  sluice model random --family wan2.1-t2v-1.3b --text-blocks 1 --out /tmp/wan",
            "  sluice model bench /tmp/sd3.5-medium --train --segments 24"
        })
final class ModelRandomCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(names = "--family", required = true, paramLabel = "NAME", description = "The family and size.")
    private String family;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder to make.")
    private Path out;

    @Option(
            names = "--blocks",
            paramLabel = "N",
            defaultValue = "0",
            description = "Keep only so many blocks of the transformer, of each kind (default: all).")
    private int blocks;

    @Option(
            names = "--text-blocks",
            paramLabel = "N",
            defaultValue = "0",
            description = "Keep only so many blocks of each text encoder (default: all).")
    private int textBlocks;

    @Option(
            names = "--without",
            paramLabel = "COMPONENT",
            description = "Leave out a component that the family can do without, such as text_encoder_3; may be "
                    + "repeated.")
    private final List<String> without = new ArrayList<>();

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Names the weights (default: ${DEFAULT-VALUE}).")
    private long seed;

    @Override
    public Integer call() throws IOException {
        RandomModel.Options options = new RandomModel.Options(
                blocks, textBlocks, new HashSet<>(without), RandomModel.Options.WHOLE.shardBytes(), seed);
        PrintWriter printer = spec.commandLine().getOut();
        long start = System.nanoTime();
        long bytes = RandomModel.write(family, out, options, (component, done) -> {});
        printer.printf(
                Locale.ROOT,
                "%s: %.2f GB of weights in %.0f s.%n",
                out,
                bytes / 1e9,
                (System.nanoTime() - start) * 1e-9);
        printer.flush();
        return 0;
    }
}
