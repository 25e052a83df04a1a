package dev.sluice.flow;

import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.Autoencoder;
import dev.sluice.flow.internal.Network;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Require;
import java.util.function.Predicate;

/** The sizes of pictures or videos that a model makes, and what a size costs; see {@link FlowPipeline#sizes()}. */
public final class ModelSizes {
    private final Network network;
    private final Autoencoder autoencoder;
    private final Scheduler scheduler;
    private final Precision compute;

    ModelSizes(Network network, Autoencoder autoencoder, Scheduler scheduler, Precision compute) {
        this.network = network;
        this.autoencoder = autoencoder;
        this.scheduler = scheduler;
        this.compute = compute;
    }

    /** Returns how many picture rows a latent row stands for; 1 without an autoencoder. */
    public int factor() {
        return autoencoder.factor();
    }

    /** Returns the height the model was made for, in pixels. */
    public int defaultHeight() {
        return network.usualRows() * factor();
    }

    /** Returns the width the model was made for, in pixels. */
    public int defaultWidth() {
        return network.usualColumns() * factor();
    }

    /** Returns the number of frames that the model was made for; 1 of pictures. */
    public int defaultFrames() {
        return network.usualFrames();
    }

    /** Returns the shape of latents of {@link #defaultFrames()}. */
    public Shape latentShape(int batch, int height, int width) {
        return latentShape(batch, defaultFrames(), height, width);
    }

    /**
     * Returns the shape of latents: (B, C, h, w), or (B, C, f, h, w) of videos.
     *
     * @param batch number of pictures or videos
     * @param frames 1 of pictures; of videos 1 more than a multiple of what a latent frame stands for, and
     *     whole tokens
     * @param height picture rows, a multiple of autoencoder factor times patch size
     * @param width picture columns, likewise
     */
    public Shape latentShape(int batch, int frames, int height, int width) {
        Require.atLeast("batch", batch, 1);
        Require.atLeast("frames", frames, 1);
        requireSize("height", height);
        requireSize("width", width);
        long rows = height / factor();
        long columns = width / factor();
        int step = autoencoder.frameFactor();
        if (!network.video()) {
            if (frames != 1) {
                throw new IllegalArgumentException(
                        "frames (%s) must be 1, because this model makes pictures.".formatted(frames));
            }
            return new Shape(batch, network.channels(), rows, columns);
        }
        if ((frames - 1) % step != 0) {
            throw new IllegalArgumentException(
                    "frames (%s) must be 1 more than a multiple of %s.".formatted(frames, step));
        }
        int latentFrames = (frames - 1) / step + 1;
        if (latentFrames % network.patchFrames() != 0) {
            throw new IllegalArgumentException(
                    "frames (%s) must be a multiple of %s.".formatted(frames, network.patchFrames() * step));
        }
        return new Shape(batch, network.channels(), latentFrames, rows, columns);
    }

    private void requireSize(String name, int size) {
        int unit = factor() * network.patchSize();
        int most = network.mostRows() * factor();
        if (size < unit || size > most || size % unit != 0) {
            throw new IllegalArgumentException(
                    "%s (%s) must be a multiple of %s, at most %s.".formatted(name, size, unit, most));
        }
    }

    /** Returns the noise levels of a run at the default size. */
    public TimeSchedule schedule(int steps) {
        return schedule(steps, defaultHeight(), defaultWidth());
    }

    /** Returns the noise levels of a run at a picture size in pixels. */
    public TimeSchedule schedule(int steps, int height, int width) {
        return network.schedule(scheduler, steps, pictureTokens(defaultFrames(), height, width));
    }

    /**
     * Counts the arithmetic of one evaluation of the transformer for one picture or video.
     *
     * @param frames 1 of pictures
     * @param tokens text tokens of the conditioning
     * @param trained tells whether a layer, by its name without {@code .weight}, has a gradient
     */
    public ModelWork work(int frames, int height, int width, int tokens, Predicate<String> trained) {
        return network.work(trained, pictureTokens(frames, height, width), tokens);
    }

    /**
     * Counts what one evaluation of the transformer for one picture or video keeps for its backward pass.
     *
     * @param words text tokens of the conditioning
     * @param trained tells whether a layer, by its name without {@code .weight}, has a gradient
     */
    public PassMemory passMemory(int frames, int height, int width, int words, Predicate<String> trained) {
        return network.passMemory(trained, compute, pictureTokens(frames, height, width), words);
    }

    /** Returns the number of scalars that one evaluation of the transformer reads: of two networks that share the way, one's. */
    public long parametersAtWork() {
        return network.parametersAtWork();
    }

    /** Counts about how many bytes {@link FlowPipeline#decode} holds at most. */
    public long decodingBytes(int batch, int frames, int height, int width) {
        // The result is made in four steps, and each leaves an array.
        long pictures = 4L * Float.BYTES * batch * frames * 3 * height * width;
        return Math.max(autoencoder.decodingBytes(latentShape(batch, frames, height, width)), pictures);
    }

    private long pictureTokens(int frames, int height, int width) {
        Shape latents = latentShape(1, frames, height, width);
        int last = latents.dimension();
        long latentFrames = network.video() ? latents.get(2) / network.patchFrames() : 1;
        return latentFrames
                * (latents.get(last - 2) / network.patchSize())
                * (latents.get(last - 1) / network.patchSize());
    }
}
