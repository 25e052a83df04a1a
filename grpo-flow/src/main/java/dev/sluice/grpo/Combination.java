package dev.sluice.grpo;

import dev.sluice.grpo.Credit.Probed;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.WeightedSum;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * How several rewards become one advantage, or losses beside each other. All but {@link #REWARD_SUM} normalise each reward by
 * itself, so that one with large or spread values does not drown the others.
 */
public enum Combination {
    /** Rewards are added up, then normalised: Flow-GRPO. */
    REWARD_SUM {
        @Override
        double[][] combine(List<Part> parts, Groups groups, Function<Probed, double[][]> advantages) {
            return advantages.apply(sum(parts));
        }

        @Override
        List<Part> parts(Reward reward, Sampled sampled) {
            return List.of(new Part(1, sampled.probed(Scores::values)));
        }
    },
    /** Advantages are added up and not normalised again: MixGRPO (2025), arXiv:2507.21802. */
    ADVANTAGE_SUM,
    /**
     * Every reward, at every granularity, has a clipped loss of its own, and so have the scores of single steps beside the
     * outcome; the losses are added up with the rewards' weights: DanceGRPO (2025), arXiv:2505.07818, for several rewards, and
     * Euphonium (2026). While no ratio leaves its range this is {@link #ADVANTAGE_SUM}. Beyond it, what praises a sample is
     * silent above the range and what blames it below, though they may make up for each other inside. The limit of advantages
     * is that of each by itself. A negative weight turns the advantage and not the loss, which so still has a least value.
     */
    LOSS_SUM {
        @Override
        Advantages advantages(
                List<List<Part>> granular, Groups groups, Function<Probed, double[][]> estimate, double limit) {
            return granular.stream()
                    .flatMap(List::stream)
                    .map(part -> new Advantages(estimate.apply(part.probed))
                            .clipped(limit)
                            .times(part.weight))
                    .reduce(Advantages::beside)
                    .orElseThrow();
        }

        @Override
        Advantages joined(Advantages outcomes, Advantages process) {
            return outcomes.beside(process);
        }
    },
    /**
     * Advantages are added up, then every step is normalised over the whole batch, so that their size does not depend on the
     * number of rewards: GDPO (2026), arXiv:2601.05242. What is exactly 0 stays so, because it has nothing to teach.
     */
    GDPO {
        @Override
        double[][] combine(List<Part> parts, Groups groups, Function<Probed, double[][]> advantages) {
            double[][] sums = weighted(parts, advantages);
            int[] valid = IntStream.range(0, sums.length)
                    .filter(i -> parts.stream()
                            .allMatch(part -> Double.isFinite(part.probed.outcome()[i])))
                    .toArray();
            int steps = sums.length == 0 ? 0 : sums[0].length;
            for (int step = 0; step < steps; step++) {
                int column = step;
                Moments all = Moments.of(
                        Arrays.stream(sums).mapToDouble(row -> row[column]).toArray(), valid);
                double deviation = Math.max(all.deviation(0), LEAST_DEVIATION);
                for (double[] row : sums) {
                    row[column] = row[column] == 0 ? 0 : (row[column] - all.mean()) / deviation;
                }
            }
            return sums;
        }
    },
    /**
     * Advantages are added up, and only samples that no other of their group surpasses have one: those to which none is at
     * least as good in every reward and better in one.
     *
     * <p>Source: Parrot (2024), arXiv:2401.05675, whose selection this is. Differs: within the group of a prompt, not the
     * batch; without its token for each reward.
     */
    PARETO {
        @Override
        double[][] combine(List<Part> parts, Groups groups, Function<Probed, double[][]> advantages) {
            double[][] sums = weighted(parts, advantages);
            for (int[] members : groups.members()) {
                for (int i : members) {
                    if (Arrays.stream(members).anyMatch(other -> surpasses(other, i, parts))) {
                        Arrays.fill(sums[i], 0);
                    }
                }
            }
            return sums;
        }
    };

    private static final double LEAST_DEVIATION = 1e-6;

    /**
     * One of the rewards.
     *
     * @param weight what its scores or advantages are multiplied by; negative asks for less of it
     * @param probed what was measured; a sample that one reward has no outcome of has none of any
     */
    public record Part(double weight, Probed probed) {}

    /**
     * Returns the advantages of all rewards together.
     *
     * @param parts the rewards, at least one, of the same samples
     * @param groups the group of each sample
     * @param advantages turns one reward into advantages
     */
    double[][] combine(List<Part> parts, Groups groups, Function<Probed, double[][]> advantages) {
        return weighted(parts, advantages);
    }

    /**
     * Returns the advantages of all rewards at all granularities.
     *
     * @param granular the rewards at each granularity, all of the same samples
     * @param groups the group of each sample
     * @param estimate turns one reward into advantages
     * @param limit what advantages are cut to
     */
    Advantages advantages(
            List<List<Part>> granular, Groups groups, Function<Probed, double[][]> estimate, double limit) {
        return granular.stream()
                .map(parts -> new Advantages(combine(parts, groups, estimate)))
                .reduce(Advantages::plus)
                .orElseThrow()
                .clipped(limit);
    }

    /** Returns advantages of outcomes and of single steps together. */
    Advantages joined(Advantages outcomes, Advantages process) {
        return outcomes.plus(process);
    }

    /**
     * Returns what has to be combined.
     *
     * @param reward what was scored with
     * @param sampled what was measured
     */
    List<Part> parts(Reward reward, Sampled sampled) {
        return sum(reward).parts().stream()
                .map(part -> new Part(
                        part.weight(), sampled.probed(scores -> scores.parts().get(part.name()))))
                .toList();
    }

    /** Refuses a reward that has no parts where parts are needed. */
    void check(Reward reward) {
        if (this != REWARD_SUM) {
            sum(reward);
        }
    }

    private WeightedSum sum(Reward reward) {
        if (reward instanceof WeightedSum sum) {
            return sum;
        }
        throw new IllegalArgumentException(
                "%s combines the parts of a weighted sum of rewards, but the reward is %s.%nMaybe take REWARD_SUM."
                        .formatted(this, reward.getClass().getSimpleName()));
    }

    private static Probed sum(List<Part> parts) {
        Probed first = parts.get(0).probed;
        double[] outcome = new double[first.outcome().length];
        double[][] states = new double[first.states().length][];
        Arrays.setAll(states, i -> new double[first.states()[i].length]);
        for (Part part : parts) {
            add(outcome, part.probed.outcome(), part.weight);
            for (int i = 0; i < states.length; i++) {
                add(states[i], part.probed.states()[i], part.weight);
            }
        }
        return new Probed(outcome, states);
    }

    private static double[][] weighted(List<Part> parts, Function<Probed, double[][]> advantages) {
        double[][] sums = null;
        for (Part part : parts) {
            double[][] one = advantages.apply(part.probed);
            if (sums == null) {
                sums = new double[one.length][];
                for (int i = 0; i < one.length; i++) {
                    sums[i] = new double[one[i].length];
                }
            }
            for (int i = 0; i < one.length; i++) {
                add(sums[i], one[i], part.weight);
            }
        }
        return sums;
    }

    private static void add(double[] to, double[] values, double weight) {
        for (int k = 0; k < to.length; k++) {
            to[k] += weight * values[k];
        }
    }

    private static boolean surpasses(int other, int sample, List<Part> parts) {
        boolean better = false;
        for (Part part : parts) {
            double lead =
                    part.weight * (part.probed.outcome()[other] - part.probed.outcome()[sample]);
            if (!(lead >= 0)) {
                return false;
            }
            better |= lead > 0;
        }
        return better;
    }
}
