package dev.sluice.rewards;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * How far two rewards agree on the same samples. Intervals are those of other prompts, or of other samples where all have one prompt.
 *
 * @param samples that both could score
 * @param prompts of these
 * @param kendall rank correlation of all samples
 * @param spearman rank correlation of all samples
 * @param sameOrder the share of pairs of one prompt that both tell apart and order alike
 * @param sameBest the share of prompts of which both like the same sample best
 * @param starc {@link RewardDistance#starc}
 */
public record RewardAgreement(
        int samples,
        int prompts,
        Bootstrap.Figure kendall,
        Bootstrap.Figure spearman,
        Bootstrap.Figure sameOrder,
        Bootstrap.Figure sameBest,
        Bootstrap.Figure starc) {
    /**
     * Compares.
     *
     * @param one scores of samples; NaN where there is none
     * @param other scores of the same samples
     * @param texts the prompt of each
     * @param bootstrap of the intervals
     */
    public static RewardAgreement of(double[] one, double[] other, List<String> texts, Bootstrap bootstrap) {
        if (one.length != other.length || one.length != texts.size()) {
            throw new IllegalArgumentException("one, other and texts have %s, %s and %s entries; they must be equal."
                    .formatted(one.length, other.length, texts.size()));
        }
        int[] valid = IntStream.range(0, one.length)
                .filter(i -> !Double.isNaN(one[i]) && !Double.isNaN(other[i]))
                .toArray();
        double[] a = IntStream.of(valid).mapToDouble(i -> one[i]).toArray();
        double[] b = IntStream.of(valid).mapToDouble(i -> other[i]).toArray();
        Map<String, Integer> numbers = new LinkedHashMap<>();
        int[] prompts = IntStream.of(valid)
                .map(i -> numbers.computeIfAbsent(texts.get(i), key -> numbers.size()))
                .toArray();
        int[] groups =
                numbers.size() > 1 ? prompts : IntStream.range(0, valid.length).toArray();
        Both both = new Both(a, b, prompts);
        return new RewardAgreement(
                valid.length,
                numbers.size(),
                figure(
                        bootstrap,
                        groups,
                        both,
                        some -> RankCorrelation.kendall(some.a, some.b).orElse(Double.NaN)),
                figure(
                        bootstrap,
                        groups,
                        both,
                        some -> RankCorrelation.spearman(some.a, some.b).orElse(Double.NaN)),
                figure(bootstrap, groups, both, Both::sameOrder),
                figure(bootstrap, groups, both, Both::sameBest),
                figure(bootstrap, groups, both, Both::starc));
    }

    private static Bootstrap.Figure figure(
            Bootstrap bootstrap, int[] groups, Both both, ToDoubleFunction<Both> statistic) {
        return groups.length == 0
                ? Bootstrap.Figure.NONE
                : bootstrap.figure(groups, some -> statistic.applyAsDouble(both.picked(some)));
    }

    /** Scores of samples. A prompt that is drawn twice counts as two. */
    private record Both(double[] a, double[] b, int[] prompts) {
        Both picked(int[] which) {
            boolean single = IntStream.of(prompts).distinct().count() == 1;
            int[] drawn = new int[which.length];
            int number = -1;
            for (int i = 0; i < which.length; i++) {
                // The samples of a prompt are drawn one after another and in their order.
                boolean next = i == 0 || prompts[which[i]] != prompts[which[i - 1]] || which[i] <= which[i - 1];
                number += next ? 1 : 0;
                drawn[i] = single ? 0 : number;
            }
            return new Both(
                    IntStream.of(which).mapToDouble(i -> a[i]).toArray(),
                    IntStream.of(which).mapToDouble(i -> b[i]).toArray(),
                    drawn);
        }

        private List<int[]> byPrompt() {
            Map<Integer, List<Integer>> members = new LinkedHashMap<>();
            for (int i = 0; i < prompts.length; i++) {
                members.computeIfAbsent(prompts[i], prompt -> new ArrayList<>()).add(i);
            }
            return members.values().stream()
                    .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                    .toList();
        }

        /** Where no prompt has two samples there is nothing that rewards could tell apart. */
        double starc() {
            boolean pairs = byPrompt().stream().anyMatch(group -> group.length > 1);
            return pairs ? RewardDistance.starc(a, b, prompts) : Double.NaN;
        }

        double sameOrder() {
            long same = 0;
            long all = 0;
            for (int[] group : byPrompt()) {
                RankCorrelation.Pairs pairs = RankCorrelation.pairs(
                        IntStream.of(group).mapToDouble(i -> a[i]).toArray(),
                        IntStream.of(group).mapToDouble(i -> b[i]).toArray());
                all += pairs.told();
                same += pairs.told() - pairs.swapped();
            }
            return all == 0 ? Double.NaN : (double) same / all;
        }

        double sameBest() {
            int same = 0;
            int all = 0;
            for (int[] group : byPrompt()) {
                if (group.length > 1) {
                    all++;
                    same += best(group, a) == best(group, b) ? 1 : 0;
                }
            }
            return all == 0 ? Double.NaN : (double) same / all;
        }

        private static int best(int[] group, double[] scores) {
            int best = group[0];
            for (int i : group) {
                best = scores[i] > scores[best] ? i : best;
            }
            return best;
        }
    }
}
