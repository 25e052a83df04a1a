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
        return new SdeSampler(options.with(rule), schedule);
    }

    /** Returns how this sampler steps. */
    public SdeOptions options() {
        return options;
    }

    /** Returns the grid. */
    public TimeSchedule schedule() {
        return schedule;
    }

    /** Returns the numbers of step k in [0, N), if it knows nothing of the step before. */
    public GaussianStep step(int step) {
        return numbers(step, Optional.empty());
    }

    /** Returns the numbers of a step as it was taken. */
    public GaussianStep step(StoredStep stored) {
        return numbers(stored.step(), stored.past());
    }

    private GaussianStep numbers(int step, Optional<NDArray> past) {
        OdeSolver.Position at = new OdeSolver.Position(schedule, step);
        return past.isPresent()
                ? options.rule().continued(at.schedule(), at.step())
                : options.rule().at(at.schedule(), at.step());
    }

    /**
     * Takes a stochastic step that knows nothing of the step before, with the noise passed in.
     *
     * <p>Memory: the arrays of the result belong to the manager of {@code latents}. Cost: one call of the model.
     *
     * @param latents x_k, shape (B, ...), float32
     * @param step k in [0, N)
     * @param conditioning what the B samples are conditioned on
     * @param noise n, same shape
     */
    public Transition sample(VelocityModel model, NDArray latents, int step, Conditioning conditioning, NDArray noise) {
        return sample(model, latents, numbers(step, Optional.empty()), conditioning, noise, Optional.empty());
    }

    private Transition sample(
            VelocityModel model,
            NDArray latents,
            GaussianStep numbers,
            Conditioning conditioning,
            NDArray noise,
            Optional<NDArray> past) {
        Require.sameShape("noise", noise, "latents", latents);
        NDArray mean = mean(model, latents, numbers, conditioning, past);
        try (NDArray added = Torch.scaled(noise, numbers.std())) {
            return transition(mean.add(added), mean, numbers);
        }
    }

    /**
     * Scores a step of a rollout. Gradients flow through the velocity, and through nothing that was stored.
     *
     * <p>Memory: {@code next} is the stored array; the others belong to the manager of the stored latents. Cost: one call of the
     * model.
     */
    public Transition replay(VelocityModel model, StoredStep stored, Conditioning conditioning) {
        return transition(stored.next(), mean(model, stored, conditioning), step(stored));
    }

    /**
     * Scores a step that was taken before and knew nothing of the step before it. Gradients flow through the velocity, not through
     * {@code next}.
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

    /** Returns the mean of a stored step under a model, such as the reference; owned by the manager of the stored latents. */
    public NDArray mean(VelocityModel model, StoredStep stored, Conditioning conditioning) {
        return mean(model, stored.latents(), step(stored), conditioning, stored.past());
    }

    /**
     * Returns the mean of step k under a model, if it knows nothing of the step before; owned by the manager of {@code latents}.
     *
     * @param latents x_k, shape (B, ...), float32
     */
    public NDArray mean(VelocityModel model, NDArray latents, int step, Conditioning conditioning) {
        return mean(model, latents, step(step), conditioning, Optional.empty());
    }

    private static NDArray mean(
            VelocityModel model,
            NDArray latents,
            GaussianStep numbers,
            Conditioning conditioning,
            Optional<NDArray> past) {
        try (NDArray velocity = model.velocity(latents, numbers.sigma(), conditioning)) {
            return numbers.mean(latents, velocity, past);
        }
    }

    private Transition transition(NDArray next, NDArray mean, GaussianStep numbers) {
        return new Transition(next, mean, numbers.std(), options.likelihood().logProb(mean, next, numbers));
    }

    /**
     * Walks the whole grid from noise, or what its tail leaves of it, without a graph, and keeps what training needs.
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
            TimeSchedule grid = options.ode().grid(schedule, plan.stochasticSteps());
            Trajectory trajectory = new Walk(grid, model, conditioning, plan, owner).from(initial);
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
        /** The schedule itself up to the end of the last stochastic step. */
        private final TimeSchedule grid;

        private final VelocityModel model;
        private final Conditioning conditioning;
        private final RolloutPlan plan;
        private final NDManager owner;
        private final List<StoredStep> stored = new ArrayList<>();
        private final List<NDArray> states = new ArrayList<>();

        Walk(TimeSchedule grid, VelocityModel model, Conditioning conditioning, RolloutPlan plan, NDManager owner) {
            this.grid = grid;
            this.model = model;
            this.conditioning = conditioning;
            this.plan = plan;
            this.owner = owner;
        }

        Trajectory from(NDArray initial) {
            int steps = grid.steps();
            NDArray x = initial.duplicate();
            x.attach(owner);
            List<NDArray> memory = List.of();
            for (int k = 0; k < steps; k++) {
                boolean kept = plan.stochasticSteps().contains(k);
                if (options.keepStates()) {
                    states.add(x);
                }
                OdeSolver.Step taken;
                try (NDManager scratch = owner.newSubManager()) {
                    // What the step computes lands where x is; a state that is stored comes back to its owner.
                    if (kept || options.keepStates() || isLastStored(x)) {
                        x.tempAttach(scratch);
                    } else {
                        x.attach(scratch);
                    }
                    memory.forEach(array -> array.attach(scratch));
                    taken = kept ? recorded(x, k, memory, scratch) : advanced(x, k, memory, scratch);
                    taken.next().attach(owner);
                    memory = k + 1 < steps ? taken.memory() : List.of();
                    memory.forEach(array -> array.attach(owner));
                }
                x = taken.next();
                if (!plan.listener().finished(k + 1, steps)) {
                    throw new CancellationException(
                            "The rollout was stopped after step %s of %s.".formatted(k + 1, steps));
                }
            }
            return new Trajectory(grid, stored, states, x, owner);
        }

        private boolean isLastStored(NDArray x) {
            return !stored.isEmpty() && stored.get(stored.size() - 1).next() == x;
        }

        private OdeSolver.Step recorded(NDArray x, int k, List<NDArray> memory, NDManager scratch) {
            Optional<NDArray> past = memory.stream()
                    .filter(data -> options.rule().continued(schedule, k).pastWeight() != 0)
                    .findFirst();
            GaussianStep numbers = numbers(k, past);
            NDArray noise = plan.noise().draw(scratch, x.getShape(), k);
            Transition own = sample(model, x, numbers, conditioning, noise, past);
            Optional<NDArray> shift = plan.guide() == DriftGuide.NONE
                    ? Optional.empty()
                    : plan.guide().shift(x, numbers.data(x, own.mean(), past), k, numbers);
            // The likelihood is that of the step without the guide, at the place where the guide has led.
            Transition taken = shift.map(by -> transition(own.next().add(by), own.mean(), numbers))
                    .orElse(own);
            taken.logProb().attach(owner);
            Optional<NDArray> mean = options.keepMeans() ? Optional.of(taken.mean()) : Optional.empty();
            mean.ifPresent(array -> array.attach(owner));
            Optional<NDArray> led = shift.map(by -> taken.mean().add(by));
            led.ifPresent(array -> array.attach(owner));
            past.ifPresent(array -> array.attach(owner));
            stored.add(new StoredStep(k, taken.std(), x, taken.next(), taken.logProb(), mean, led, past));
            return new OdeSolver.Step(
                    taken.next(), options.remembers() ? List.of(numbers.data(x, own.mean(), past)) : List.of());
        }

        private OdeSolver.Step advanced(NDArray x, int k, List<NDArray> memory, NDManager scratch) {
            boolean last = k == grid.steps() - 1;
            if (last && options.lastStep() == LastStep.NOISY && step(k).stochastic()) {
                NDArray noise = plan.noise().draw(scratch, x.getShape(), k);
                return new OdeSolver.Step(
                        sample(model, x, k, conditioning, noise).next(), List.of());
            }
            OdeSolver.Position at = new OdeSolver.Position(grid, k);
            return options.ode().solver(k, plan.stochasticSteps()).step(model, x, at, conditioning, memory);
        }
    }
}
