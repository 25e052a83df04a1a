package dev.sluice.cli;

import dev.sluice.cli.internal.Table;
import dev.sluice.flow.ModelVerification;
import dev.sluice.flow.ModelVerification.Comparison;
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

/** Compares a model with what a reference implementation computed. */
@Command(
        name = "verify",
        description = {
            "Runs a model on the inputs of a golden file and prints how far it is from each expected tensor.",
            "Exit status 1 if a relative error is beyond the tolerance, or if nothing could be computed.%n"
        },
        footerHeading = "%nExample:%n",
        footer = "  sluice model verify sd3/transformer --golden golden.safetensors")
final class ModelVerifyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "DIR",
            description = "A model in diffusers' layout, or the folder of one component.")
    private Path folder;

    @Option(
            names = "--golden",
            required = true,
            paramLabel = "FILE",
            description = "Inputs (CASE.in.NAME) and expected tensors, in safetensors.")
    private Path golden;

    @Option(
            names = "--tolerance",
            paramLabel = "T",
            defaultValue = "1e-4",
            description = "Largest max |ours - expected| / max |expected| to accept (default: ${DEFAULT-VALUE}).")
    private double tolerance;

    @Override
    public Integer call() throws IOException {
        if (!(tolerance >= 0 && tolerance < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException(
                    "--tolerance (%s) must be a finite number of at least 0.".formatted(tolerance));
        }
        List<Comparison> comparisons = ModelVerification.verify(folder, golden);
        PrintWriter out = spec.commandLine().getOut();
        Table table = new Table("tensor", ">max error", ">relative", "");
        for (Comparison comparison : comparisons) {
            if (comparison.computed()) {
                table.add(
                        comparison.name(),
                        number(comparison.maxError()),
                        number(comparison.relativeError()),
                        comparison.exceeds(tolerance) ? "beyond " + number(tolerance) : "");
            } else {
                table.add(
                        comparison.name(),
                        "",
                        "",
                        "not computed: " + comparison.reason().orElseThrow());
            }
        }
        table.lines().forEach(out::println);
        int status = summarise(out, comparisons);
        out.flush();
        return status;
    }

    private int summarise(PrintWriter out, List<Comparison> comparisons) {
        long computed = comparisons.stream().filter(Comparison::computed).count();
        long beyond = comparisons.stream()
                .filter(comparison -> comparison.exceeds(tolerance))
                .count();
        out.printf(
                "%n%s of %s expected tensors computed, %s beyond the tolerance of %s.%n",
                computed, comparisons.size(), beyond, number(tolerance));
        return computed > 0 && beyond == 0 ? 0 : 1;
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1e", value);
    }
}
