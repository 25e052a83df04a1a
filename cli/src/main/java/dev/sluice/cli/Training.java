package dev.sluice.cli;

import dev.sluice.cli.internal.Manifests;
import dev.sluice.cli.internal.Outcome;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.RunFolder;
import dev.sluice.cli.internal.TrainingCost;
import dev.sluice.cli.internal.TrainingLoop;
import dev.sluice.cli.internal.TrainingSession;
import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import dev.sluice.grpo.TrainingStoppedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;

/** A training run as a command: its folder, its session, and what is said at its end. */
final class Training {
    private final CommandSpec spec;
    private final RunConfig config;
    private final RunFolder folder;
    private final PrintWriter out;
    private final PrintWriter err;

    Training(CommandSpec spec, RunConfig config) {
        this.spec = spec;
        this.config = config;
        this.folder = new RunFolder(config.folder());
        this.out = spec.commandLine().getOut();
        this.err = spec.commandLine().getErr();
    }

    int dryRun() throws IOException {
        try (TrainingSession session = TrainingSession.open(config)) {
            doubt(session);
            out.print(RunFiles.yaml(session.config()));
            TrainingCost.of(session).lines().forEach(out::println);
            out.flush();
        }
        return 0;
    }

    private void doubt(TrainingSession session) {
        session.doubts().forEach(doubt -> err.println("sluice: " + doubt));
        err.flush();
    }

    int run(RunArguments.Claim claim) throws IOException {
        claim.check(folder);
        long started = System.nanoTime();
        // What is wrong with the model or the prompts is found before an earlier run is deleted.
        try (TrainingSession session = TrainingSession.open(config)) {
            doubt(session);
            claim.take(folder);
            folder.begin(RunFiles.yaml(session.config()));
            Manifests.write(folder, spec, config.seed(), Manifests.inputs(config));
            Path weights = new TrainingLoop(session, folder, err).run(claim == RunArguments.Claim.RESUME);
            Outcome.read(folder.evaluations()).table().forEach(out::println);
            out.printf(
                    "%nTook %s.%nWeights: %s%nReport:  %s%n",
                    Progress.duration(System.nanoTime() - started),
                    weights,
                    folder.path().resolve("report.html"));
            out.flush();
            return 0;
        } catch (TrainingStoppedException e) {
            err.println("sluice: " + e.getMessage());
            err.println("The newest checkpoint is in " + folder.checkpoints() + ".");
            err.flush();
            return 1;
        }
    }
}
