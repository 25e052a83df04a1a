package dev.sluice.grpo;

import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of a run's checkpoints, {@code step-NNNNNN} for each, named for the number of finished iterations. A process that
 * dies while it writes leaves the checkpoints before whole.
 *
 * @param folder is made when the first checkpoint is written
 * @param keep how many of the newest stay, at least 1
 */
public record CheckpointFolder(Path folder, int keep) {
    private static final String NAME = "step-[0-9]{6,}";

    public CheckpointFolder {
        Require.atLeast("keep", keep, 1);
    }

    /**
     * Writes a trainer's state and deletes what is too old.
     *
     * @return the checkpoint's folder
     * @throws IOException if it cannot be written, with the path; older checkpoints then stay
     */
    public Path save(GrpoTrainer trainer, RunIdentity identity) throws IOException {
        Path checkpoint = folder.resolve("step-%06d".formatted(trainer.iteration()));
        TrainerCheckpoint.write(checkpoint, trainer, identity);
        List<Path> all = all();
        for (Path old : all.subList(0, Math.max(0, all.size() - keep))) {
            AtomicFiles.deleteAll(old);
        }
        return checkpoint;
    }

    /** Returns the newest checkpoint. */
    public Optional<Path> latest() throws IOException {
        List<Path> all = all();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.get(all.size() - 1));
    }

    /**
     * Restores a trainer from the newest checkpoint, if there is one, and deletes what a killed process left half-written.
     *
     * @return the checkpoint's folder
     * @throws IOException if it is broken or was made by another model or other settings; the trainer then stays as it is
     */
    public Optional<Path> restoreLatest(GrpoTrainer trainer, RunIdentity identity) throws IOException {
        deleteLeftovers();
        Optional<Path> latest = latest();
        if (latest.isPresent()) {
            TrainerCheckpoint.restore(latest.get(), trainer, identity);
        }
        return latest;
    }

    private List<Path> all() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(path -> path.getFileName().toString().matches(NAME))
                    .filter(path -> Files.isRegularFile(path.resolve(TrainerCheckpoint.STATE)))
                    .sorted((a, b) -> Long.compare(number(a), number(b)))
                    .toList();
        }
    }

    private static long number(Path checkpoint) {
        return Long.parseLong(checkpoint.getFileName().toString().substring("step-".length()));
    }

    private void deleteLeftovers() throws IOException {
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> leftovers;
        try (Stream<Path> entries = Files.list(folder)) {
            leftovers = entries.filter(path -> path.getFileName().toString().startsWith(".step-"))
                    .toList();
        }
        for (Path leftover : leftovers) {
            AtomicFiles.deleteAll(leftover);
        }
    }
}
