package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.grpo.MatchingLoss.Errors;
import dev.sluice.grpo.MatchingLoss.Ratios;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatchingLossTest {
    private static final int LEVELS = 2;
    private static final int SAMPLES = 3;
    private static final int SIZE = 4 * 5 * 6;
    private static final PolicyLoss CLIP = new PolicyLoss.PpoClip(ClipRule.symmetric(0.2));

    /** One of the reference's runs: its weighting, what its ratios are of, its anchors and its limit of advantages. */
    record Case(
            String name,
            MatchingLikelihood likelihood,
            Ratios ratios,
            VelocityDistance kl,
            VelocityDistance ema,
            double klWeight,
            double emaWeight,
            double scale) {}

    static List<Case> cases() {
        return List.of(
                new Case(
                        "uniform",
                        new MatchingLikelihood.SigmaPower(0),
                        Ratios.OF_SAMPLES,
                        VelocityDistance.ELBO,
                        VelocityDistance.UNIFORM,
                        0.4,
                        0.3,
                        1),
                new Case(
                        "t",
                        new MatchingLikelihood.SigmaPower(1),
                        Ratios.OF_LEVELS,
                        VelocityDistance.UNIFORM,
                        VelocityDistance.ELBO,
                        0.1,
                        0.2,
                        0.2),
                new Case(
                        "t2",
                        new MatchingLikelihood.SigmaPower(2),
                        Ratios.OF_SAMPLES,
                        VelocityDistance.UNIFORM,
                        VelocityDistance.UNIFORM,
                        0.4,
                        0.3,
                        1),
                new Case(
                        "huber",
                        new MatchingLikelihood.Huber(),
                        Ratios.OF_LEVELS,
                        VelocityDistance.ELBO,
                        VelocityDistance.ELBO,
                        0.4,
                        0.3,
                        1),
                new Case(
                        "ghuber",
                        new MatchingLikelihood.GeneralisedHuber(0.3),
                        Ratios.OF_SAMPLES,
                        VelocityDistance.UNIFORM,
                        VelocityDistance.UNIFORM,
                        0.4,
                        0.3,
                        0.4));
    }

    /** Velocities of the reference's networks; with guidance, only in the case t2, both halves make one. */
    private static double[] velocity(Golden golden, String prefix, boolean guided) {
        double[] text = golden.doubles(prefix + "velocity_text");
        if (guided) {
            double[] uncond = golden.doubles(prefix + "velocity_uncond");
            for (int i = 0; i < text.length; i++) {
                text[i] = uncond[i] + 4.5 * (text[i] - uncond[i]);
            }
        }
        return text;
    }

    private static double[][] distances(double[] a, double[] b) {
        double[][] rows = new double[LEVELS][SAMPLES];
        for (int i = 0; i < a.length; i++) {
            rows[i / SIZE / SAMPLES][i / SIZE % SAMPLES] += (a[i] - b[i]) * (a[i] - b[i]) / SIZE;
        }
        return rows;
    }

    private static Errors errors(Golden golden, Case c, double[][] errors) {
        double[] times = golden.doubles("awm.timestep");
        double[] old = golden.doubles("awm.%s.old_log_probs".formatted(c.name));
        double[][] sigmas = new double[LEVELS][SAMPLES];
        double[][] before = new double[LEVELS][SAMPLES];
        for (int m = 0; m < LEVELS; m++) {
            for (int i = 0; i < SAMPLES; i++) {
                sigmas[m][i] = times[m * SAMPLES + i];
                before[m][i] = old[m * SAMPLES + i];
            }
        }
        return new Errors(sigmas, errors, before);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsTheReferencesTrainingLoop(Case c) {
        try (Golden golden = Golden.of("grpo-stats/golden.safetensors")) {
            boolean guided = "t2".equals(c.name);
            double[] v = velocity(golden, "awm.", guided);
            double[] target = golden.doubles("awm.noise");
            double[] clean = golden.doubles("awm.clean_latents");
            for (int i = 0; i < target.length; i++) {
                target[i] -= clean[i];
            }
            checkNoised(golden, c.name);
            double[] reference = velocity(golden, "awm.ref.", guided);
            double[] average = velocity(golden, "awm.ema.", guided);
            Errors errors = errors(golden, c, distances(v, target));
            double[] advantages = Arrays.stream(golden.doubles("awm.advantages"))
                    .map(a -> Math.min(Math.max(a, -5), 5) * c.scale)
                    .toArray();
            Offset<Double> close = Offset.offset(1e-5);
            for (int m = 0; m < LEVELS; m++) {
                for (int i = 0; i < SAMPLES; i++) {
                    assertThat(c.likelihood.logProb(errors.errors()[m][i], errors.sigmas()[m][i]))
                            .isEqualTo(golden.doubles("awm.%s.log_probs".formatted(c.name))[m * SAMPLES + i], close);
                }
            }
            MatchingLoss.Result result = new MatchingLoss(c.likelihood, c.ratios, CLIP).of(errors, advantages);
            double kl = penalty(c.kl, errors, distances(v, reference));
            double ema = penalty(c.ema, errors, distances(v, average));
            String prefix = "awm.%s.".formatted(c.name);
            assertThat(result.terms().value()).isEqualTo(golden.scalar(prefix + "policy_loss"), close);
            assertThat(result.terms().clipped()).isEqualTo(golden.scalar(prefix + "clipfrac"), close);
            assertThat(kl).isEqualTo(golden.scalar(prefix + "kl_loss"), close);
            assertThat(ema).isEqualTo(golden.scalar(prefix + "ema_kl_loss"), close);
            assertThat(result.terms().value() + c.klWeight * kl + c.emaWeight * ema)
                    .isEqualTo(golden.scalar(prefix + "loss"), close);

            double[] expected = golden.doubles(prefix + "grad.velocity_text");
            double most = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
            double half = guided ? 4.5 : 1;
            for (int j = 0; j < v.length; j++) {
                int m = j / SIZE / SAMPLES;
                int i = j / SIZE % SAMPLES;
                double sigma = errors.sigmas()[m][i];
                double gradient = result.slopes()[m][i] * (v[j] - target[j])
                        + c.klWeight * c.kl.scale(sigma) / (LEVELS * SAMPLES) * (v[j] - reference[j])
                        + c.emaWeight * c.ema.scale(sigma) / (LEVELS * SAMPLES) * (v[j] - average[j]);
                assertThat(half * gradient * 2 / SIZE).as("%s", j).isEqualTo(expected[j], Offset.offset(1e-4 * most));
                if (guided) {
                    // v = u + 4.5·(c − u), so that u has what is left of the weight.
                    assertThat((1 - half) * gradient * 2 / SIZE)
                            .isEqualTo(golden.doubles(prefix + "grad.velocity_uncond")[j], Offset.offset(4e-4 * most));
                }
            }
        }
    }

    /** x_σ = (1 − σ)·z + σ·ε, and the deviation that the distance of the velocities is divided by in the form ELBO. */
    private static void checkNoised(Golden golden, String name) {
        double[] times = golden.doubles("awm.timestep");
        double[] noise = golden.doubles("awm.noise");
        double[] clean = golden.doubles("awm.clean_latents");
        double[] noised = golden.doubles("awm.noised_latents");
        for (int j = 0; j < noise.length; j++) {
            double sigma = times[j / SIZE];
            assertThat((1 - sigma) * clean[j] + sigma * noise[j]).isEqualTo(noised[j], Offset.offset(1e-5));
        }
        double[] deviations = golden.doubles("awm.%s.std_dev_t".formatted(name));
        for (int i = 0; i < times.length; i++) {
            assertThat(VelocityDistance.ELBO.scale(times[i]))
                    .isEqualTo(0.5 / deviations[i] / deviations[i], Offset.offset(1e-4));
        }
    }

    private static double penalty(VelocityDistance form, Errors errors, double[][] distances) {
        double sum = 0;
        for (int m = 0; m < LEVELS; m++) {
            for (int i = 0; i < SAMPLES; i++) {
                sum += form.scale(errors.sigmas()[m][i]) * distances[m][i];
            }
        }
        return sum / (LEVELS * SAMPLES);
    }

    private static Errors random(SplittableRandom random, int levels, int samples, MatchingLikelihood likelihood) {
        double[][] sigmas = new double[levels][];
        double[][] errors = new double[levels][];
        double[][] old = new double[levels][samples];
        for (int m = 0; m < levels; m++) {
            sigmas[m] = random.doubles(samples, 0.05, 1).toArray();
            errors[m] = random.doubles(samples, 0.1, 2).toArray();
            for (int i = 0; i < samples; i++) {
                old[m][i] = likelihood.logProb(errors[m][i], sigmas[m][i]) + 0.3 * (random.nextDouble() - 0.5);
            }
        }
        return new Errors(sigmas, errors, old);
    }

    static Stream<Arguments> everyWay() {
        return Stream.of(
                        new MatchingLikelihood.SigmaPower(0),
                        new MatchingLikelihood.SigmaPower(1),
                        new MatchingLikelihood.SigmaPower(2),
                        new MatchingLikelihood.Huber(),
                        new MatchingLikelihood.GeneralisedHuber(0.25),
                        new MatchingLikelihood.GeneralisedHuber(1))
                .flatMap(likelihood -> Stream.of(Ratios.values()).map(ratios -> Arguments.of(likelihood, ratios)));
    }

    @ParameterizedTest
    @MethodSource("everyWay")
    void theSlopesAreTheLossesFiniteDifferences(MatchingLikelihood likelihood, Ratios ratios) {
        MatchingLoss loss = new MatchingLoss(likelihood, ratios, CLIP);
        for (long seed : new long[] {1, 7, 42}) {
            SplittableRandom random = new SplittableRandom(seed);
            Errors errors = random(random, 3, 5, likelihood);
            double[] advantages = random.doubles(5, -1, 1).toArray();
            MatchingLoss.Result result = loss.of(errors, advantages);
            for (int m = 0; m < 3; m++) {
                for (int i = 0; i < 5; i++) {
                    double at = errors.errors()[m][i];
                    errors.errors()[m][i] = at + 1e-6;
                    double up = loss.of(errors, advantages).terms().value();
                    errors.errors()[m][i] = at - 1e-6;
                    double down = loss.of(errors, advantages).terms().value();
                    errors.errors()[m][i] = at;
                    assertThat(result.slopes()[m][i])
                            .as("seed %s, level %s, sample %s", seed, m, i)
                            .isEqualTo((up - down) / 2e-6, Offset.offset(1e-8));
                }
            }
        }
    }

    /** On policy, with all advantages 1 and no weight, the gradient is that of the mean error: flow matching. */
    @ParameterizedTest
    @ValueSource(strings = {"OF_LEVELS", "OF_SAMPLES"})
    void withEqualAdvantagesItIsFlowMatching(String ratios) {
        MatchingLikelihood uniform = new MatchingLikelihood.SigmaPower(0);
        Errors errors = random(new SplittableRandom(3), 4, 6, uniform);
        for (int m = 0; m < 4; m++) {
            for (int i = 0; i < 6; i++) {
                errors.old()[m][i] = uniform.logProb(errors.errors()[m][i], errors.sigmas()[m][i]);
            }
        }
        double[] ones = new double[6];
        Arrays.fill(ones, 1);
        MatchingLoss.Result result = new MatchingLoss(uniform, Ratios.valueOf(ratios), CLIP).of(errors, ones);
        assertThat(result.terms().ratios()).containsOnly(1.0);
        for (double[] row : result.slopes()) {
            assertThat(row).containsOnly(new double[] {1 / 24.0}, Offset.offset(1e-15));
        }
        ones[2] = -1;
        assertThat(new MatchingLoss(uniform, Ratios.valueOf(ratios), CLIP)
                        .of(errors, ones)
                        .slopes()[1][2])
                .as("a bad sample's error is raised")
                .isNegative();
    }

    @Test
    void theOrderOfLevelsDoesNotMatter() {
        Errors errors = random(new SplittableRandom(5), 2, 4, MatchingLoss.AWM.likelihood());
        Errors turned = new Errors(turned(errors.sigmas()), turned(errors.errors()), turned(errors.old()));
        double[] advantages = {1, -0.5, 0.2, -1};
        assertThat(MatchingLoss.AWM.of(turned, advantages).terms().value())
                .isEqualTo(MatchingLoss.AWM.of(errors, advantages).terms().value(), Offset.offset(1e-15));
    }

    private static double[][] turned(double[][] rows) {
        return new double[][] {rows[1], rows[0]};
    }

    @Test
    void anErrorOfZeroHasTheLogProbabilityZeroAndAFiniteSlope() {
        for (Arguments way : everyWay().toList()) {
            MatchingLikelihood likelihood = (MatchingLikelihood) way.get()[0];
            assertThat(likelihood.logProb(0, 0.5)).isZero();
            assertThat(likelihood.slope(0, 0.5)).isFinite().isNegative();
            assertThat(likelihood.logProb(0.4, 0.5)).isGreaterThan(likelihood.logProb(0.5, 0.5));
        }
        assertThat(new MatchingLikelihood.GeneralisedHuber(1).logProb(0.3, 0.6))
                .isEqualTo(new MatchingLikelihood.SigmaPower(1).logProb(0.3, 0.6), Offset.offset(1e-12));
        assertThat(new MatchingLikelihood.GeneralisedHuber(0.5).logProb(0.3, 0.6))
                .isEqualTo(2 * new MatchingLikelihood.Huber().logProb(0.3, 0.6), Offset.offset(1e-12));
    }

    @Test
    void levelsLieWhereTheyMay() {
        TimeSchedule schedule = new TimeSchedule.Uniform(10);
        NoiseSource random = NoiseSource.of(4);
        double[] grid = NoiseLevels.OfGrid.AWM.draw(400, schedule, random);
        assertThat(Arrays.stream(grid).distinct().sorted().toArray())
                .containsExactly(new double[] {0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9}, Offset.offset(1e-12));
        assertThat(Arrays.stream(new NoiseLevels.OfGrid(0.05, true).draw(9, schedule, random))
                        .distinct())
                .containsExactly(1.0);
        assertThat(Arrays.stream(new NoiseLevels.OfGrid(0.05, false).draw(9, schedule, random))
                        .distinct())
                .containsExactly(0.9);
        double[] even = new NoiseLevels.Uniform(0.2).draw(8, schedule, random);
        for (int m = 0; m < 8; m++) {
            assertThat(even[m]).isBetween(0.2 + 0.1 * m, 0.3 + 0.1 * m);
        }
        double[] normal = new NoiseLevels.LogitNormal(3).draw(4001, schedule, random);
        Arrays.sort(normal);
        assertThat(normal[0]).isPositive();
        assertThat(normal[4000]).isLessThanOrEqualTo(1);
        assertThat(normal[2000]).as("the median of σ is φ₃(½)").isEqualTo(0.75, Offset.offset(0.03));
    }

    @Test
    void numbersOutOfRangeAreRefused() {
        assertThatThrownBy(() -> new MatchingLikelihood.GeneralisedHuber(0)).hasMessageContaining("power (0.0)");
        assertThatThrownBy(() -> new MatchingLikelihood.GeneralisedHuber(1.5)).hasMessageContaining("power (1.5)");
        assertThatThrownBy(() -> new MatchingLikelihood.SigmaPower(Double.NaN)).hasMessageContaining("exponent (NaN)");
        assertThatThrownBy(() -> new NoiseLevels.OfGrid(0, true)).hasMessageContaining("fraction (0.0)");
        assertThatThrownBy(() -> new NoiseLevels.LogitNormal(-1)).hasMessageContaining("shift (-1.0)");
        assertThatThrownBy(() -> new NoiseLevels.Uniform(2)).hasMessageContaining("least (2.0)");
    }
}
