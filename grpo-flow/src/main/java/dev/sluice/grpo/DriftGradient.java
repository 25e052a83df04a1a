package dev.sluice.grpo;

import dev.sluice.sde.GaussianStep;

/** Whose gradient leads the stochastic steps of a rollout, and how far. */
public sealed interface DriftGradient permits RewardGradient, CriticGradient {
    /** Returns whether a step is led. */
    boolean leads(int step);

    /** Returns what the gradient is multiplied by. */
    double factor(GaussianStep numbers);

    /** Returns whether the gradient has length 1 in every sample before it is multiplied. */
    boolean normalised();

    /** Returns one past the last step that is led. */
    int to();

    /** Scales the gradients of samples of {@code size} elements each in place. */
    default void scale(float[] gradient, int size, GaussianStep numbers) {
        double factor = factor(numbers);
        for (int first = 0; first < gradient.length; first += size) {
            double squares = 0;
            for (int i = first; i < first + size; i++) {
                squares += (double) gradient[i] * gradient[i];
            }
            double by = normalised() ? factor / (Math.sqrt(squares) + LEAST_LENGTH) : factor;
            for (int i = first; i < first + size; i++) {
                gradient[i] *= (float) by;
            }
        }
    }

    /** Added to a length that is divided by. */
    double LEAST_LENGTH = 1e-8;
}
