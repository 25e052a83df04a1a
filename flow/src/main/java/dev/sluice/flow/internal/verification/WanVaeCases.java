package dev.sluice.flow.internal.verification;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.internal.AutoencoderKl;
import dev.sluice.flow.internal.AutoencoderKlWan;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;

/** Cases of a video autoencoder: posterior and decoded video, of the whole and of its first frame, in pieces of one frame. */
record WanVaeCases(AutoencoderKlWan vae, Golden golden) {
    void run() throws IOException {
        for (String end : new String[] {".video", ".image", ".latents", ".noise", ".cotangent"}) {
            golden.cases(end).stream()
                    .filter(name -> !name.endsWith(".grad"))
                    .forEach(name -> golden.markInputs(name + end));
        }
        try (Torch.Scope ignored = Torch.noGradient()) {
            for (String name : golden.cases(".video")) {
                encode(name);
            }
            for (String name : golden.cases(".latents")) {
                if (golden.shape(name + ".latents").dimension() == 5) {
                    decode(name);
                }
            }
        }
        golden.cannot("", "a case of another model: this one has videos");
    }

    private void encode(String name) throws IOException {
        NDArray video = golden.input(name + ".video");
        AutoencoderKl.Posterior posterior = vae.encode(video, 1);
        golden.compare(name + ".mean", posterior.mean());
        golden.compare(name + ".logvar", posterior.logVariance());
        golden.compare(name + ".normalized_mean", vae.scaled(posterior.mean()));
        golden.compare(
                name + ".mean_first_frame", vae.encode(video.get(":,:,:1"), 1).mean());
    }

    private void decode(String name) throws IOException {
        NDArray latents = golden.input(name + ".latents");
        golden.compare(name + ".decoded", vae.decode(vae.unscaled(latents), 1));
        golden.compare(name + ".decoded_first_frame", vae.decode(vae.unscaled(latents.get(":,:,:1")), 1));
    }
}
