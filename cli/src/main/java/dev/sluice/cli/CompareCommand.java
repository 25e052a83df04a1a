package dev.sluice.cli;

import dev.sluice.cli.internal.compare.Comparison;
import dev.sluice.cli.internal.report.ComparisonPage;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Sets runs side by side. */
@Command(
        name = "compare",
        description = {
            "Sets runs side by side, finished or not: test score and training reward at what cost, KL, diversity.",
            "Runs whose options are equal but for name and seed count as seeds of one: mean and deviation."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice compare runs/demo runs/scenes-flow-grpo",
            "  sluice compare runs/flow-1 runs/flow-2 runs/guard-1 runs/guard-2 --out runs/flow-and-guard",
            "  sluice compare runs/algorithms --target 0.85",
            "  sluice compare runs/a* runs/b* --group 'first=a*' --group 'second=b*'",
            "",
            "What the first run or group spent is what the others are measured against."
        })
final class CompareCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "RUN", arity = "1..*", description = "Runs' folders, or folders that hold such.")
    private List<Path> folders;

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description = "Write comparison.html, with plots, and comparison.csv there, too.")
    private Path out;

    @Option(names = "--target", paramLabel = "SCORE", description = "Tell what it took to reach this test score.")
    private Double target;

    @Option(
            names = "--group",
            paramLabel = "NAME=PATTERN",
            description =
                    "Runs whose folders' names look like this, such as flow-*, count as seeds of one; may be repeated.")
    private final Map<String, String> groups = new LinkedHashMap<>();

    @Override
    public Integer call() throws IOException {
        if (target != null && !Double.isFinite(target)) {
            throw new IllegalArgumentException("--target (%s) must be a finite number.".formatted(target));
        }
        if (out != null && Files.exists(out) && !Files.isDirectory(out)) {
            throw new IOException("--out (%s) is a file; a folder is expected.".formatted(out));
        }
        OptionalDouble score = target == null ? OptionalDouble.empty() : OptionalDouble.of(target);
        Comparison comparison = Comparison.of(folders, groups, score);
        PrintWriter to = spec.commandLine().getOut();
        print(to, comparison);
        if (out != null) {
            to.println(ComparisonPage.write(out, "Comparison", comparison));
        }
        to.flush();
        return 0;
    }

    /** Prints the tables, each with an empty line after it. */
    static void print(PrintWriter to, Comparison comparison) {
        comparison.sheets().forEach(sheet -> {
            sheet.lines().forEach(to::println);
            to.println();
        });
    }
}
