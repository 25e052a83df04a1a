/**
 * Stochastic samplers for flow models whose every step has an exact log-probability.
 *
 * <p>Read first: {@link dev.sluice.sde.SdeRule}, the noise a step adds; {@link dev.sluice.sde.SdeSampler}, which samples,
 * replays and rolls out through one private step; {@link dev.sluice.sde.Trajectory}, what a rollout leaves for training;
 * {@link dev.sluice.sde.ExplorationSchedule}, which steps are stochastic.
 *
 * <p>Every rule gives a step x' = a·x + b·v + s·n with numbers a, b, s that depend on the grid alone
 * ({@link dev.sluice.sde.GaussianStep}); a new rule is one record. A rule of second order adds c·ẑ_before, what the step before
 * predicted, which the trajectory keeps. {@link dev.sluice.sde.OdeSteps} says how steps without noise are taken.
 *
 * <pre>{@code
 * var sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), schedule);
 * var noise = new SampleNoise(seed, iteration, sampleIds);
 * var steps = new ExplorationSchedule.AllButLast().steps(schedule.steps(), 0, random);
 * try (Trajectory trajectory = sampler.rollout(
 *         model, noise.initial(manager, shape), conditioning, RolloutPlan.of(steps, noise))) {
 *     for (StoredStep stored : trajectory.steps()) {
 *         Transition now = sampler.replay(model, stored, conditioning);
 *         // now.logProb() equals stored.logProb() bit for bit until the weights change
 *     }
 * }
 * }</pre>
 */
package dev.sluice.sde;
