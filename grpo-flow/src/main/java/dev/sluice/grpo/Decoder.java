package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import dev.sluice.video.Media;
import java.util.List;

/** Turns clean latents into media. */
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
