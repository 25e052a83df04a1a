package dev.sluice.configs;

import dev.sluice.configs.internal.NotEmpty;
import dev.sluice.configs.internal.Within;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.OdeSolver;
import dev.sluice.grpo.CriticGradient;
import dev.sluice.grpo.DriftGradient;
import dev.sluice.grpo.NoiseLearning;
import dev.sluice.grpo.RewardGradient;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.OdeSteps;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SlidingWindow;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.Stream;

/**
 * Which steps of a rollout are stochastic, and how. Of window, sliding and singular one may be there; without them all steps but
 * the last are.
 *
 * @param rule the stochastic step
 * @param noise its level: a of Flow-GRPO and CPS, η of Dance and DDIM; {@code wan}, {@code table}, {@code sde-dpm}, {@code ode} and {@code stored} have none and ignore it
 * @param diffusions g of every step, for the rule {@code table} alone
 * @param window a window of steps at a random place
 * @param sliding a window of steps that moves from iteration to iteration
 * @param singular one step in a rollout, each of these in its turn
 * @param learned makes the noise learn with the policy, from the rule's own on
 * @param rewardGradient leads stochastic steps to where the reward rises
 * @param criticGradient leads stochastic steps to where the critic's value rises
 * @param order of the rule {@code sde-dpm} alone; 2 if left out
 * @param form of its second order; midpoint if left out
 * @param solver the method of the steps that are not stochastic; euler if left out
 * @param tail fewer and longer steps after the last stochastic one
 */
public record ExplorationChoice(
        Rule rule,
        @Within(above = 0, most = 10) double noise,
        @NotEmpty @Within(above = 0, most = 1000) Optional<List<Double>> diffusions,
        Optional<Window> window,
        Optional<Sliding> sliding,
        @NotEmpty @Within(least = 0, most = 998) Optional<List<Integer>> singular,
        Optional<Learned> learned,
        Optional<RewardGradient> rewardGradient,
        Optional<CriticGradient> criticGradient,
        @Within(least = 1, most = 2) Optional<Integer> order,
        Optional<OdeSolver.DpmSolver2M.Form> form,
        Optional<EvaluationChoice.Solver> solver,
        Optional<TailChoice> tail) {
    /** The stochastic steps by their names in run files. */
    public enum Rule {
        /** Flow-GRPO's SDE. */
        FLOW_SDE(SdeRule.FlowGrpo::new),
        /** DanceGRPO's SDE. */
        DANCE(SdeRule.Dance::new),
        /** Flow-GRPO's SDE for Wan. */
        WAN(noise -> new SdeRule.Wan()),
        /** No step is stochastic: samples follow the ODE, for objectives that learn from finished samples. */
        ODE(noise -> new SdeRule.Dance(0)),
        /** Nothing is sampled: the training prompts come with pairs of pictures that were made and compared before. */
        STORED(noise -> new SdeRule.Dance(0)),
        /** Coefficient-preserving steps of Flow-CPS. */
        CPS(SdeRule.Cps::new),
        /** DDIM with η. */
        DDIM(SdeRule.Ddim::new),
        /** SDE-DPM-Solver++, of first or second order. */
        SDE_DPM(noise -> new SdeRule.SdeDpm(2)),
        /** A diffusion for each step, such as DenseGRPO's calibrated one. */
        TABLE(noise -> new SdeRule.Table(List.of()));

        @SuppressWarnings("ImmutableEnumChecker") // constructors have no state
        private final DoubleFunction<SdeRule> rule;

        Rule(DoubleFunction<SdeRule> rule) {
            this.rule = rule;
        }
    }

    /**
     * A window of stochastic steps that starts anywhere with its whole length in [from, to).
     *
     * @param size steps in it
     * @param from first step it may hold, counted from 0
     * @param to one past the last step it may hold; at most steps − 1
     */
    public record Window(
            @Within(least = 1) int size,
            @Within(least = 0) int from,
            @Within(least = 1) int to) {
        public Window {
            new ExplorationSchedule.RandomWindow(size, from, to);
        }
    }

    /**
     * A window of stochastic steps that moves from high to low noise in the course of the run, and begins again.
     *
     * @param size steps in it
     * @param from first step it may hold, counted from 0
     * @param to one past the last step it may hold; at most steps − 1
     * @param stride steps that it moves at a time
     * @param every iterations that it stays
     * @param decay how much shorter it stays the further it is; the same time everywhere if left out
     */
    public record Sliding(
            @Within(least = 1) int size,
            @Within(least = 0) int from,
            @Within(least = 1) int to,
            @Within(least = 1) int stride,
            @Within(least = 1) int every,
            Optional<Decay> decay) {
        /**
         * The time shrinks by exp(−rate) with every step.
         *
         * @param rate how fast
         * @param after windows that begin no later stay the whole time
         */
        public record Decay(
                @Within(least = 0) double rate,
                @Within(least = 0) int after) {}

        public Sliding {
            new SlidingWindow(size, from, to, stride, SlidingWindow.Dwell.constant(every));
        }

        private SlidingWindow window() {
            return new SlidingWindow(
                    size,
                    from,
                    to,
                    stride,
                    decay.map(d -> new SlidingWindow.Dwell(every, d.rate(), d.after()))
                            .orElse(SlidingWindow.Dwell.constant(every)));
        }
    }

    /**
     * Noise that learns with the policy: ReinFlow.
     *
     * @param least its lower bound, as a diffusion
     * @param most its upper bound
     * @param learningRate its step size
     * @param entropy how much noise is liked for itself
     * @param narrowing how the upper bound falls; it stays if left out
     */
    public record Learned(
            @Within(above = 0, most = 100) double least,
            @Within(above = 0, most = 100) double most,
            @Within(above = 0) double learningRate,
            @Within(least = 0) double entropy,
            Optional<Narrowing> narrowing) {
        /**
         * The upper bound falls.
         *
         * @param from iteration in which it begins
         * @param to iteration in which it ends
         */
        public record Narrowing(
                @Within(least = 0) int from,
                @Within(least = 1) int to) {}

        public Learned {
            learning(least, most, learningRate, entropy, narrowing);
        }

        private static NoiseLearning learning(
                double least, double most, double learningRate, double entropy, Optional<Narrowing> narrowing) {
            return new NoiseLearning(
                    least,
                    most,
                    entropy,
                    narrowing.map(way -> new NoiseLearning.Narrowing(way.from(), way.to())),
                    new AdamW.Options(learningRate, 0.9, 0.999, 1e-8, 0, 1));
        }

        /** Returns the trainer's choice. */
        public NoiseLearning learning() {
            return learning(least, most, learningRate, entropy, narrowing);
        }
    }

    public ExplorationChoice {
        // The rules and solvers know their ranges; the values are made again when they are asked for.
        Objects.requireNonNull(rule.rule.apply(noise));
        Objects.requireNonNull(odeSteps(solver, tail));
        if (diffusions.isPresent() != (rule == Rule.TABLE)) {
            throw new IllegalArgumentException(
                    diffusions.isPresent()
                            ? "diffusions (%s) must go with rule: table; other rules know their own.%nMaybe leave it out."
                                    .formatted(diffusions.get())
                            : "rule (table) must have diffusions, one for each step.%nMaybe write diffusions: [1.0, ...]."
                                    .formatted());
        }
        requireOrder(rule, order, form);
        if (rewardGradient.isPresent() && criticGradient.isPresent()) {
            throw new IllegalArgumentException(
                    "rewardGradient and criticGradient both lead; one of them must go.%nMaybe write rewardGradient: null."
                            .formatted());
        }
        long schedules =
                Stream.of(window, sliding, singular).filter(Optional::isPresent).count();
        boolean steps = rule != Rule.ODE && rule != Rule.STORED;
        if (!steps && schedules > 0) {
            throw new IllegalArgumentException(
                    "rule (%s) has no stochastic steps, but window, sliding or singular says which they are.%nMaybe write null for it, or rule: flow-sde."
                            .formatted(word(rule)));
        }
        if (schedules > 1) {
            throw new IllegalArgumentException(
                    "window, sliding and singular each say which steps are stochastic; one of them may be there.%nMaybe leave out the others."
                            .formatted());
        }
        if (tail.isPresent() && schedules == 0) {
            throw new IllegalArgumentException(
                    "tail has fewer steps after the last stochastic one, but without window, sliding or singular there are none after it to spare.%nMaybe write window: {size: 2, from: 0, to: 4}, or leave tail out."
                            .formatted());
        }
    }

    private static void requireOrder(Rule rule, Optional<Integer> order, Optional<OdeSolver.DpmSolver2M.Form> form) {
        if (rule != Rule.SDE_DPM && (order.isPresent() || form.isPresent())) {
            throw new IllegalArgumentException(
                    "order and form must go with rule: sde-dpm; the rule %s has neither.%nMaybe leave them out."
                            .formatted(word(rule)));
        }
        if (form.isPresent() && order.filter(one -> one == 1).isPresent()) {
            throw new IllegalArgumentException(
                    "form (%s) must go with order: 2, because the first order has one form alone.%nMaybe leave it out."
                            .formatted(form.get().name().toLowerCase(Locale.ROOT)));
        }
    }

    private static OdeSteps odeSteps(Optional<EvaluationChoice.Solver> solver, Optional<TailChoice> tail) {
        return new OdeSteps(
                solver.map(EvaluationChoice.Solver::solver).orElseGet(OdeSolver.Euler::new),
                tail.map(TailChoice::tail));
    }

    /** Returns how the steps that are not stochastic are taken. */
    public OdeSteps odeSteps() {
        return odeSteps(solver, tail);
    }

    private static String word(Rule rule) {
        return rule.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Returns what leads stochastic steps, if something does. */
    public Optional<DriftGradient> gradient() {
        return rewardGradient.<DriftGradient>map(led -> led).or(() -> criticGradient);
    }

    /** Returns the stochastic step. */
    public SdeRule sdeRule() {
        if (rule == Rule.SDE_DPM) {
            return new SdeRule.SdeDpm(order.orElse(2), form.orElse(OdeSolver.DpmSolver2M.Form.MIDPOINT));
        }
        return diffusions.<SdeRule>map(SdeRule.Table::new).orElseGet(() -> rule.rule.apply(noise));
    }

    /**
     * Returns which steps are stochastic.
     *
     * @param steps of the grid
     * @throws IllegalArgumentException if a window, a step or the table does not fit
     */
    public ExplorationSchedule steps(int steps) {
        if (diffusions.isPresent() && diffusions.get().size() != steps) {
            throw new IllegalArgumentException(
                    "exploration.diffusions has %s entries but sampling.steps is %s; they must be equal."
                            .formatted(diffusions.get().size(), steps));
        }
        window.ifPresent(w -> fit("window.to", w.to(), steps - 1, steps));
        sliding.ifPresent(w -> fit("sliding.to", w.to(), steps - 1, steps));
        singular.ifPresent(list -> list.forEach(step -> fit("singular", step, steps - 2, steps)));
        rewardGradient.ifPresent(led -> fit("rewardGradient.to", led.to(), steps - 1, steps));
        criticGradient.ifPresent(led -> fit("criticGradient.to", led.to(), steps - 1, steps));
        if (rule == Rule.ODE || rule == Rule.STORED) {
            return new ExplorationSchedule.None();
        }
        return window.<ExplorationSchedule>map(w -> new ExplorationSchedule.RandomWindow(w.size(), w.from(), w.to()))
                .or(() -> sliding.map(Sliding::window))
                .or(() -> singular.map(ExplorationSchedule.Singular::new))
                .orElseGet(ExplorationSchedule.AllButLast::new);
    }

    private static void fit(String key, int value, int most, int steps) {
        if (value > most) {
            throw new IllegalArgumentException(
                    "exploration.%s (%s) must be at most %s, because the last of %s steps is not trained."
                            .formatted(key, value, most, steps));
        }
    }
}
