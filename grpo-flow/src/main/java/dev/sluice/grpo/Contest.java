package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.ArrayList;
import java.util.List;

/**
 * DRAGON's pairing: the samples of every prompt fall into two sets, every second one into the other; the better set is the
 * winners', and each pair is exchanged if that makes the winners' set better. What makes a set good is the mean reward of its
 * samples and, above variety 0, how far their latents are apart: as prompts are the same in both sets, what differs is the
 * variety within a prompt. Without variety the winner is the better of each pair. A pair that makes no difference is left out.
 *
 * <p>Source: DRAGON (2025), arXiv:2504.15217, rebuilt from its abstract and a review. Differs: a prompt may have more than one
 * pair; pairs are tried once, in their order.
 *
 * @param variety weight of the variance of the latents over a set, a mean over their elements; at least 0
 */
public record Contest(double variety) implements Pairing {
    public Contest {
        Require.notNegative("variety", variety);
    }

    @Override
    public List<Pair> pairs(Outcomes outcomes) {
        List<Pair> drawn = new ArrayList<>();
        for (int[] members : outcomes.learnable()) {
            for (int j = 0; j + 1 < members.length; j += 2) {
                drawn.add(new Pair(members[j], members[j + 1]));
            }
        }
        if (drawn.isEmpty()) {
            return List.of();
        }
        SetReward first = set(outcomes, drawn.stream().mapToInt(Pair::winner).toArray());
        SetReward second = set(outcomes, drawn.stream().mapToInt(Pair::loser).toArray());
        boolean ahead = first.value() >= second.value();
        SetReward winners = ahead ? first : second;
        List<Pair> chosen = new ArrayList<>();
        for (Pair pair : drawn) {
            Pair inOrder = ahead ? pair : new Pair(pair.loser(), pair.winner());
            double gain = winners.gain(inOrder.winner(), inOrder.loser());
            if (gain > 0) {
                winners.exchange(inOrder.winner(), inOrder.loser());
                chosen.add(new Pair(inOrder.loser(), inOrder.winner()));
            } else if (gain < 0) {
                chosen.add(inOrder);
            }
        }
        return chosen;
    }

    private SetReward set(Outcomes outcomes, int[] samples) {
        return new SetReward(variety, outcomes, samples);
    }
}
