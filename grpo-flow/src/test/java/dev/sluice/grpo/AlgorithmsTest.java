package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.WeightedSum;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.GaussianStep;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.LastStep;
import dev.sluice.sde.Likelihood;
import dev.sluice.sde.OdeSteps;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.SlidingWindow;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whole algorithms, each with its published choice on every axis, on a world whose optimum is known. */
class AlgorithmsTest {
    private static final GroupAdvantage.ZScore FLOW = new GroupAdvantage.ZScore(0, 1e-4, GroupAdvantage.Scope.GROUP);
    private static final GroupAdvantage.ZScore DANCE = GroupAdvantage.DANCE_GRPO;
    private static final ExplorationSchedule ALL = new ExplorationSchedule.AllButLast();

    /** An algorithm by its name. */
    private record Algorithm(String name, GrpoOptions options) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static PolicyGradient gradient(RatioRule ratio, StepWeight weight, double fraction, Anchor... anchors) {
        return new PolicyGradient(
                ratio,
                new PolicyLoss.PpoClip(ClipRule.symmetric(0.05)),
                List.of(anchors),
                weight,
                fraction == 1 ? new StepSelection.All() : new StepSelection.RandomFraction(fraction));
    }

    private static Algorithm algorithm(
            String name, boolean sharedNoise, GrpoOptions.Rollout rollout, GrpoOptions.Signal signal, Objective loss) {
        boolean critic = signal.critic().asked();
        return new Algorithm(
                name,
                new GrpoOptions(
                        new GrpoOptions.Batch(4, 16, 32, sharedNoise, false, List.of()),
                        rollout,
                        signal,
                        loss,
                        GaussianWorld.options(0.05, Objective.flowGrpo(0.05, 0, KlForm.EXACT), 1)
                                .updates(),
                        critic
                                ? Optional.of(
                                        new CriticLearning(16, 4, 0, new AdamW.Options(0.01, 0.9, 0.999, 1e-8, 0, 1)))
                                : Optional.empty(),
                        1));
    }

    private static GrpoOptions.Rollout rollout(SdeRule rule, ExplorationSchedule steps) {
        return new GrpoOptions.Rollout(
                new SdeOptions(rule, rule.likelihood(), LastStep.ODE, true), GaussianWorld.SCHEDULE, steps);
    }

    private static OdeSteps flash(OdeSolver before) {
        return new OdeSteps(before, Optional.of(new OdeSteps.Tail(new OdeSolver.DpmSolver2M(), 0.4)));
    }

    private static GrpoOptions.Signal signal(Credit credit, GroupAdvantage advantage, Combination combination) {
        return new GrpoOptions.Signal(credit, advantage, combination, 0, 5, true);
    }

    static Stream<Algorithm> algorithms() {
        RatioRule plain = new RatioRule.Plain();
        Credit outcome = new Credit.Broadcast();
        SdeRule flow = new SdeRule.FlowGrpo(0.7);
        CriticGradient led = new CriticGradient(0.05, false, true, 2, 5);
        return Stream.of(
                algorithm(
                        "DanceGRPO",
                        true,
                        rollout(new SdeRule.Dance(0.5), ALL),
                        signal(outcome, DANCE, Combination.ADVANTAGE_SUM),
                        gradient(plain, StepWeight.ONE, 0.6)),
                algorithm(
                        "MixGRPO",
                        true,
                        rollout(flow, new SlidingWindow(2, 0, 4, 1, SlidingWindow.Dwell.constant(3))),
                        signal(outcome, DANCE, Combination.ADVANTAGE_SUM),
                        gradient(plain, StepWeight.ONE, 1)),
                algorithm(
                        "MixGRPO-Flash",
                        true,
                        new GrpoOptions.Rollout(
                                new SdeOptions(
                                        flow,
                                        flow.likelihood(),
                                        LastStep.ODE,
                                        false,
                                        false,
                                        flash(new OdeSolver.Euler())),
                                GaussianWorld.SCHEDULE,
                                new SlidingWindow(2, 0, 4, 1, SlidingWindow.Dwell.constant(3))),
                        signal(outcome, DANCE, Combination.ADVANTAGE_SUM),
                        gradient(plain, StepWeight.ONE, 1)),
                algorithm(
                        "SDE-DPM-Solver++ in a window",
                        true,
                        new GrpoOptions.Rollout(
                                new SdeOptions(
                                        new SdeRule.SdeDpm(2),
                                        Likelihood.GAUSSIAN_MEAN,
                                        LastStep.ODE,
                                        true,
                                        false,
                                        flash(new OdeSolver.DpmSolver2M())),
                                GaussianWorld.SCHEDULE,
                                new ExplorationSchedule.RandomWindow(3, 0, 4)),
                        signal(outcome, FLOW, Combination.REWARD_SUM),
                        gradient(
                                new RatioRule.Normalised(), StepWeight.ONE, 1, new Anchor.KlGauss(1e-4, KlForm.EXACT))),
                algorithm(
                        "GRPO-Guard",
                        false,
                        rollout(flow, ALL),
                        signal(outcome, FLOW, Combination.REWARD_SUM),
                        gradient(new RatioRule.Normalised(), StepWeight.INVERSE_LENGTH, 1)),
                algorithm(
                        "Pref-GRPO",
                        true,
                        rollout(flow, ALL),
                        signal(outcome, new GroupAdvantage.WinRate(0, DANCE), Combination.GDPO),
                        gradient(new RatioRule.Normalised(), StepWeight.INVERSE_LENGTH, 0.6)),
                algorithm(
                        "TP-GRPO",
                        false,
                        rollout(new SdeRule.Cps(0.7), new ExplorationSchedule.RandomWindow(5, 0, 5)),
                        signal(TurningPoint.TP_GRPO, FLOW, Combination.REWARD_SUM),
                        gradient(plain, StepWeight.ONE, 1, new Anchor.KlGauss(1e-4, KlForm.EXACT))),
                algorithm(
                        "VGPO",
                        false,
                        rollout(flow, ALL),
                        new GrpoOptions.Signal(
                                new Credit.Cumulative(0.99),
                                new GroupAdvantage.AbsoluteValue(FLOW, 0.1, 5, 0),
                                Combination.REWARD_SUM,
                                0,
                                5,
                                true,
                                new Completion(1),
                                List.of(1)),
                        gradient(plain, StepWeight.ONE, 1, new Anchor.KlGauss(1e-3, KlForm.EXACT))),
                algorithm(
                        "Euphonium",
                        true,
                        new GrpoOptions.Rollout(
                                new SdeOptions(new SdeRule.Dance(0.5)),
                                GaussianWorld.SCHEDULE,
                                ALL,
                                Optional.of(led),
                                Optional.empty(),
                                false),
                        new GrpoOptions.Signal(
                                outcome,
                                DANCE,
                                Combination.REWARD_SUM,
                                0,
                                5,
                                new SampleSelection(true, Optional.empty()),
                                Completion.WHOLE,
                                List.of(1),
                                new CriticLearning.Steps(false, 1)),
                        gradient(plain, StepWeight.ONE, 0.6, new Anchor.Led(1e-3))));
    }

    /** Rewards fall from 1 where a sample is what is wanted, so that all are above 0, as VGPO needs. */
    private static Reward nearness() {
        return new WeightedSum(List.of(new WeightedSum.Part(
                "near",
                GaussianWorld.each(sample -> {
                    double sum = 0;
                    for (float value : GaussianWorld.values(sample.media())) {
                        sum += (value - 0.8) * (value - 0.8);
                    }
                    return Math.exp(-sum / GaussianWorld.SIZE);
                }),
                1)));
    }

    @ParameterizedTest
    @MethodSource("algorithms")
    void theMeanMovesToTheRewardsOptimum(Algorithm algorithm) {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(nearness(), algorithm.options)) {
            IterationReport last = null;
            for (int i = 0; i < 40; i++) {
                last = trainer.iterate();
                assertThat(last.ratioDeviationBeforeUpdate()).isZero();
            }
            assertThat(world.distribution(512)[0]).isBetween(0.5, 1.1);
            assertThat(last.metrics()).doesNotContainValue(Double.NaN);
        }
    }

    /**
     * One step with noise and a reward that is the mean of the sample: the policy gradient on it is b·c·w·(1 − 1/G)/D, the divergence's
     * is β·b²·θ/s², where x' = a·x + b·(v + θ) + s·n, c carries a shift of x' on to the sample, and w is what a difference in
     * rewards is multiplied by. They are in balance at θ = c·w·s²·(1 − 1/G)/(D·β·b).
     */
    @Test
    void theDivergenceStopsThePolicyAtTheClosedForm() {
        TimeSchedule two = new TimeSchedule.Uniform(2);
        SdeSampler sampler = new SdeSampler(new SdeRule.Dance(1), two);
        GaussianStep step = sampler.step(0);
        double variance = 0.25;
        double spread = 0.25 * variance + 0.25;
        double carried = 1 - 0.5 * (0.5 - 0.5 * variance) / spread;
        double weight = 1e-3;
        double divergence = 3e-4;
        double expected = carried * weight * step.std() * step.std() * 15 / 16 / 3 / divergence / step.velocityWeight();
        GrpoOptions options = new GrpoOptions(
                GrpoOptions.Batch.of(4, 16, 32),
                new GrpoOptions.Rollout(new SdeOptions(new SdeRule.Dance(1)), two, ALL),
                // The deviation hardly counts beside 1000, so that an advantage is a thousandth of what the reward is
                // above the mean.
                signal(
                        new Credit.Broadcast(),
                        new GroupAdvantage.ZScore(0, 1 / weight, GroupAdvantage.Scope.GROUP),
                        Combination.REWARD_SUM),
                Objective.flowGrpo(1, divergence, KlForm.EXACT),
                new GrpoOptions.Updates(
                        1,
                        1,
                        RateSchedule.CONSTANT,
                        3,
                        new AdamW.Options(0.02, 0.9, 0.99, 1e-8, 0, 1),
                        Ema.Options.FLOW_GRPO),
                1);
        Reward mean = GaussianWorld.each(sample -> {
            double sum = 0;
            for (float value : GaussianWorld.values(sample.media())) {
                sum += value;
            }
            return sum / GaussianWorld.SIZE;
        });
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(mean, options)) {
            double sum = 0;
            for (int i = 0; i < 220; i++) {
                trainer.iterate();
                sum += i < 60 ? 0 : world.theta()[0] / 160;
            }
            assertThat(expected).isBetween(-0.5, -0.3);
            assertThat(sum).isEqualTo(expected, Offset.offset(0.05));
        }
    }

    /** PRDP joins the steps of a sample and the samples of a prompt, so the loss of all is what is differentiated. */
    @Test
    void theGradientOfRewardDifferencesIsTheFiniteDifference() {
        RewardDifference objective = new RewardDifference(0.5, 0.02);
        double[] rewards = {1, 0.2, -0.4, 2, 0, 0.5, 0.5, -1};
        try (GaussianWorld world = new GaussianWorld(0.5, 0.1f, -0.2f)) {
            SdeSampler sampler = new SdeSampler(new SdeRule.FlowGrpo(0.7), GaussianWorld.SCHEDULE);
            SampleNoise noise =
                    new SampleNoise(5, 0, LongStream.range(0, 8).boxed().toList());
            NDArray initial = noise.initial(world.manager, new Shape(GaussianWorld.SIZE));
            Conditioning none = GaussianWorld.encode(world.manager, Collections.nCopies(8, ""));
            // The policy that sampled is not the reference, or nothing would tell the two apart.
            move(world, 0.13f, -0.17f);
            Chunk chunk = new Chunk(
                    0,
                    none,
                    sampler.rollout(world.policy.current(), initial, none, RolloutPlan.of(List.of(0, 2, 4), noise)),
                    true);
            Judged judged = new Judged(
                    0,
                    List.of(chunk),
                    rewards,
                    new Advantages(new double[8][1]),
                    Groups.consecutive(2, 4),
                    GrpoOptions.Signal.FLOW_GRPO.keepingZero());
            TrajectoryTeacher teacher = new TrajectoryTeacher(objective, world.policy, sampler, world.lanes);
            try (AdamW optimiser = new AdamW(world.manager, world.trainable.parameters(), AdamW.Options.FLOW_GRPO);
                    Ema ema = new Ema(world.manager, world.trainable.parameters(), Ema.Options.FLOW_GRPO)) {
                PolicyUpdate update =
                        new PolicyUpdate(world.manager, world.lanes, world.policy, optimiser, ema, Optional.empty());
                Course course = teacher.course(judged);
                loss(course, update); // the first update's log-probabilities are the rollout's
                float[] at = {0.16f, -0.13f};
                move(world, at[0], at[1]);
                loss(course, update);
                float[] gradient = world.trainable.gradients().get("theta").toFloatArray();
                for (int i = 0; i < 2; i++) {
                    double[] around = new double[2];
                    for (int side = 0; side < 2; side++) {
                        float[] theta = at.clone();
                        theta[i] += side == 0 ? 1e-3f : -1e-3f;
                        move(world, theta[0], theta[1]);
                        around[side] = loss(course, update);
                    }
                    double difference = (around[0] - around[1]) / 2e-3;
                    assertThat((double) gradient[i])
                            .as("theta[%s]", i)
                            .isEqualTo(difference, Offset.offset(0.01 * Math.abs(difference) + 1e-3));
                    assertThat(Math.abs(difference)).isGreaterThan(0.02);
                }
            }
        }
    }

    private static double loss(Course course, PolicyUpdate update) {
        update.begin();
        return update.accumulate(course.portions(new int[] {0}, NoiseSource.of(1))).stream()
                .mapToDouble(MicroStep::loss)
                .average()
                .orElseThrow();
    }

    private static void move(GaussianWorld world, float offset, float slope) {
        world.trainable.fold(Map.of("theta", world.manager.create(new float[] {offset, slope})));
    }
}
