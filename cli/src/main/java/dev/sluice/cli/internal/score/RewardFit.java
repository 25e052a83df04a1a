package dev.sluice.cli.internal.score;

import dev.sluice.cli.internal.PositionProbe;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardSpec;
import java.util.List;

/** Whether rewards can score a list of media. */
public final class RewardFit {
    private RewardFit() {}

    /**
     * Returns whether rewards compare the samples of a prompt, which then are scored in one call.
     *
     * @throws IllegalArgumentException if one compares more than that, or the items of a prompt do not stand together
     */
    public static boolean grouped(List<RewardSpec> specs, MediaList list) {
        List<RewardSpec> groups =
                specs.stream().filter(PositionProbe::comparesGroups).toList();
        for (RewardSpec one : groups) {
            if (!one.facts().needsPrompt()) {
                throw new IllegalArgumentException(
                        "The reward %s compares all samples of a call as one set; files are scored some at a time."
                                .formatted(one));
            }
            list.scattered().ifPresent(prompt -> {
                throw new IllegalArgumentException(
                        "The reward %s compares the samples of a prompt, which must stand one after another, but those of \"%s\" do not."
                                .formatted(one, prompt));
            });
        }
        return !groups.isEmpty();
    }

    /**
     * Refuses rewards that need to know prompts where there are none.
     *
     * @throws IllegalArgumentException if there is such a one
     */
    public static void requirePrompts(List<RewardSpec> specs, MediaList list) {
        for (RewardSpec one : specs) {
            RewardFacts facts = one.facts();
            if (!facts.equals(RewardFacts.UNKNOWN) && facts.needsPrompt() && !list.prompts()) {
                throw new IllegalArgumentException(
                        "The reward %s needs to know the prompts.%nMaybe add --prompts FILE.".formatted(one));
            }
        }
    }
}
