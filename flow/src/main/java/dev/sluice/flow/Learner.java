package dev.sluice.flow;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * A network that learns update by update. What a checkpoint restores goes on with the same numbers as one that never stopped.
 */
public interface Learner extends AutoCloseable {
    /**
     * What an update did.
     *
     * @param step updates taken, this one included
     * @param loss the mean over its samples
     * @param gradientNorm before clipping
     * @param learningRate that was used
     */
    record Progress(long step, double loss, double gradientNorm, double learningRate) {}

    /** Returns how many updates were taken. */
    long step();

    /** Returns the number of trained scalars. */
    long parameterCount();

    /**
     * Takes one update.
     *
     * @throws PretrainingStoppedException if the loss or a gradient is not finite; nothing was changed then
     */
    Progress update();

    /** Writes all that a later {@link #restore} needs. */
    void checkpoint(Path folder) throws IOException;

    /** Continues from a checkpoint of the same architecture and options. */
    void restore(Path folder) throws IOException;

    /**
     * Writes what was learned as a folder that can be opened.
     *
     * @param madeBy how it was made (command, seed, time), kept beside the weights
     */
    void export(Path folder, Map<String, Object> madeBy) throws IOException;

    @Override
    void close();
}
