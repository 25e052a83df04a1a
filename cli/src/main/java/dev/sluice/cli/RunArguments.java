package dev.sluice.cli;

import dev.sluice.cli.internal.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What every command that makes a run folder takes. */
final class RunArguments {
    @Parameters(index = "0", paramLabel = "CONFIG", description = "The run file, YAML; see the folder configs.")
    private Path config;

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

    Path config() {
        return config;
    }

    List<String> settings() {
        return settings;
    }

    boolean resume() {
        return resume;
    }

    boolean dryRun() {
        return dryRun;
    }

    /** Refuses to mix two runs in one folder. */
    void claim(RunFolder folder) throws IOException {
        if (resume && overwrite) {
            throw new IllegalArgumentException("--resume and --overwrite exclude each other.");
        }
        if (resume && folder.lastCheckpoint().isEmpty()) {
            throw new IllegalArgumentException(
                    "%s has no checkpoint to resume from.%nMaybe leave --resume out.".formatted(folder.path()));
        }
        if (!resume && folder.used() && !overwrite) {
            throw new IllegalArgumentException(
                    "%s holds a run already.%nMaybe add --resume, --overwrite or --set name=OTHER."
                            .formatted(folder.path()));
        }
        if (overwrite) {
            folder.clear();
        }
        if (resume) {
            folder.sweep();
        }
    }
}
