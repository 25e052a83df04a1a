package dev.sluice.cli;

import dev.sluice.cli.internal.Manifests;
import dev.sluice.cli.internal.PretrainingLoop;
import dev.sluice.cli.internal.RunFolder;
import dev.sluice.flow.Learner;
import dev.sluice.flow.PretrainingStoppedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;

/**
 * The run of a network that learns from rendered pictures, in its folder.
 *
 * @param folder checked already, see {@link RunArguments.Claim#check}
 */
record LearnerRun(CommandSpec spec, RunArguments arguments, RunFolder folder) {
    /** What a fresh run does before its first update. */
    @FunctionalInterface
    interface Start {
        void run() throws IOException;
    }

    /**
     * Takes the updates from the start, or from the newest checkpoint if the command line says so.
     *
     * @param yaml the resolved run file
     * @param madeBy as {@link #madeBy} returns it
     * @return the exit status
     */
    int run(Learner learner, PretrainingLoop.Course course, String yaml, Map<String, Object> madeBy, Start start)
            throws IOException {
        PrintWriter err = spec.commandLine().getErr();
        try {
            arguments.claim().take(folder);
            Optional<Long> last = arguments.resume() ? folder.lastCheckpoint() : Optional.empty();
            if (last.isPresent()) {
                learner.restore(folder.checkpoint(last.get()));
            } else {
                start.run();
                folder.begin(yaml);
                Manifests.write(folder, spec, (Long) madeBy.get("seed"), List.of());
            }
            new PretrainingLoop(course, folder, learner, madeBy, err).run();
            err.printf("The model is in %s.%n", folder.path().resolve("model"));
            return 0;
        } catch (PretrainingStoppedException e) {
            err.println("sluice: " + e.getMessage());
            if (folder.lastCheckpoint().isPresent()) {
                err.println("The newest checkpoint is in " + folder.checkpoints() + ".");
            }
            err.flush();
            return 1;
        }
    }

    /** Returns what is kept beside a model: how it was made. */
    static Map<String, Object> madeBy(CommandSpec spec, long seed, Map<String, Object> options) {
        Map<String, Object> madeBy = new LinkedHashMap<>();
        madeBy.put("command", String.join(" ", Manifests.command(spec)));
        madeBy.put("seed", seed);
        madeBy.put("options", options);
        return madeBy;
    }
}
