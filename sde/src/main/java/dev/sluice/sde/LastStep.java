package dev.sluice.sde;

/** What a rollout does in its last step, to σ = 0, which is never trained. */
public enum LastStep {
    /** The ODE step: the result is the predicted data, free of noise. */
    ODE,
    /** The rule's step, whose noise stays in the result. Only to reproduce Flow-GRPO's own code. */
    NOISY
}
