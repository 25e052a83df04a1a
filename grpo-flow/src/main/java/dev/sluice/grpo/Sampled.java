package dev.sluice.grpo;

import dev.sluice.grpo.Credit.Probed;
import dev.sluice.rewards.Scores;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * An iteration's samples and what was measured of them.
 *
 * @param chunks in the order of the samples; their arrays belong to the manager that was passed to the rollout
 * @param scores one for each sample
 * @param completions for each trained step, the scores of the samples that the ODE makes of the states before it; empty if
 *     only the outcome counts
 * @param coarser for each granularity but the first, the scores of what the ODE makes of the samples on coarser grids
 * @param trainedSteps the stochastic steps of this iteration
 * @param steps N, all steps of the grid
 */
record Sampled(
        List<Chunk> chunks,
        Scores scores,
        List<Scores> completions,
        List<Scores> coarser,
        List<Integer> trainedSteps,
        int steps) {
    /** Returns these samples at every granularity, each with the outcomes that it has there. */
    List<Sampled> granular() {
        List<Sampled> all = new ArrayList<>(List.of(this));
        coarser.forEach(other -> all.add(new Sampled(chunks, other, List.of(), List.of(), trainedSteps, steps)));
        return all;
    }

    /** Returns the rewards, with NaN also where a chunk's latents are not finite, whatever was scored of them. */
    double[] rewards() {
        return valid(scores, scores.values());
    }

    /**
     * Returns what was measured of one reward. Between two stochastic steps a sample follows the ODE, so the reward of a state's
     * completion stays what it is until the next of them, and after the last it is the outcome.
     *
     * @param values picks the reward among the scores; a sample that another part of them is missing of has none
     */
    Probed probed(Function<Scores, double[]> values) {
        double[] outcome = valid(scores, values.apply(scores));
        if (completions.isEmpty()) {
            return Probed.outcome(outcome);
        }
        double[][] states = new double[outcome.length][steps + 1];
        double[] ahead = outcome;
        int next = trainedSteps.size() - 1;
        for (int state = steps; state >= 0; state--) {
            if (next >= 0 && trainedSteps.get(next) == state) {
                ahead = valid(completions.get(next), values.apply(completions.get(next)));
                next--;
            }
            for (int i = 0; i < outcome.length; i++) {
                states[i][state] = ahead[i];
            }
        }
        return new Probed(outcome, states);
    }

    private double[] valid(Scores measured, double[] values) {
        double[] rewards = values.clone();
        for (int i = 0; i < rewards.length; i++) {
            rewards[i] = measured.valid(i) ? rewards[i] : Double.NaN;
        }
        for (Chunk chunk : chunks) {
            if (!chunk.finite()) {
                Arrays.fill(rewards, chunk.first(), chunk.first() + chunk.size(), Double.NaN);
            }
        }
        return rewards;
    }
}
