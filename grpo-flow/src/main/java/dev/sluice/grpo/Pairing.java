package dev.sluice.grpo;

import java.util.ArrayList;
import java.util.List;

/** Which samples of an iteration are preferred to which. */
public sealed interface Pairing permits Pairing.Extremes, Contest {
    /** Returns pairs of one prompt each. */
    List<Pair> pairs(Outcomes outcomes);

    /**
     * Two samples of one prompt.
     *
     * @param winner number of the better one
     * @param loser number of the other one
     */
    record Pair(int winner, int loser) {}

    /**
     * The best and the worst of every group; a group whose rewards are all equal has no pair.
     *
     * <p>Source: flow_grpo, {@code train_sd3_dpo.py}. Differs: the source takes the first two where all are equal.
     */
    record Extremes() implements Pairing {
        @Override
        public List<Pair> pairs(Outcomes outcomes) {
            double[] rewards = outcomes.rewards();
            List<Pair> pairs = new ArrayList<>();
            for (int[] members : outcomes.learnable()) {
                int best = members[0];
                int worst = members[0];
                for (int i : members) {
                    best = rewards[i] > rewards[best] ? i : best;
                    worst = rewards[i] < rewards[worst] ? i : worst;
                }
                if (rewards[best] > rewards[worst]) {
                    pairs.add(new Pair(best, worst));
                }
            }
            return pairs;
        }
    }
}
