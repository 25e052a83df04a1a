package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;

/**
 * Turns what was measured of a sample into a score for each of its trained steps. A score that is NaN stays NaN, and the
 * step then gets no advantage.
 */
public sealed interface Credit
        permits Credit.Broadcast,
                Credit.Value,
                Credit.Gain,
                TurningPoint,
                Credit.Cumulative,
                Credit.MinForm,
                Credit.ReNorm {
    /**
     * Returns a row for each sample and a column for each trained step.
     *
     * @param probed what was measured
     * @param trainedSteps the original numbers of the trained steps
     */
    double[][] assign(Probed probed, int[] trainedSteps);

    /** Returns whether the rewards of states along the way are needed, not only the outcome. */
    default boolean needsStates() {
        return true;
    }

    /**
     * What was measured of the samples of an iteration; NaN is a missing value.
     *
     * @param outcome reward of each finished sample
     * @param states a row for each sample: the reward of its completion from the state before step 0, 1, …, the last entry
     *     being the finished sample's; empty if only the outcome was measured
     */
    record Probed(double[] outcome, double[][] states) {
        /** Returns outcomes without step rewards. */
        public static Probed outcome(double... rewards) {
            return new Probed(rewards, new double[0][]);
        }

        /** Returns the rewards of the states, or refuses if they were not measured. */
        double[][] requireStates() {
            if (states.length != outcome.length) {
                throw new IllegalArgumentException(
                        "states has %s rows for %s samples; credit for single steps needs one for each."
                                .formatted(states.length, outcome.length));
            }
            return states;
        }
    }

    /** The score of one step of one sample. */
    @FunctionalInterface
    interface StepScore {
        /** Returns the score of step {@code step} of sample {@code sample}. */
        double at(int sample, int step);
    }

    /** Returns the scores of all samples at the trained steps. */
    private static double[][] each(int samples, int[] trainedSteps, StepScore score) {
        double[][] scores = new double[samples][trainedSteps.length];
        for (int i = 0; i < samples; i++) {
            for (int j = 0; j < trainedSteps.length; j++) {
                scores[i][j] = score.at(i, trainedSteps[j]);
            }
        }
        return scores;
    }

    /** Every step of a sample gets its outcome: Flow-GRPO, DanceGRPO, MixGRPO. */
    record Broadcast() implements Credit {
        @Override
        public double[][] assign(Probed probed, int[] trainedSteps) {
            return each(probed.outcome.length, trainedSteps, (i, step) -> probed.outcome[i]);
        }

        @Override
        public boolean needsStates() {
            return false;
        }
    }

    /** A step gets the reward of the completion of the state it leads to, V_{k+1}: DenseGRPO's baseline without differences. */
    record Value() implements Credit {
        @Override
        public double[][] assign(Probed probed, int[] trainedSteps) {
            double[][] states = probed.requireStates();
            return each(states.length, trainedSteps, (i, step) -> states[i][step + 1]);
        }
    }

    /**
     * A step gets what it added to the reward of the completion: S_k = V_{k+1} − V_k. The scores of all steps add up to the
     * outcome less the reward of the completion of the initial noise.
     *
     * <p>Source: DenseGRPO (2026), arXiv:2601.20218.
     */
    record Gain() implements Credit {
        @Override
        public double[][] assign(Probed probed, int[] trainedSteps) {
            double[][] states = probed.requireStates();
            return each(states.length, trainedSteps, (i, step) -> states[i][step + 1] - states[i][step]);
        }
    }

    /**
     * A step gets the discounted mean of the rewards of all states that follow it,
     * Q_k = Σ_{j ≥ k} γ^{j−k}·V_{j+1} / Σ_{j ≥ k} γ^{j−k}, whose scale is the same at every step. At γ = 0 it is {@link Value}.
     *
     * <p>Source: VGPO (2025), arXiv:2512.12387, rebuilt from its abstract and reviews; the division is ours.
     *
     * @param discount γ in [0, 1]
     */
    record Cumulative(double discount) implements Credit {
        public Cumulative {
            Require.within("discount", discount, 0, 1);
        }

        @Override
        public double[][] assign(Probed probed, int[] trainedSteps) {
            double[][] states = probed.requireStates();
            return each(states.length, trainedSteps, (i, step) -> {
                double sum = 0;
                double weights = 0;
                for (int state = states[i].length - 1; state > step; state--) {
                    sum = states[i][state] + discount * sum;
                    weights = 1 + discount * weights;
                }
                return sum / weights;
            });
        }
    }

    /**
     * A sample is as good as the worst of its steps from here on: G_k = Σ_{j ≥ k} w_j·r_j with w = softmax(−r/T) over the
     * trained steps. The sum over all of them tends to min r as T falls and to the mean as it grows, so good steps cannot make
     * up for a bad one. The step scores should lie in about [−1, 1], or T means nothing.
     *
     * <p>Source: PURE, Stop Summation (2025), arXiv:2504.15275, {@code openrlhf/utils/utils.py}. Differs: no baseline within the
     * sample; the advantage normalises every step within the group.
     *
     * @param of the step scores r
     * @param temperature T > 0, published as 0.1
     */
    record MinForm(Credit of, double temperature) implements Credit {
        public MinForm {
            Require.positive("temperature", temperature);
        }

        @Override
        public double[][] assign(Probed probed, int[] trainedSteps) {
            return Arrays.stream(of.assign(probed, trainedSteps))
                    .map(this::returns)
                    .toArray(double[][]::new);
        }

        private double[] returns(double[] rewards) {
            double least = Arrays.stream(rewards).filter(Double::isFinite).min().orElse(Double.NaN);
            double[] weights = Arrays.stream(rewards)
                    .map(r -> Double.isFinite(r) ? Math.exp((least - r) / temperature) : 0)
                    .toArray();
            double total = Arrays.stream(weights).sum();
            double[] returns = new double[rewards.length];
            double sum = 0;
            for (int k = rewards.length - 1; k >= 0; k--) {
                boolean valid = Double.isFinite(rewards[k]);
                sum += valid ? weights[k] / total * rewards[k] : 0;
                returns[k] = valid ? sum : Double.NaN;
            }
            return returns;
        }

        @Override
        public boolean needsStates() {
            return of.needsStates();
        }
    }

    /**
     * Outcome and process on one scale: r_k = p_k + R − 1, so that a step of a failed sample (R = 0) is never praised and one
     * of a perfect sample (R = 1) never blamed. For scores p and outcomes R in [0, 1]; goes with {@link GroupAdvantage.Scaled},
     * which keeps the zero where it is.
     *
     * <p>Source: Hybrid Reward Normalization, PPR (2025), rebuilt from its abstract and a review.
     *
     * @param of the step scores p
     */
    record ReNorm(Credit of) implements Credit {
        @Override
        public double[][] assign(Probed probed, int[] trainedSteps) {
            double[][] scores = of.assign(probed, trainedSteps);
            for (int i = 0; i < scores.length; i++) {
                for (int k = 0; k < scores[i].length; k++) {
                    scores[i][k] += probed.outcome[i] - 1;
                }
            }
            return scores;
        }

        @Override
        public boolean needsStates() {
            return of.needsStates();
        }
    }
}
