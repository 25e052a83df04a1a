package dev.sluice.configs;

import dev.sluice.grpo.Combination;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the rewards of a run owe each other. */
final class RewardRules {
    private RewardRules() {}

    static void check(List<RunConfig.RewardChoice> rewards) {
        Set<String> titles = new HashSet<>();
        for (RunConfig.RewardChoice reward : rewards) {
            if (!titles.add(reward.title())) {
                throw new IllegalArgumentException(
                        "rewards (%s) must have different labels, because what each scores is reported by its label.%nMaybe write {name: %s, label: %s-2, ...}."
                                .formatted(reward.title(), reward.name(), reward.title()));
            }
        }
        if (rewards.stream().allMatch(reward -> reward.weight() == 0)) {
            throw new IllegalArgumentException(
                    "rewards (%s) must have a weight other than 0, because nothing would be learned."
                            .formatted(String.join(", ", titles)));
        }
    }

    static void check(List<RunConfig.RewardChoice> rewards, Optional<JoiningChoice> joining, Combination combination) {
        check(rewards);
        if (joining.isPresent()) {
            if (combination != Combination.REWARD_SUM) {
                throw new IllegalArgumentException(
                        "joining makes one reward of all, so that advantage.combination has nothing to combine.%nMaybe write advantage.combination: reward-sum, or leave out joining."
                                .formatted());
            }
            joining.get()
                    .joining()
                    .check(
                            rewards.stream().map(RunConfig.RewardChoice::title).toList(),
                            rewards.stream()
                                    .mapToDouble(RunConfig.RewardChoice::weight)
                                    .toArray());
        }
    }

    /** Refuses chunks that hold a part of a group where a reward compares the samples of a prompt. */
    static void checkChunks(List<RunConfig.RewardChoice> rewards, int chunkSize, int groupSize) {
        for (RunConfig.RewardChoice reward : rewards) {
            RewardFacts facts = RewardProvider.provider(reward.name())
                    .facts(reward.options().orElse(Map.of()));
            if (facts.needsGroup() && !facts.equals(RewardFacts.UNKNOWN) && chunkSize % groupSize != 0) {
                throw new IllegalArgumentException(
                        "batch (chunkSize: %s) must hold whole groups of %s, because the reward %s compares samples and sees one chunk at a time.%nMaybe write batch.chunkSize: %s."
                                .formatted(chunkSize, groupSize, reward.name(), groupSize));
            }
        }
    }
}
