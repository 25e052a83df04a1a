package dev.sluice.cli;

import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.Table;
import dev.sluice.cli.internal.report.ComparisonPage;
import dev.sluice.cli.internal.study.StudyFolder;
import dev.sluice.cli.internal.study.StudyForecast;
import dev.sluice.cli.internal.study.StudyRunner;
import dev.sluice.configs.RunFiles;
import dev.sluice.configs.StudyConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Runs several run files with several seeds, and compares them. */
@Command(
        name = "study",
        description = {
            "Runs run files with seeds, one after another, as a study file says, and sets them side by side.",
            "Run it again to continue: finished runs are skipped, an unfinished one is resumed. Exit status 1 if runs "
                    + "failed, or the time did not suffice for all."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice study configs/studies/algorithms.yaml --dry-run",
            "  sluice study configs/studies/algorithms.yaml",
            "  sluice study configs/studies/algorithms.yaml --set hours=5",
            "  sluice study configs/studies/algorithms.yaml --set name=more --set seeds=[4,5]",
            "",
            "Tables are printed, and land with the plots in runs/STUDY/comparison.html; each run has its folder in runs/STUDY."
        })
final class StudyCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(
            index = "0",
            paramLabel = "STUDY",
            description = "The study file, YAML; see the folder configs/studies.")
    private Path file;

    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Change a key of the study file, such as hours=5 or seeds=[1]; may be repeated.")
    private final List<String> settings = new ArrayList<>();

    @Option(names = "--dry-run", description = "Print the runs and the time that they are going to take, and end.")
    private boolean dryRun;

    @Override
    public Integer call() throws IOException, InterruptedException {
        StudyConfig study = RunFiles.study(file, settings);
        List<StudyConfig.Planned> plan = study.plan();
        return dryRun ? dryRun(study, plan) : run(study, plan);
    }

    private int dryRun(StudyConfig study, List<StudyConfig.Planned> plan) throws IOException {
        StudyFolder folder = new StudyFolder(study.folder());
        folder.check(plan);
        StudyForecast forecast = StudyForecast.of(plan, folder);
        PrintWriter out = spec.commandLine().getOut();
        Table table = new Table("run", "state", ">iterations", ">time");
        for (StudyForecast.Row row : forecast.rows()) {
            table.add(
                    row.run().name(),
                    row.state().name().toLowerCase(Locale.ROOT),
                    String.valueOf(row.run().config().iterations()),
                    duration(row.seconds()));
        }
        table.lines().forEach(out::println);
        out.printf(
                "%n%s runs, about %s at this machine's present speed, %s of it still to do; the study allows %s.%n",
                plan.size(), duration(forecast.total()), duration(forecast.left()), duration(study.hours() * 3600));
        out.flush();
        return 0;
    }

    private static String duration(double seconds) {
        return Progress.duration((long) (seconds * 1e9));
    }

    private int run(StudyConfig study, List<StudyConfig.Planned> plan) throws IOException, InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        StudyRunner.Outcome outcome = StudyRunner.run(study, plan, err);
        if (outcome.comparison().isPresent()) {
            CompareCommand.print(out, outcome.comparison().get());
            out.println(ComparisonPage.write(
                    study.folder(), study.name(), outcome.comparison().get()));
        }
        out.flush();
        outcome.failed().forEach((run, reason) -> err.printf("sluice: %s failed: %s%n", run, reason));
        if (outcome.open() > 0) {
            err.printf(
                    "sluice: %s of %s runs are not done, for the %s of the study are used up.%nMaybe run it again with --set hours=MORE.%n",
                    outcome.open(), plan.size(), duration(study.hours() * 3600));
        }
        err.flush();
        return outcome.finished() == plan.size() ? 0 : 1;
    }
}
