package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.internal.WanPictures;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What a model does with the pictures that its videos start from; see {@link FlowPipeline#startPictures()}. */
public final class StartPictures {
    private final Path folder;
    private final Optional<WanPictures> encoder;
    private final ModelSizes sizes;

    StartPictures(Path folder, Optional<WanPictures> encoder, ModelSizes sizes) {
        this.folder = folder;
        this.encoder = encoder;
        this.sizes = sizes;
    }

    /** Returns whether the model makes a video of a picture, which every {@link Conditioning} must then have. */
    public boolean needed() {
        return encoder.isPresent();
    }

    /**
     * Refuses a prompt without a picture where the model needs one, and one with a picture where it does not.
     *
     * @throws IllegalArgumentException that names the prompt
     */
    public void require(String prompt, Optional<StartPicture> picture) {
        if (needed() != picture.isPresent()) {
            throw new IllegalArgumentException((needed()
                            ? "The prompt (%s) has no picture, but model (%s) makes a video of one."
                            : "The prompt (%s) has a picture, but model (%s) starts from text alone.")
                    .formatted(prompt, folder));
        }
    }

    /**
     * Encodes the picture that videos start from, for {@link Conditioning#with}.
     *
     * @param owner owns the result
     * @param frames of the video
     * @param height its rows in pixels
     * @param width its columns in pixels
     * @throws IllegalStateException if the model needs none
     */
    public List<NDArray> encode(NDManager owner, StartPicture picture, int frames, int height, int width) {
        sizes.latentShape(1, frames, height, width);
        return encoder.orElseThrow(() -> new IllegalStateException("This model starts from no picture."))
                .encode(owner, picture, frames, height, width);
    }
}
