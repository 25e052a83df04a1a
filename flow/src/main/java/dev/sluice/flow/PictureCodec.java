package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.internal.Autoencoder;
import dev.sluice.flow.internal.Network;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.nio.file.Path;

/**
 * Turns latents into pictures or videos in [0, 1], and pictures into latents; see {@link FlowPipeline}.
 *
 * @param folder names the model
 * @param network says what latents look like
 * @param autoencoder takes and gives arrays of any device
 */
record PictureCodec(Path folder, Network network, Autoencoder autoencoder) {
    NDArray decode(NDArray latents) {
        if (network.video()) {
            Require.shape("latents", latents, -1, network.channels(), -1, -1, -1);
        } else {
            Require.shape("latents", latents, -1, network.channels(), -1, -1);
        }
        NDManager owner = latents.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDArray centred = autoencoder.pixels(latents);
            centred.attach(scratch);
            NDArray halved = Torch.scaled(centred, 0.5);
            halved.attach(scratch);
            NDArray images = halved.add(0.5f).clip(0f, 1f);
            NDArray ordered = network.video() ? images.swapAxes(1, 2) : images;
            ordered.attach(owner);
            return ordered;
        }
    }

    NDArray latents(NDArray pictures) {
        if (network.video()) {
            throw new IllegalArgumentException(
                    "model (%s) makes videos; only pictures can be encoded.".formatted(folder));
        }
        Require.shape("pictures", pictures, -1, 3, -1, -1);
        NDManager owner = pictures.getManager();
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray doubled = Torch.scaled(pictures, 2);
            doubled.attach(scratch);
            NDArray latents = autoencoder.latents(doubled.sub(1f));
            latents.attach(owner);
            return latents;
        }
    }
}
