package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;

/** What stands between a network's latents and pixels. */
public interface Autoencoder {
    /** Returns the channels of a latent. */
    int channels();

    /** Returns how many picture rows and columns one latent row and column stands for. */
    int factor();

    /**
     * Decodes a network's latents.
     *
     * @param latents shape (B, C, h, w)
     * @return pictures around [−1, 1], shape (B, 3, h·factor, w·factor), owned by the manager of {@code latents}
     */
    NDArray pixels(NDArray latents);

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
    }
}
