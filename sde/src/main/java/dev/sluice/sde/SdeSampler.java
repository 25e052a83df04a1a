package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Walks a grid with noise. Sampling and replaying a step go through one private method, so that with unchanged weights and
 * the same batch a replayed log-probability equals the recorded one bit for bit.
 */
public final class SdeSampler {
    private static final OdeSolver ODE = new OdeSolver.Euler();

    private final SdeOptions options;
    private final TimeSchedule schedule;

    /** Creates a sampler for one grid. */
    public SdeSampler(SdeOptions options, TimeSchedule schedule) {
        this.options = options;
        this.schedule = schedule;
    }

    /** Creates a sampler with the rule's own likelihood and a last step without noise. */
    public SdeSampler(SdeRule rule, TimeSchedule schedule) {
        this(new SdeOptions(rule), schedule);
    }

    /** Returns this sampler with another noise. */
    public SdeSampler with(SdeRule rule) {
        return new SdeSampler(
                new SdeOptions(
                        rule, options.likelihood(), options.lastStep(), options.keepMeans(), options.keepStates()),
                schedule);
    }

    /** Returns how this sampler steps. */
    public SdeOptions options() {
        return options;
    }

    /** Returns the grid. */
    public TimeSchedule schedule() {
        return schedule;
    }

    /** Returns the numbers of step k in [0, N). */
    public GaussianStep step(int step) {
        OdeSolver.Position at = new OdeSolver.Position(schedule, step);
        return options.rule().at(at.schedule(), at.step());
    }

    /**
     * Takes a stochastic step with the noise passed in.
     *
     * <p>Memory: the arrays of the result belong to the manager of {@code latents}. Cost: one call of the model.
     *
     * @param latents x_k, shape (B, ...), float32
     * @param step k in [0, N)
     * @param conditioning what the B samples are conditioned on
     * @param noise n, same shape
     */
    public Transition sample(VelocityModel model, NDArray latents, int step, Conditioning conditioning, NDArray noise) {
        Require.sameShape("noise", noise, "latents", latents);
        GaussianStep numbers = step(step);
        NDArray mean = mean(model, latents, step, conditioning);
        try (NDArray added = Torch.scaled(noise, numbers.std())) {
            return transition(mean.add(added), mean, numbers);
        }
    }

    /**
     * Scores a step that was taken before. Gradients flow through the velocity, not through {@code next}.
     *
     * <p>Memory: {@code next} is the array passed in; the others belong to the manager of {@code latents}. Cost: one call of
     * the model.
     *
     * @param latents x_k, shape (B, ...), float32
     * @param step k in [0, N)
     * @param conditioning what the B samples are conditioned on
     * @param next x_{k+1} as it was stored, same shape
     */
    public Transition replay(VelocityModel model, NDArray latents, int step, Conditioning conditioning, NDArray next) {
        Require.sameShape("next", next, "latents", latents);
        NDArray mean = mean(model, latents, step, conditioning);
        return transition(next, mean, step(step));
    }

    /**
     * Returns the mean of step k under a model, such as the reference; owned by the manager of {@code latents}.
     *
     * @param latents x_k, shape (B, ...), float32
     */
    public NDArray mean(VelocityModel model, NDArray latents, int step, Conditioning conditioning) {
        GaussianStep numbers = step(step);
        try (NDArray velocity = model.velocity(latents, numbers.sigma(), conditioning)) {
            return numbers.mean(latents, velocity);
        }
    }

    private Transition transition(NDArray next, NDArray mean, GaussianStep numbers) {
        return new Transition(next, mean, numbers.std(), options.likelihood().logProb(mean, next, numbers));
    }

    /**
     * Walks the whole grid from noise, without a graph, and keeps what training needs.
     *
     * <p>Memory: the trajectory's own manager is a child of the manager of {@code initial}; each step's other arrays are
     * freed at its end.
     *
     * @param initial x at level 0, shape (B, ...), float32; stays as it is
     * @param conditioning what the B samples are conditioned on
     * @param plan which steps add noise, and which noise
     * @return the trajectory; the caller closes it
     * @throws CancellationException if the plan's listener stops the run
     */
    public Trajectory rollout(VelocityModel model, NDArray initial, Conditioning conditioning, RolloutPlan plan) {
        RolloutPlan.check(plan.stochasticSteps(), schedule.steps());
        NDManager owner = initial.getManager().newSubManager();
        boolean finished = false;
        try (Torch.Scope ignored = Torch.noGradient()) {
            Trajectory trajectory = new Walk(model, conditioning, plan, owner).from(initial);
            finished = true;
            return trajectory;
        } finally {
            if (!finished) {
                owner.close();
            }
        }
    }

    /** One rollout under way. */
    private final class Walk {
        private final VelocityModel model;
        private final Conditioning conditioning;
        private final RolloutPlan plan;
        private final NDManager owner;
        private final List<StoredStep> stored = new ArrayList<>();
        private final List<NDArray> states = new ArrayList<>();

        Walk(VelocityModel model, Conditioning conditioning, RolloutPlan plan, NDManager owner) {
            this.model = model;
            this.conditioning = conditioning;
            this.plan = plan;
            this.owner = owner;
        }

        Trajectory from(NDArray initial) {
            int steps = schedule.steps();
            NDArray x = initial.duplicate();
            x.attach(owner);
            for (int k = 0; k < steps; k++) {
                boolean kept = plan.stochasticSteps().contains(k);
                if (options.keepStates()) {
                    states.add(x);
                }
                NDArray next;
                try (NDManager scratch = owner.newSubManager()) {
                    // What the step computes lands where x is; a state that is stored comes back to its owner.
                    if (kept || options.keepStates() || isLastStored(x)) {
                        x.tempAttach(scratch);
                    } else {
                        x.attach(scratch);
                    }
                    next = kept ? recorded(x, k, scratch) : advanced(x, k, scratch);
                    next.attach(owner);
                }
                x = next;
                if (!plan.listener().finished(k + 1, steps)) {
                    throw new CancellationException(
                            "The rollout was stopped after step %s of %s.".formatted(k + 1, steps));
                }
            }
            return new Trajectory(schedule, stored, states, x, owner);
        }

        private boolean isLastStored(NDArray x) {
            return !stored.isEmpty() && stored.get(stored.size() - 1).next() == x;
        }

        private NDArray recorded(NDArray x, int k, NDManager scratch) {
            Transition own = sample(model, x, k, conditioning, plan.noise().draw(scratch, x.getShape(), k));
            Optional<NDArray> shift = shift(own, x, k);
            // The likelihood is that of the step without the guide, at the place where the guide has led.
            Transition taken = shift.map(by -> transition(own.next().add(by), own.mean(), step(k)))
                    .orElse(own);
            taken.logProb().attach(owner);
            Optional<NDArray> mean = options.keepMeans() ? Optional.of(taken.mean()) : Optional.empty();
            mean.ifPresent(array -> array.attach(owner));
            Optional<NDArray> led = shift.map(by -> taken.mean().add(by));
            led.ifPresent(array -> array.attach(owner));
            stored.add(new StoredStep(k, taken.std(), x, taken.next(), taken.logProb(), mean, led));
            return taken.next();
        }

        private Optional<NDArray> shift(Transition own, NDArray x, int k) {
            if (plan.guide() == DriftGuide.NONE) {
                return Optional.empty();
            }
            GaussianStep numbers = step(k);
            return plan.guide().shift(x, numbers.data(x, own.mean()), k, numbers);
        }

        private NDArray advanced(NDArray x, int k, NDManager scratch) {
            boolean last = k == schedule.steps() - 1;
            if (last && options.lastStep() == LastStep.NOISY && step(k).stochastic()) {
                NDArray noise = plan.noise().draw(scratch, x.getShape(), k);
                return sample(model, x, k, conditioning, noise).next();
            }
            OdeSolver.Position at = new OdeSolver.Position(schedule, k);
            return ODE.step(model, x, at, conditioning, List.of()).next();
        }
    }
}
