package dev.sluice.grpo;

/** What the loss of a trained step is multiplied by. */
@FunctionalInterface
public interface StepWeight {
    /** Every step counts alike. */
    StepWeight ONE = (length, std) -> 1;

    /** 1/h, which evens out the gradient over the steps: GRPO-Guard (2025). */
    StepWeight INVERSE_LENGTH = (length, std) -> 1 / length;

    /** The standard deviation of the noise of the step: TempFlow-GRPO (2025), without its normalisation over the steps. */
    StepWeight NOISE = (length, std) -> std;

    /**
     * Returns the weight.
     *
     * @param length h = σ_k − σ_{k+1}, above 0
     * @param std standard deviation of the step's noise
     */
    double of(double length, double std);
}
