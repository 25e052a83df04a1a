package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.Combination;
import dev.sluice.grpo.GroupAdvantage;
import dev.sluice.grpo.GroupAdvantage.Scope;
import java.util.Optional;

/**
 * How rewards become advantages within the group of a prompt.
 *
 * @param ddof 0 divides the squares by n, 1 by n − 1
 * @param epsilon added to the deviation
 * @param scope whose deviation divides
 * @param baseline what is taken off the scores before they are divided
 * @param combination how several rewards become one advantage
 * @param history past samples of each prompt that count in mean and deviation beside the new ones; 0 for none
 * @param winRate normalises the shares of the group that the samples beat instead of their rewards
 * @param absoluteValue adds a part of the reward itself, which is there also where the group's rewards are equal
 */
public record AdvantageChoice(
        int ddof,
        double epsilon,
        Scope scope,
        Baseline baseline,
        Combination combination,
        @Within(least = 0, most = 100_000) int history,
        Optional<WinRate> winRate,
        Optional<AbsoluteValue> absoluteValue) {
    /** What scores are counted from. */
    public enum Baseline {
        /** The mean of the group, step by step. */
        GROUP,
        /** Nothing: the scores' own zero stays where it is, and the deviation is that of all steps of the iteration. */
        NONE
    }

    /**
     * Pairwise comparison of rewards.
     *
     * @param margin rewards no further apart are a tie
     */
    public record WinRate(@Within(least = 0) double margin) {}

    /**
     * The part of the reward itself.
     *
     * @param weight what it is multiplied by
     * @param steps so many of the trained steps, the first, have it
     * @param floor what rewards are counted from
     */
    public record AbsoluteValue(
            @Within(least = 0) double weight,
            @Within(least = 1) int steps,
            double floor) {}

    public AdvantageChoice {
        new GroupAdvantage.ZScore(ddof, epsilon, scope);
        if (winRate.isPresent() && absoluteValue.isPresent()) {
            throw new IllegalArgumentException(
                    "winRate and absoluteValue are both there; one of them must go, because win rates are the same whatever the rewards are.%nMaybe leave out winRate."
                            .formatted());
        }
        if (baseline == Baseline.NONE) {
            requireNothingOfTheGroup(ddof, scope, history, winRate.isPresent() || absoluteValue.isPresent());
        }
    }

    private static void requireNothingOfTheGroup(int ddof, Scope scope, int history, boolean more) {
        if (ddof != 0 || scope != Scope.BATCH) {
            throw new IllegalArgumentException(
                    "baseline (none) must go with ddof: 0 and scope: batch, because scores are divided by the population deviation of the whole iteration.%nMaybe leave out ddof and scope."
                            .formatted());
        }
        if (history > 0) {
            throw new IllegalArgumentException(
                    "baseline (none) must go with history: 0, because past samples count in a mean that is not taken.%nMaybe write history: 0."
                            .formatted());
        }
        if (more) {
            throw new IllegalArgumentException(
                    "baseline (none) must go without winRate and absoluteValue, which are compared within the group.%nMaybe write baseline: group."
                            .formatted());
        }
    }

    /** Returns the trainer's choice. */
    public GroupAdvantage advantage() {
        if (baseline == Baseline.NONE) {
            return new GroupAdvantage.Scaled(epsilon);
        }
        GroupAdvantage.ZScore plain = new GroupAdvantage.ZScore(ddof, epsilon, scope);
        if (winRate.isPresent()) {
            return new GroupAdvantage.WinRate(winRate.get().margin(), plain);
        }
        return absoluteValue
                .<GroupAdvantage>map(
                        part -> new GroupAdvantage.AbsoluteValue(plain, part.weight(), part.steps(), part.floor()))
                .orElse(plain);
    }
}
