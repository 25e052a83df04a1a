package dev.sluice.rewards;

import java.util.List;

/**
 * Several rewards as one, in another way than by a sum. A sample that one of them could not score has no score. Closing it closes
 * its parts.
 *
 * @param rewards the parts, with their weights and what is made of their scores
 * @param joining how they become one
 */
public record JoinedReward(WeightedSum rewards, Joining joining) implements Reward {
    public JoinedReward {
        joining.check(names(rewards), weights(rewards));
    }

    private static List<String> names(WeightedSum rewards) {
        return rewards.parts().stream().map(WeightedSum.Part::name).toList();
    }

    private static double[] weights(WeightedSum rewards) {
        return rewards.parts().stream().mapToDouble(WeightedSum.Part::weight).toArray();
    }

    @Override
    public Scores score(List<Sample> samples) {
        Scores parts = rewards.score(samples);
        List<String> names = names(rewards);
        double[] weights = weights(rewards);
        double[] values = new double[parts.size()];
        for (int i = 0; i < values.length; i++) {
            int sample = i;
            values[i] = parts.valid(i)
                    ? joining.of(
                            names,
                            names.stream()
                                    .mapToDouble(name -> parts.parts().get(name)[sample])
                                    .toArray(),
                            weights)
                    : Double.NaN;
        }
        return new Scores(values, parts.reasons(), parts.parts());
    }

    @Override
    public void close() {
        rewards.close();
    }
}
