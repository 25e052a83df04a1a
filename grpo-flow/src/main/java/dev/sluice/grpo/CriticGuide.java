package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.Conditioning;
import dev.sluice.sde.DriftGuide;
import dev.sluice.sde.GaussianStep;
import java.util.Optional;

/**
 * Leads the samples of a chunk to where the critic sees more; see {@link CriticGradient}.
 *
 * @param options how far
 * @param critic of noisy latents
 * @param conditioning what the samples are conditioned on
 */
record CriticGuide(CriticGradient options, LatentCritic critic, Conditioning conditioning) implements DriftGuide {
    @Override
    public Optional<NDArray> shift(NDArray latents, NDArray data, int step, GaussianStep numbers) {
        if (!options.leads(step)) {
            return Optional.empty();
        }
        float[] gradient = critic.gradient(latents, numbers.sigma(), conditioning);
        int size = gradient.length / Math.toIntExact(latents.getShape().get(0));
        options.scale(gradient, size, numbers);
        return Optional.of(latents.getManager().create(gradient, latents.getShape()));
    }
}
