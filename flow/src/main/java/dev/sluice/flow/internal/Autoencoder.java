package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** What stands between a network's latents and pixels. */
public interface Autoencoder {
    /** Returns the channels of a latent. */
    int channels();

    /** Returns how many picture rows and columns one latent row and column stands for. */
    int factor();

    /** Returns how many frames one latent frame stands for, after the first, which stands for one. */
    default int frameFactor() {
        return 1;
    }

    /**
     * Decodes a network's latents.
     *
     * @param latents shape (B, C, h, w), or (B, C, f, h, w) of a video
     * @return pictures around [−1, 1], shape (B, 3, h·factor, w·factor), or (B, 3, 1 + (f − 1)·frameFactor, …) of a video,
     *     owned by the manager of {@code latents}
     */
    NDArray pixels(NDArray latents);

    /** Returns about how many bytes {@link #pixels} holds at most, for latents of a shape; counted from sizes. */
    long decodingBytes(Shape latents);

    /**
     * Encodes pictures, as the mean of what the autoencoder takes them for.
     *
     * @param pictures in [−1, 1], shaped as {@link #pixels} makes them; sides are multiples of the factor
     * @return a network's latents, owned by the manager of {@code pictures}
     */
    NDArray latents(NDArray pictures);

    /** No autoencoder: latents are pixels in [−1, 1]. */
    record Pixels() implements Autoencoder {
        @Override
        public int channels() {
            return 3;
        }

        @Override
        public int factor() {
            return 1;
        }

        @Override
        public NDArray pixels(NDArray latents) {
            return latents.duplicate();
        }

        @Override
        public long decodingBytes(Shape latents) {
            return Float.BYTES * latents.size();
        }

        @Override
        public NDArray latents(NDArray pictures) {
            return pictures.duplicate();
        }
    }
}
