package dev.sluice.flow.internal.verification;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.AutoencoderKl;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.Set;
import java.util.TreeSet;

/** Cases of an image autoencoder: posterior, decoded image, and the gradient through the decoder. */
record VaeCases(AutoencoderKl vae, Golden golden) {
    void run() throws IOException {
        Set<String> names = new TreeSet<>(golden.cases(".image"));
        names.addAll(golden.cases(".latents"));
        names.removeIf(name -> name.endsWith(".grad"));
        for (String name : names) {
            golden.markInputs(name + ".image", name + ".latents", name + ".noise", name + ".cotangent");
            String misfit = misfit(name);
            if (misfit == null) {
                run(name);
            } else {
                golden.cannot(name + ".", misfit);
            }
        }
    }

    /** Returns why a case was made with another model, or null. */
    private String misfit(String name) throws IOException {
        for (String latent : new String[] {".latents", ".mean"}) {
            if (golden.has(name + latent)) {
                Shape shape = golden.shape(name + latent);
                if (shape.dimension() != 4 || shape.get(1) != vae.config().latentChannels()) {
                    return "a case of another model: its latents have the shape " + shape;
                }
            }
        }
        if (golden.has(name + ".image") && golden.shape(name + ".image").dimension() != 4) {
            return "a case of another model: its images have the shape " + golden.shape(name + ".image");
        }
        return null;
    }

    private void run(String name) throws IOException {
        if (golden.has(name + ".image")) {
            try (Torch.Scope ignored = Torch.noGradient()) {
                encode(name);
            }
        }
        if (golden.has(name + ".latents")) {
            decode(name);
        }
    }

    private void encode(String name) throws IOException {
        AutoencoderKl.Posterior posterior = vae.encode(golden.input(name + ".image"));
        NDArray deviation = Torch.scaled(posterior.logVariance(), 0.5).exp();
        golden.compare(name + ".mean", posterior.mean());
        golden.compare(name + ".logvar", posterior.logVariance());
        golden.compare(name + ".std", deviation);
        if (golden.has(name + ".noise")) {
            NDArray sample = posterior.mean().add(deviation.mul(golden.input(name + ".noise")));
            golden.compare(name + ".scaled_sample", vae.scaled(sample));
        }
        if (!golden.has(name + ".latents")) {
            golden.compare(name + ".decoded", vae.decode(posterior.mean()));
        }
    }

    private void decode(String name) throws IOException {
        NDArray latents = golden.input(name + ".latents");
        boolean backward = golden.has(name + ".cotangent");
        try (Torch.Scope mode = backward ? Torch.withGradient() : Torch.noGradient()) {
            latents.setRequiresGradient(backward);
            NDArray decoded = vae.decode(vae.unscaled(latents));
            golden.compare(name + ".decoded", decoded);
            if (backward) {
                Torch.backward(decoded, golden.input(name + ".cotangent"));
                golden.compare(name + ".grad.latents", latents.getGradient());
            }
        }
    }
}
