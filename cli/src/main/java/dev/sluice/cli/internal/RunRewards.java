package dev.sluice.cli.internal;

import dev.sluice.configs.RunConfig;
import dev.sluice.rewards.JoinedReward;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.WeightedSum;
import java.util.ArrayList;
import java.util.List;

/** Opens the rewards of a run. */
public final class RunRewards {
    private RunRewards() {}

    /** Returns what a run trains with; the caller closes it. */
    static Reward of(RunConfig config) {
        WeightedSum sum = open(config.rewards());
        return config.joining()
                .<Reward>map(choice -> new JoinedReward(sum, choice.joining()))
                .orElse(sum);
    }

    /**
     * Returns the weighted sum; the caller closes it.
     *
     * @throws IllegalArgumentException if a name is unknown or a weight not finite
     */
    public static WeightedSum open(List<RunConfig.RewardChoice> choices) {
        List<WeightedSum.Part> parts = new ArrayList<>();
        try {
            for (RunConfig.RewardChoice choice : choices) {
                parts.add(new WeightedSum.Part(choice.title(), choice.open(), choice.weight(), choice.shaping()));
            }
            return new WeightedSum(parts);
        } catch (RuntimeException e) {
            parts.forEach(part -> part.reward().close());
            throw e;
        }
    }

    /** Returns what judges the tests of a run: rewards of their own, or those it trains with. */
    static Reward forTests(RunConfig config, Reward training) {
        List<RunConfig.RewardChoice> own = config.evaluation().rewards();
        return own.isEmpty() ? training : open(own);
    }
}
