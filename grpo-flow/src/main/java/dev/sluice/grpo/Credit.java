package dev.sluice.grpo;

import java.util.Arrays;

/**
 * Turns what was measured of a sample into a score for each of its trained steps. A score that is NaN stays NaN, and the
 * step then gets no advantage.
 */
public sealed interface Credit permits Credit.Broadcast, Credit.Gain {
    /**
     * Returns a row for each sample and a column for each trained step.
     *
     * @param probed what was measured
     * @param trainedSteps the original numbers of the trained steps
     */
    double[][] assign(Probed probed, int[] trainedSteps);

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
    }

    /** Every step of a sample gets its outcome: Flow-GRPO, DanceGRPO, MixGRPO. */
    record Broadcast() implements Credit {
        @Override
        public double[][] assign(Probed probed, int[] trainedSteps) {
            double[][] scores = new double[probed.outcome.length][trainedSteps.length];
            for (int i = 0; i < scores.length; i++) {
                Arrays.fill(scores[i], probed.outcome[i]);
            }
            return scores;
        }
    }

    /**
     * A step gets what it added to the reward of the completion: S_k = V_{k+1} − V_k. The scores of all steps add up to the
     * outcome less the reward of the completion of the initial noise.
     *
     * <p>Source: DenseGRPO (2026).
     */
    record Gain() implements Credit {
        @Override
        public double[][] assign(Probed probed, int[] trainedSteps) {
            if (probed.states.length != probed.outcome.length) {
                throw new IllegalArgumentException("states has %s rows for %s samples; gain credit needs one for each."
                        .formatted(probed.states.length, probed.outcome.length));
            }
            double[][] scores = new double[probed.outcome.length][trainedSteps.length];
            for (int i = 0; i < scores.length; i++) {
                for (int j = 0; j < trainedSteps.length; j++) {
                    int step = trainedSteps[j];
                    scores[i][j] = probed.states[i][step + 1] - probed.states[i][step];
                }
            }
            return scores;
        }
    }
}
