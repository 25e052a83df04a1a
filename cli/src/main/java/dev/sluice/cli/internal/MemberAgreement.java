package dev.sluice.cli.internal;

import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.RewardEnsemble;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Whether the members of an ensemble know what they do not know.
 *
 * @param deviation the mean of how far they differ on an item
 * @param pairs pairs that are no tie
 * @param agreed those that all members order alike
 * @param rightWhereAgreed those of them that their mean orders as it was said
 * @param rightElsewhere those of the others that it does
 */
public record MemberAgreement(double deviation, int pairs, int agreed, int rightWhereAgreed, int rightElsewhere) {
    /** Returns what an ensemble's scores say; nothing for other scores. */
    public static Optional<MemberAgreement> of(PreferenceData data, JudgedItems items) {
        double[] deviations = items.parts().get(RewardEnsemble.DEVIATION);
        List<double[]> members = items.parts().entrySet().stream()
                .filter(part -> !part.getKey().equals(RewardEnsemble.DEVIATION))
                .map(Map.Entry::getValue)
                .toList();
        if (deviations == null || members.isEmpty()) {
            return Optional.empty();
        }
        int pairs = 0;
        int agreed = 0;
        int[] right = new int[2];
        for (PreferenceData.Pair pair : data.pairs()) {
            int sign = pair.verdict().sign();
            double d = items.values()[pair.a()] - items.values()[pair.b()];
            if (sign == 0 || !Double.isFinite(d)) {
                continue;
            }
            boolean together = members.stream()
                    .allMatch(scores -> Math.signum(scores[pair.a()] - scores[pair.b()]) == Math.signum(d));
            pairs++;
            agreed += together ? 1 : 0;
            right[together ? 0 : 1] += Math.signum(d) == sign ? 1 : 0;
        }
        double mean =
                Arrays.stream(deviations).filter(Double::isFinite).average().orElse(Double.NaN);
        return Optional.of(new MemberAgreement(mean, pairs, agreed, right[0], right[1]));
    }

    /** Returns it in words. */
    public String line() {
        return "Members differ by %s in the mean. They agree on %s of %s pairs, of which %s are right; of the others %s."
                .formatted(
                        String.format(Locale.ROOT, "%.3f", deviation),
                        agreed,
                        pairs,
                        share(rightWhereAgreed, agreed),
                        share(rightElsewhere, pairs - agreed));
    }

    private static String share(int count, int all) {
        return all == 0 ? "none" : String.format(Locale.ROOT, "%.0f%%", 100.0 * count / all);
    }
}
