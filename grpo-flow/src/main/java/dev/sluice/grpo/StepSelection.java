package dev.sluice.grpo;

import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Require;
import java.util.Arrays;

/** Which of a rollout's stochastic steps are trained. */
public sealed interface StepSelection permits StepSelection.All, StepSelection.RandomFraction {
    /**
     * Returns positions in the list of stochastic steps, rising; never an empty array.
     *
     * @param stochasticSteps how many there are, at least 1
     * @param random decides where there is something to decide
     */
    int[] choose(int stochasticSteps, NoiseSource random);

    /** All of them. */
    record All() implements StepSelection {
        @Override
        public int[] choose(int stochasticSteps, NoiseSource random) {
            int[] all = new int[stochasticSteps];
            Arrays.setAll(all, i -> i);
            return all;
        }
    }

    /**
     * A random share of them, drawn anew for each micro-batch, since the samples of one batch share their steps.
     *
     * <p>Source: DanceGRPO (2025), which draws for each sample.
     *
     * @param fraction in (0, 1]; ⌊fraction·count⌋ steps but at least 1
     */
    record RandomFraction(double fraction) implements StepSelection {
        public RandomFraction {
            Require.positive("fraction", fraction);
            Require.within("fraction", fraction, 0, 1);
        }

        @Override
        public int[] choose(int stochasticSteps, NoiseSource random) {
            int count = Math.max(1, (int) Math.floor(fraction * stochasticSteps));
            int[] chosen = Arrays.copyOf(PromptOrder.permutation(stochasticSteps, random), count);
            Arrays.sort(chosen);
            return chosen;
        }
    }
}
