package dev.sluice.sde;

/**
 * How a sampler steps.
 *
 * @param rule the noise of a stochastic step
 * @param likelihood how its log-probability is computed
 * @param lastStep what happens in the last step of a rollout
 * @param keepMeans whether rollouts keep each trained step's mean, which some ratio rules need
 * @param keepStates whether rollouts keep the state before every step, stochastic or not
 * @param ode how rollouts take the other steps
 */
public record SdeOptions(
        SdeRule rule, Likelihood likelihood, LastStep lastStep, boolean keepMeans, boolean keepStates, OdeSteps ode) {
    public SdeOptions {
        if (lastStep == LastStep.NOISY && ode.tail().isPresent()) {
            throw new IllegalArgumentException("lastStep (NOISY) must be ODE with a tail, whose steps are the ODE's.");
        }
    }

    /** A sampler whose other steps are Euler's. */
    public SdeOptions(SdeRule rule, Likelihood likelihood, LastStep lastStep, boolean keepMeans, boolean keepStates) {
        this(rule, likelihood, lastStep, keepMeans, keepStates, OdeSteps.EULER);
    }

    /** A sampler that keeps no states but those of stochastic steps. */
    public SdeOptions(SdeRule rule, Likelihood likelihood, LastStep lastStep, boolean keepMeans) {
        this(rule, likelihood, lastStep, keepMeans, false);
    }

    /** The rule with its own likelihood, a last step without noise, and no stored means. */
    public SdeOptions(SdeRule rule) {
        this(rule, rule.likelihood(), LastStep.ODE, false);
    }

    /** Returns these options with another noise. */
    SdeOptions with(SdeRule other) {
        return new SdeOptions(other, likelihood, lastStep, keepMeans, keepStates, ode);
    }

    /** Returns whether a step may want to know what data the one before has predicted. */
    boolean remembers() {
        return rule.looksBack() || ode.remembers();
    }
}
