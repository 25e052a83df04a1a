package dev.sluice.sde;

/**
 * How a sampler steps.
 *
 * @param rule the noise of a stochastic step
 * @param likelihood how its log-probability is computed
 * @param lastStep what happens in the last step of a rollout
 * @param keepMeans whether rollouts keep each trained step's mean, which some ratio rules need
 */
public record SdeOptions(SdeRule rule, Likelihood likelihood, LastStep lastStep, boolean keepMeans) {
    /** The rule with its own likelihood, a last step without noise, and no stored means. */
    public SdeOptions(SdeRule rule) {
        this(rule, rule.likelihood(), LastStep.ODE, false);
    }
}
