package dev.sluice.cli;

import dev.sluice.cli.internal.report.RunReport;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Writes a run's report again. */
@Command(
        name = "report",
        description = "Writes report.html from what stands in a run's folder, also while the run goes on.",
        footerHeading = "%nExample:%n",
        footer = "  sluice report runs/demo")
final class ReportCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "RUN", description = "A run's folder.")
    private Path folder;

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        out.println(RunReport.write(folder));
        out.flush();
        return 0;
    }
}
