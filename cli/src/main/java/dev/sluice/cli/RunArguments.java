package dev.sluice.cli;

import dev.sluice.cli.internal.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** What every command that makes a run folder takes. */
final class RunArguments {
    @Option(
            names = "--set",
            paramLabel = "KEY=VALUE",
            description = "Change a key of the run file, such as checkpoints.every=50; may be repeated.")
    private final List<String> settings = new ArrayList<>();

    @Option(names = "--resume", description = "Continue from the newest checkpoint in the run's folder.")
    private boolean resume;

    @Option(names = "--overwrite", description = "Delete what an earlier run left in the run's folder.")
    private boolean overwrite;

    @Option(names = "--dry-run", description = "Print the resolved run file and what the run would cost, and end.")
    private boolean dryRun;

    List<String> settings() {
        return settings;
    }

    boolean resume() {
        return resume;
    }

    boolean dryRun() {
        return dryRun;
    }

    Claim claim() {
        if (resume && overwrite) {
            throw new IllegalArgumentException("--resume and --overwrite exclude each other.");
        }
        return resume ? Claim.RESUME : overwrite ? Claim.OVERWRITE : Claim.NEW;
    }

    /** How a run takes its folder, so that two runs never mix in one. */
    enum Claim {
        /** The folder must have no run. */
        NEW,
        /** The folder has a run that goes on; it may have been killed before its first checkpoint. */
        RESUME,
        /** What an earlier run left is deleted. */
        OVERWRITE;

        /** Refuses a folder that does not fit, and changes nothing. */
        void check(RunFolder folder) throws IOException {
            if (this == RESUME && !folder.used()) {
                throw new IllegalArgumentException(
                        "%s has no run to resume.%nMaybe leave --resume out.".formatted(folder.path()));
            }
            if (this == NEW && folder.used()) {
                throw new IllegalArgumentException(
                        "%s holds a run already.%nMaybe add --resume, --overwrite or --set name=OTHER."
                                .formatted(folder.path()));
            }
            if (Files.exists(folder.path()) && !Files.isDirectory(folder.path())) {
                throw new IOException("%s is a file; a folder for the run is expected.".formatted(folder.path()));
            }
        }

        /** Clears the folder of what does not belong to the run. */
        void take(RunFolder folder) throws IOException {
            if (this == RESUME) {
                folder.sweep();
            } else {
                folder.clear();
            }
        }
    }
}
