package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.Replica;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.LastStep;
import dev.sluice.sde.Likelihood;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Trajectory;
import dev.sluice.sde.Transition;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RatioRuleTest {
    private static final SdeOptions WITH_MEANS =
            new SdeOptions(new SdeRule.FlowGrpo(0.7), Likelihood.GAUSSIAN_MEAN, LastStep.ODE, true);

    static List<RatioRule> rules() {
        return List.of(new RatioRule.Plain(), new RatioRule.Normalised(), new RatioRule.OnPolicy());
    }

    private final NDManager manager = Torch.newManager();

    @AfterEach
    void close() {
        manager.close();
    }

    private static double[] doubles(NDArray array) {
        float[] floats = array.toFloatArray();
        double[] values = new double[floats.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = floats[i];
        }
        return values;
    }

    /** The numbers of algorithms.md, H.1: a policy change of (0.01, −0.02, 0.03, 0) in the velocity. */
    @Test
    void equalsThePublishedNumbersOfOneStep() {
        SdeSampler sampler = new SdeSampler(WITH_MEANS, TimeSchedule.of(0.96, 0.7, 0.5, 0));
        NDArray x = manager.create(new double[] {0.5, -1, 0.25, 2}).reshape(1, 4);
        NDArray noise = manager.create(new double[] {0.1, -0.2, 0.3, -0.4}).reshape(1, 4);
        Transition old = sampler.sample(constant(-0.3, 0.8, -1.2, 0.1), x, 1, null, noise);
        StoredStep stored = new StoredStep(1, old.std(), x, old.next(), old.logProb(), Optional.of(old.mean()));
        Transition now = sampler.replay(constant(-0.29, 0.78, -1.17, 0.1), x, 1, null, old.next());
        double plain = new RatioRule.Plain().logRatio(now, stored).toDoubleArray()[0];
        double normalised = new RatioRule.Normalised().logRatio(now, stored).toDoubleArray()[0];
        assertThat(Math.exp(plain)).isEqualTo(0.998131804, Offset.offset(1e-9));
        assertThat(Math.exp(normalised)).isEqualTo(0.999128880, Offset.offset(1e-9));
        // The definition, with the bias 4.744974490e-5.
        assertThat(normalised).isEqualTo(0.478191036 * (plain + 4.744974490e-5), Offset.offset(1e-10));
    }

    private VelocityModel constant(double... velocity) {
        return (x, sigmas, c) -> manager.create(velocity).reshape(1, velocity.length);
    }

    /** Over the noise of the rollout the plain log-ratio has the mean −b, the normalised one 0. */
    @Test
    void normalisingTakesTheBiasAway() {
        int samples = 2000;
        int size = 8;
        SdeSampler sampler = new SdeSampler(WITH_MEANS, TimeSchedule.of(0.96, 0.7, 0.5, 0));
        NDArray x = manager.zeros(new Shape(samples, size));
        NDArray noise = NoiseSource.of(11).gaussian(manager, new Shape(samples, size));
        Transition old = sampler.sample((l, s, c) -> l.duplicate(), x, 1, null, noise);
        StoredStep stored = new StoredStep(1, old.std(), x, old.next(), old.logProb(), Optional.of(old.mean()));
        Transition now = sampler.replay((l, s, c) -> l.add(1f), x, 1, null, old.next());
        double shift = sampler.step(1).velocityWeight();
        double bias = shift * shift / (2 * old.std() * old.std());
        double spread = Math.abs(shift) / Math.sqrt(size);
        double[] plain = doubles(new RatioRule.Plain().logRatio(now, stored));
        double[] normalised = doubles(new RatioRule.Normalised().logRatio(now, stored));
        double error = spread / Math.sqrt(samples);
        assertThat(Moments.of(plain).mean()).isEqualTo(-bias, Offset.offset(4 * error / old.std()));
        assertThat(Moments.of(normalised).mean()).isEqualTo(0, Offset.offset(4 * error));
        assertThat(Moments.of(normalised).deviation(0)).isEqualTo(spread, Offset.offset(0.08 * spread));
        assertThat(bias)
                .as("which the first line would not see if it were small")
                .isGreaterThan(20 * error / old.std());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void unchangedWeightsGiveRatioOneAndTheGradientIsTheFiniteDifference(RatioRule rule) {
        SdeSampler sampler = new SdeSampler(WITH_MEANS, GaussianWorld.SCHEDULE);
        SampleNoise noise = new SampleNoise(5, 0, LongStream.range(0, 6).boxed().toList());
        try (GaussianWorld world = new GaussianWorld(0.5, 0.1f, -0.2f)) {
            Conditioning none = GaussianWorld.encode(world.manager, Collections.nCopies(6, ""));
            NDArray initial = noise.initial(world.manager, new Shape(GaussianWorld.SIZE));
            try (Trajectory trajectory =
                    sampler.rollout(world.policy.current(), initial, none, RolloutPlan.of(List.of(1, 3), noise))) {
                StoredStep step = trajectory.steps().get(1);
                Transition same = sampler.replay(world.policy.current(), step.latents(), 3, none, step.next());
                assertThat(rule.logRatio(same, step).toFloatArray()).containsOnly(0f);
                for (int i = 0; i < 2; i++) {
                    float[] theta = {0.16f, -0.13f};
                    world.trainable.zeroGradients();
                    move(world, theta);
                    try (Torch.Scope on = Torch.withGradient();
                            Replica replica = world.trainable.replica(world.manager)) {
                        VelocityModel model = world.velocity(replica.weights());
                        Transition now = sampler.replay(model, step.latents(), 3, none, step.next());
                        Torch.backward(rule.logRatio(now, step).sum());
                        world.trainable.pullBack(replica);
                    }
                    double gradient = world.trainable.gradients().get("theta").toFloatArray()[i];
                    // Without a ratio the value stands still and the gradient is that of the log-probability.
                    RatioRule valued = rule instanceof RatioRule.OnPolicy ? new RatioRule.Plain() : rule;
                    theta[i] += 2e-3f;
                    move(world, theta);
                    double up = sum(valued, sampler, world, step, none);
                    theta[i] -= 4e-3f;
                    move(world, theta);
                    double down = sum(valued, sampler, world, step, none);
                    double difference = (up - down) / 4e-3;
                    assertThat(gradient)
                            .as("%s, theta[%s]", rule, i)
                            .isEqualTo(difference, Offset.offset(0.01 * Math.abs(difference) + 1e-3));
                    assertThat(Math.abs(difference)).isGreaterThan(0.01);
                }
            }
        }
    }

    private static double sum(
            RatioRule rule, SdeSampler sampler, GaussianWorld world, StoredStep step, Conditioning none) {
        Transition now = sampler.replay(world.policy.current(), step.latents(), 3, none, step.next());
        double sum = 0;
        for (double value : doubles(rule.logRatio(now, step))) {
            sum += value;
        }
        return sum;
    }

    private static void move(GaussianWorld world, float... theta) {
        world.trainable.fold(Map.of("theta", world.manager.create(theta)));
    }

    @Test
    void everyRuleReachesTheRewardsOptimum() {
        for (RatioRule rule : rules()) {
            GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.05, 0, KlForm.EXACT), 1);
            boolean guard = rule instanceof RatioRule.Normalised;
            Objective objective = new PolicyGradient(
                    rule,
                    new PolicyLoss.PpoClip(ClipRule.symmetric(0.05)),
                    List.of(),
                    guard ? StepWeight.INVERSE_LENGTH : StepWeight.ONE,
                    new StepSelection.All());
            GrpoOptions options = new GrpoOptions(
                    base.batch(),
                    new GrpoOptions.Rollout(
                            WITH_MEANS, GaussianWorld.SCHEDULE, base.rollout().exploration()),
                    base.signal(),
                    objective,
                    updates(rule instanceof RatioRule.OnPolicy ? 1 : 2),
                    1);
            try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                    GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options)) {
                IterationReport report = null;
                for (int i = 0; i < 45; i++) {
                    report = trainer.iterate();
                    assertThat(report.ratioDeviationBeforeUpdate()).isZero();
                }
                assertThat(report.metrics().keySet().stream().filter(name -> name.matches("ratio\\.step\\.\\d\\.mean")))
                        .containsExactly(
                                "ratio.step.0.mean",
                                "ratio.step.1.mean",
                                "ratio.step.2.mean",
                                "ratio.step.3.mean",
                                "ratio.step.4.mean");
                boolean plain = rule instanceof RatioRule.Plain;
                assertThat(report.metrics().containsKey("clip.plain.step.4")).isEqualTo(!plain);
                assertThat(world.distribution(512)[0]).as("%s", rule).isEqualTo(0.8, Offset.offset(0.12));
            }
        }
    }

    private static GrpoOptions.Updates updates(int perIteration) {
        return new GrpoOptions.Updates(
                perIteration,
                1,
                RateSchedule.CONSTANT,
                3,
                new AdamW.Options(0.05, 0.9, 0.999, 1e-8, 0, 1),
                Ema.Options.FLOW_GRPO);
    }

    @Test
    void whatARuleHasNoMeaningWithIsRefused() {
        GrpoOptions.Updates one = updates(1);
        RatioRule normalised = new RatioRule.Normalised();
        assertThatThrownBy(() -> normalised.check(new SdeOptions(new SdeRule.FlowGrpo(0.7)), one))
                .hasMessageContaining("needs the means of the rollout");
        SdeOptions cps = new SdeOptions(new SdeRule.Cps(0.7), Likelihood.QUADRATIC, LastStep.ODE, true);
        assertThatThrownBy(() -> normalised.check(cps, one)).hasMessageContaining("needs the density of a Gaussian");
        assertThatThrownBy(() -> new RatioRule.OnPolicy().check(WITH_MEANS, updates(2)))
                .hasMessageContaining("An iteration has 2 updates");
        normalised.check(WITH_MEANS, updates(2));
        new RatioRule.OnPolicy().check(cps, one);
        Objective guard = new PolicyGradient(
                normalised,
                new PolicyLoss.PpoClip(ClipRule.symmetric(2e-6)),
                List.of(),
                StepWeight.INVERSE_LENGTH,
                new StepSelection.All());
        assertThatThrownBy(() -> GaussianWorld.options(0.1, guard, 1)).hasMessageContaining("Maybe set keepMeans");
    }

    /** The same update, seen in both ratios: the plain ones lie below 1 and spread by step, the normalised ones do not. */
    @Test
    void metricsShowWhatNormalisingChanges() {
        GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.05, 0, KlForm.EXACT), 1);
        Objective guard = new PolicyGradient(
                new RatioRule.Normalised(),
                new PolicyLoss.PpoClip(ClipRule.none()),
                List.of(),
                StepWeight.INVERSE_LENGTH,
                new StepSelection.All());
        GrpoOptions options = new GrpoOptions(
                GrpoOptions.Batch.of(2, 512, 512),
                new GrpoOptions.Rollout(
                        WITH_MEANS, GaussianWorld.SCHEDULE, base.rollout().exploration()),
                base.signal(),
                guard,
                new GrpoOptions.Updates(
                        2,
                        1,
                        RateSchedule.CONSTANT,
                        3,
                        new AdamW.Options(0.5, 0.9, 0.999, 1e-8, 0, 1),
                        Ema.Options.FLOW_GRPO),
                1);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = world.trainer(GaussianWorld.nearness(0.8), options)) {
            UpdateReport first = trainer.iterate().updates().get(0);
            assertThat(first.ratios()).allMatch(step -> step.mean() == 1 && step.deviation() == 0);
            assertThat(first.plainRatios()).allMatch(step -> step.mean() == 1 && step.deviation() == 0);
            UpdateReport second = trainer.iterate().updates().get(1);
            assertThat(spread(second.plainRatios())).isGreaterThan(1.5 * spread(second.ratios()));
            for (int k = 0; k < 5; k++) {
                // E ln ρ is 0, so E ρ is 1 + half the variance of ln ρ.
                StepRatios step = second.ratios().get(k);
                double variance = step.deviation() * step.deviation();
                assertThat(step.mean())
                        .as("step %s", k)
                        .isEqualTo(1 + variance / 2, Offset.offset(4 * step.deviation() / Math.sqrt(512) + variance));
            }
        }
    }

    /** Greatest over least deviation of the steps' ratios. */
    private static double spread(List<StepRatios> ratios) {
        double[] deviations =
                ratios.stream().mapToDouble(StepRatios::deviation).sorted().toArray();
        return deviations[deviations.length - 1] / deviations[0];
    }
}
