package dev.sluice.grpo;

import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Draws pictures or videos for prompts: what a program needs of a generator, without tensors.
 *
 * <pre>{@code
 * try (Sampler sampler = Sampler.open(Path.of("models/sd3.5-medium"))) {
 *     Media picture = sampler.sample(List.of("a red circle"), 1).get(0);
 * }
 * }</pre>
 */
public interface Sampler extends AutoCloseable {
    /**
     * Draws one sample for each prompt. The same prompt and seed give the same sample.
     *
     * @param prompts texts
     * @param firstSeed the seed of the first; the others count on
     * @return in the order of the prompts
     * @throws IllegalStateException if a sample is not finite
     */
    List<Media> sample(List<String> prompts, long firstSeed);

    @Override
    void close();

    /**
     * Opens a model folder in diffusers' layout, on a GPU where there is one, with 20 steps of Euler's method and guidance 4.5;
     * {@link SamplerProvider} has options.
     *
     * @throws IOException if the folder is missing or broken
     */
    static Sampler open(Path model) throws IOException {
        return SamplerProvider.named("flow", Map.of("model", model.toString()));
    }
}
