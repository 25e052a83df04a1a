package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import dev.sluice.video.Media;
import java.util.List;

/** Turns clean latents into media. Lanes call it at the same time, each with latents of its own. */
@FunctionalInterface
public interface Decoder {
    /**
     * Decodes a batch.
     *
     * @param latents x at σ = 0, shape (B, ...), float32
     * @return one for each sample, in order
     */
    List<Media> decode(NDArray latents);
}
