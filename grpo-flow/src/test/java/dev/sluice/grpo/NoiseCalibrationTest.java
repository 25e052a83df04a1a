package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.grpo.NoiseCalibration.Round;
import dev.sluice.rewards.Reward;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

class NoiseCalibrationTest {
    private static final double DEVIATION = 0.5;

    /** Only the first value counts, so that gain and loss are a question of two Gaussians. */
    private static final Reward CENTRED = GaussianWorld.each(sample -> {
        double value = GaussianWorld.values(sample.media())[0];
        return -value * value;
    });

    private static List<Double> run(NoiseCalibration.Options options, SdeRule rule, List<Round> rounds) {
        GrpoOptions.Rollout start = new GrpoOptions.Rollout(
                new SdeOptions(rule), GaussianWorld.SCHEDULE, new ExplorationSchedule.Singular(List.of(0)));
        try (GaussianWorld world = new GaussianWorld(DEVIATION, 0, 0)) {
            return new NoiseCalibration(world.manager, world.lanes, world.policy, GaussianWorld.task(CENTRED))
                    .run(start, options, rounds::add);
        }
    }

    /**
     * Returns the probability that each step makes a sample better. All maps are linear in this world: the completion of x_k is
     * y = c_k·x_k, that of the next state y' = c_{k+1}·(A_k·x_k + s·n), and |y'| &lt; |y| where (y' − y)(y' + y) &lt; 0, which two
     * Gaussians of correlation ρ do with probability arccos(ρ)/π.
     */
    private static double[] gainProbabilities(List<Double> diffusions) {
        int steps = GaussianWorld.SCHEDULE.steps();
        double[] completion = new double[steps + 1];
        completion[steps] = 1;
        for (int k = steps - 1; k >= 0; k--) {
            completion[k] = completion[k + 1] * (1 - slope(k) * GaussianWorld.SCHEDULE.length(k));
        }
        double[] probabilities = new double[steps - 1];
        double variance = 1;
        for (int k = 0; k < steps - 1; k++) {
            double sigma = GaussianWorld.SCHEDULE.sigma(k);
            double h = GaussianWorld.SCHEDULE.length(k);
            double g2 = diffusions.get(k) * diffusions.get(k);
            double kept = 1 - g2 * h / (2 * sigma) - slope(k) * h * (1 + g2 * (1 - sigma) / (2 * sigma));
            double next = kept * kept * variance + g2 * h;
            double before = completion[k] * completion[k] * variance;
            double after = completion[k + 1] * completion[k + 1] * next;
            double common = completion[k] * completion[k + 1] * kept * variance;
            double correlation =
                    (after - before) / Math.sqrt((after + before - 2 * common) * (after + before + 2 * common));
            probabilities[k] = Math.acos(correlation) / Math.PI;
            variance = next;
        }
        return probabilities;
    }

    /** Returns the noise at which 1 − 2p is the margin's share of the samples. */
    private static List<Double> resting(List<Double> start, double share) {
        double[] noise = start.stream().mapToDouble(psi -> psi).toArray();
        for (int round = 0; round < 500; round++) {
            double[] p = gainProbabilities(Arrays.stream(noise).boxed().toList());
            for (int k = 0; k < p.length; k++) {
                noise[k] += 1 - 2 * p[k] < share ? 0.01 : -0.01;
            }
        }
        return Arrays.stream(noise).boxed().toList();
    }

    /** The exact velocity is slope·x. */
    private static double slope(int step) {
        double sigma = GaussianWorld.SCHEDULE.sigma(step);
        double variance = DEVIATION * DEVIATION;
        return (sigma - (1 - sigma) * variance) / ((1 - sigma) * (1 - sigma) * variance + sigma * sigma);
    }

    @Test
    void gainsAndLossesAreAsOftenAsTheClosedFormSays() {
        List<Round> rounds = new ArrayList<>();
        int samples = 4096;
        run(new NoiseCalibration.Options(samples, samples, 1, 0.01, 2, 5), new SdeRule.FlowGrpo(0.9), rounds);
        Round round = rounds.get(0);
        double[] expected = gainProbabilities(round.diffusions());
        for (int k = 0; k < expected.length; k++) {
            assertThat(round.gained()[k] + round.lost()[k]).isEqualTo(samples);
            double error = Math.sqrt(expected[k] * (1 - expected[k]) / samples);
            assertThat((double) round.gained()[k] / samples)
                    .as("step %s", k)
                    .isEqualTo(expected[k], Offset.offset(4 * error));
        }
    }

    /** Noise is added while |gains − losses| is below the margin ε₁, so it comes to rest where N·(1 − 2p) is about ε₁. */
    @Test
    void theNoiseEndsWhereGainsAndLossesAreOffByTheMargin() {
        int samples = 400;
        double margin = 40;
        List<Round> rounds = new ArrayList<>();
        List<Double> found = run(
                new NoiseCalibration.Options(samples, samples, 60, 0.05, margin, 5), new SdeRule.FlowGrpo(0.7), rounds);
        assertThat(rounds).hasSize(60);
        List<Double> resting = resting(rounds.get(0).diffusions(), margin / samples);
        for (int k = 0; k < 5; k++) {
            assertThat(found.get(k)).as("step %s of %s", k, found).isEqualTo(resting.get(k), Offset.offset(0.2));
        }
        assertThat(resting.get(4)).isGreaterThan(rounds.get(0).diffusions().get(4) + 1);
        double last = new SdeRule.FlowGrpo(0.7).at(GaussianWorld.SCHEDULE, 5).diffusion();
        assertThat(found.get(5)).as("the last step is not stochastic").isEqualTo(last);
    }

    @Test
    void aBalancedStepGetsMoreNoiseAndAnotherLess() {
        NoiseBalance balance = new NoiseBalance(List.of(1.0, 1.0, 0.05, 0.0), 0.1, 3);
        assertThat(balance.diffusions()).containsExactly(1.0, 1.0, 0.1, 0.1);
        balance.move(new int[] {10, 5, 0}, new int[] {8, 9, 9});
        assertThat(balance.diffusions()).containsExactly(1.1, 0.9, 0.1, 0.1);
        balance.move(new int[] {6, 0, 3}, new int[] {3, 0, 1});
        assertThat(balance.diffusions()).containsExactly(1.0, 1.0, 0.2, 0.1);
        assertThatThrownBy(() -> new NoiseCalibration.Options(3, 1, 1, 0.01, 2, 5))
                .hasMessageContaining("samples (3) must");
        assertThatThrownBy(() -> new NoiseCalibration.Options(4, 1, 1, 0, 2, 5))
                .hasMessageContaining("move (0.0) must");
        assertThat(NoiseCalibration.Options.of(64, 16, 50, 0.01, 5).margin()).isEqualTo(8);
        assertThat(NoiseCalibration.Options.of(2, 16, 50, 0.01, 5).margin()).isEqualTo(2);
    }
}
