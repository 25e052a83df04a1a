package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.PassMemory;
import dev.sluice.flow.Scheduler;
import dev.sluice.flow.StreamMemory;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Weights;
import java.util.List;
import java.util.function.Predicate;

/** The velocity network of a pipeline: its weights, what latents it takes, and how it is guided. */
public interface Network extends VelocityModel {
    /** Returns the weights, live. */
    Weights weights();

    /** Frees what it holds beside its weights, such as the code of a model that is given as a file. */
    default void close() {}

    /** Returns the same network over other weights, which it reads at every call and does not own. */
    Network over(Weights weights);

    /**
     * Predicts the velocity of a chunk of a video that sees what is remembered of the chunks before it; what the chunk itself leaves
     * is added where the memory {@linkplain StreamMemory#remembering asks for it}.
     *
     * @throws IllegalArgumentException if the network cannot make a video in chunks
     */
    default NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning, StreamMemory memory) {
        throw new IllegalArgumentException("This model cannot make a video in chunks; only a single Wan network can.");
    }

    /** Returns the latent frames that see each other and those before, but none after; 0 where all see all. */
    default int blockFrames() {
        return 0;
    }

    /** Returns whether gradients of its weights can be had. */
    default boolean trainable() {
        return true;
    }

    /** Refuses to be held in a way that it cannot be. */
    default void requireFits(MemoryPolicy memory) {}

    /** Returns the names, or ends of names, of the layers of its attention. */
    List<String> attentionLayers();

    /** Returns this network, run in another way; its velocity differs at most by what its arithmetic rounds. */
    Network running(BlockChain.Running running);

    /** Returns whether guidance moves away from a negative prompt, rather than being told to the network. */
    default boolean takesNegativePrompt() {
        return true;
    }

    /** Returns this network, told a guidance scale if it has such an input. */
    default Network told(double guidance) {
        return this;
    }

    /** Returns the channels of latents and velocity. */
    int channels();

    /** Returns whether latents have an axis of frames, shape (B, C, frames, rows, columns). */
    default boolean video() {
        return false;
    }

    /** Returns the latent rows and columns of one token. */
    int patchSize();

    /** Returns the latent frames of one token. */
    default int patchFrames() {
        return 1;
    }

    /** Returns the most latent rows or columns. */
    int mostRows();

    /** Returns the latent rows the network was made for. */
    int usualRows();

    /** Returns the latent columns the network was made for. */
    default int usualColumns() {
        return usualRows();
    }

    /** Returns the frames of a video that the network was made for; 1 of pictures. */
    default int usualFrames() {
        return 1;
    }

    /** Returns the noise levels that the family's pipeline walks, for a number of picture tokens. */
    default TimeSchedule schedule(Scheduler scheduler, int steps, long tokens) {
        return scheduler.schedule(steps, tokens);
    }

    /** Returns the number of scalars in the weights that one evaluation for one sample reads. */
    default long parametersAtWork() {
        return weights().parameterCount();
    }

    /**
     * Counts the arithmetic of one evaluation for one sample.
     *
     * @param trained tells whether a layer, by its name without {@code .weight}, has a gradient
     * @param tokens picture tokens
     * @param words text tokens
     */
    ModelWork work(Predicate<String> trained, long tokens, long words);

    /**
     * Counts what one evaluation for one sample keeps for its backward pass.
     *
     * @param trained tells whether a layer, by its name without {@code .weight}, has a gradient
     * @param compute the type it computes in
     * @param tokens picture tokens
     * @param words text tokens
     */
    PassMemory passMemory(Predicate<String> trained, Precision compute, long tokens, long words);
}
