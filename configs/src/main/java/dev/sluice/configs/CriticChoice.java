package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.flow.AdamW;
import dev.sluice.grpo.CriticLearning;

/**
 * A critic of noisy latents that learns beside the policy.
 *
 * @param width features of each patch
 * @param updates of an iteration
 * @param warmUp iterations in the beginning in which it learns alone
 * @param learningRate its step size
 */
public record CriticChoice(
        @Within(least = 1, most = 4096) int width,
        @Within(least = 1, most = 1000) int updates,
        @Within(least = 0) int warmUp,
        @Within(above = 0) double learningRate) {
    /** Returns the trainer's choice. */
    public CriticLearning learning() {
        return new CriticLearning(width, updates, warmUp, new AdamW.Options(learningRate, 0.9, 0.999, 1e-8, 1e-4, 1));
    }
}
