package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.StartPicture;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a Wan network from a picture to video is given beside the text: channels that are joined to the latents, a mask that tells
 * which frames are known, and the encoded video of the picture and grey frames; and, in Wan 2.1, the states of CLIP's picture encoder.
 *
 * <p>Source: diffusers, {@code pipelines/wan/pipeline_wan_i2v.py}. Differs: no last frame.
 */
public final class WanPictures {
    private final Autoencoder autoencoder;
    private final Optional<Seen> seen;

    /** The encoder that the network sees a picture through. */
    private record Seen(ClipVision encoder, PictureProcessor processor, FrozenPlace place) {
        NDArray states(NDManager owner, StartPicture picture) {
            Shape shape = new Shape(1, 3, processor.side(), processor.side());
            return place.compute(owner.create(processor.pixels(picture), shape), encoder::encode);
        }
    }

    private WanPictures(Autoencoder autoencoder, Optional<Seen> seen) {
        this.autoencoder = autoencoder;
        this.seen = seen;
    }

    /** Returns the channels that are joined to the latents: a mask for each frame that a latent frame stands for, and the picture's. */
    static int joinedChannels(Autoencoder autoencoder) {
        return autoencoder.frameFactor() + autoencoder.channels();
    }

    /** Opens the picture encoder if the network needs one, in a place. */
    static WanPictures open(PipelineIndex index, WanConfig transformer, Autoencoder autoencoder, FrozenPlace place)
            throws IOException {
        int expected = joinedChannels(autoencoder);
        if (transformer.joinedChannels() != expected) {
            throw new IOException(
                    "%s: in_channels of the transformer must be its out_channels and %s more, for a mask and a picture's latents, but are %s and %s."
                            .formatted(
                                    index.path(), expected, transformer.outChannels(), transformer.joinedChannels()));
        }
        if (transformer.imageSize() == 0) {
            return new WanPictures(autoencoder, Optional.empty());
        }
        PictureProcessor processor = PictureProcessor.of(
                ConfigFile.read(index.folder("image_processor").resolve("preprocessor_config.json")));
        ClipVision encoder = Components.clipVision(index.folder("image_encoder"), place.manager());
        if (encoder.config().width() != transformer.imageSize()) {
            throw new IOException("%s: hidden_size (%s) of the image_encoder must be the transformer's image_dim (%s)."
                    .formatted(index.path(), encoder.config().width(), transformer.imageSize()));
        }
        if (encoder.config().side() != processor.side()) {
            throw new IOException(
                    "%s: image_size (%s) of the image_encoder must be the image_processor's crop_size (%s)."
                            .formatted(index.path(), encoder.config().side(), processor.side()));
        }
        return new WanPictures(autoencoder, Optional.of(new Seen(encoder, processor, place)));
    }

    /**
     * Encodes a picture, without a graph.
     *
     * @param owner owns the result
     * @param frames of the video
     * @param height its rows in pixels
     * @param width its columns in pixels
     * @return the channels, shape (1, mask + C, f, h, w), and the states, shape (1, L, D), if the network sees them
     */
    public List<NDArray> encode(NDManager owner, StartPicture picture, int frames, int height, int width) {
        try (Torch.Scope off = Torch.noGradient();
                NDManager scratch = owner.newSubManager()) {
            List<NDArray> encoded = new ArrayList<>();
            encoded.add(channels(scratch, picture, frames, height, width));
            seen.ifPresent(encoder -> encoded.add(encoder.states(scratch, picture)));
            encoded.forEach(array -> array.attach(owner));
            return encoded;
        }
    }

    private NDArray channels(NDManager scratch, StartPicture picture, int frames, int height, int width) {
        byte[] rgb = Resampling.LANCZOS.resized(picture.rgb(), picture.height(), picture.width(), height, width);
        float[] planes = new float[rgb.length];
        int size = height * width;
        for (int i = 0; i < size; i++) {
            for (int channel = 0; channel < 3; channel++) {
                planes[channel * size + i] = 2 * ((rgb[3 * i + channel] & 0xFF) / 255f) - 1;
            }
        }
        return channels(autoencoder, scratch.create(planes, new Shape(1, 3, 1, height, width)), frames);
    }

    /**
     * Returns the channels of videos whose first frame is known; they belong to its manager.
     *
     * @param first in [−1, 1], shape (B, 3, 1, H, W)
     * @param frames of the videos
     */
    static NDArray channels(Autoencoder autoencoder, NDArray first, int frames) {
        NDManager owner = first.getManager();
        long batch = first.getShape().get(0);
        NDArray video = first;
        if (frames > 1) {
            Shape grey = new Shape(
                    batch,
                    3,
                    frames - 1L,
                    first.getShape().get(3),
                    first.getShape().get(4));
            video = first.getNDArrayInternal().concat(new NDList(owner.zeros(grey)), 2);
        }
        NDArray latents = autoencoder.latents(video);
        Shape shape = latents.getShape();
        NDArray mask =
                owner.zeros(new Shape(batch, autoencoder.frameFactor(), shape.get(2), shape.get(3), shape.get(4)));
        mask.set(new NDIndex(":,:,0"), 1f);
        return mask.getNDArrayInternal().concat(new NDList(latents), 1);
    }
}
