package dev.sluice.sde;

/**
 * How a sampler steps.
 *
 * @param rule the noise of a stochastic step
 * @param likelihood how its log-probability is computed
 * @param lastStep what happens in the last step of a rollout
 * @param keepMeans whether rollouts keep each trained step's mean, which some ratio rules need
 * @param keepStates whether rollouts keep the state before every step, stochastic or not
 */
public record SdeOptions(
        SdeRule rule, Likelihood likelihood, LastStep lastStep, boolean keepMeans, boolean keepStates) {
    /** A sampler that keeps no states but those of stochastic steps. */
    public SdeOptions(SdeRule rule, Likelihood likelihood, LastStep lastStep, boolean keepMeans) {
        this(rule, likelihood, lastStep, keepMeans, false);
    }

    /** The rule with its own likelihood, a last step without noise, and no stored means. */
    public SdeOptions(SdeRule rule) {
        this(rule, rule.likelihood(), LastStep.ODE, false);
    }
}
