package dev.sluice.configs;

import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.grpo.Combination;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.sde.ExplorationSchedule;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What rewards that are asked for more than the outcome cannot go together with, and what would work. */
final class CreditRules {
    private CreditRules() {}

    /** Refuses advantages and rewards that a credit has no meaning with. */
    static void check(
            CreditChoice credit,
            AdvantageChoice advantage,
            List<RunConfig.RewardChoice> rewards,
            Optional<JoiningChoice> joining) {
        boolean states = credit.credit().needsStates();
        if (states && advantage.history() > 0) {
            throw new IllegalArgumentException(
                    "advantage.history (%s) must be 0 with credit.kind: %s, because of past samples only the outcome is kept.%nMaybe write credit.kind: broadcast."
                            .formatted(advantage.history(), word(credit)));
        }
        if (advantage.absoluteValue().isPresent() && signed(credit)) {
            throw new IllegalArgumentException(
                    "advantage.absoluteValue takes scores for values above a floor, but those of the chosen credit lie on both sides of 0.%nMaybe write credit.kind: cumulative, without minForm and reNorm."
                            .formatted());
        }
        if (credit.reNorm() && advantage.baseline() != AdvantageChoice.Baseline.NONE) {
            throw new IllegalArgumentException(
                    "credit.reNorm puts the zero of the scores between praise and blame, and the mean of the group would move it.%nMaybe write advantage.baseline: none."
                            .formatted());
        }
        if (states) {
            rewards.forEach(reward -> requireItself(credit, reward));
        }
        if (credit.completionSteps() > 0) {
            rewards.forEach(reward -> requireSingleFrames(credit, reward));
        }
        if (credit.reNorm()) {
            requireUnitRange(advantage.combination(), rewards, joining);
        }
    }

    /** Refuses a gradient of rewards that have none by themselves. */
    static void checkGradient(ExplorationChoice exploration, List<RunConfig.RewardChoice> rewards) {
        for (RunConfig.RewardChoice reward : rewards) {
            if (exploration.rewardGradient().isPresent() && relative(reward)) {
                throw new IllegalArgumentException(
                        "exploration.rewardGradient asks how the score of a sample changes with the sample, but the reward %s scores it against the others that it is shown with.%nMaybe leave out rewardGradient, or take a reward that scores every sample by itself."
                                .formatted(reward.name()));
            }
        }
    }

    private static boolean relative(RunConfig.RewardChoice reward) {
        RewardFacts facts = facts(reward);
        return facts.needsGroup() && !facts.equals(RewardFacts.UNKNOWN);
    }

    private static void requireItself(CreditChoice credit, RunConfig.RewardChoice reward) {
        if (relative(reward)) {
            throw new IllegalArgumentException(
                    "credit.kind (%s) compares the scores of a sample's own states, but the reward %s scores a sample against the others that it is shown with.%nMaybe write credit.kind: broadcast, or take a reward that scores every sample by itself."
                            .formatted(word(credit), reward.name()));
        }
    }

    /** Refuses short completions where motion is judged, which they do not make. */
    private static void requireSingleFrames(CreditChoice credit, RunConfig.RewardChoice reward) {
        if (facts(reward).modality() == RewardFacts.Modality.VIDEO) {
            throw new IllegalArgumentException(
                    "credit.completionSteps (%s) shows the reward %s what a few steps make of a state, but it needs the whole video, whose motion comes of all steps.%nMaybe write credit.completionSteps: 0, or credit.judge: critic."
                            .formatted(credit.completionSteps(), reward.name()));
        }
    }

    /** Holds what is compared with the outcome to the range from 0, a failure, to 1. */
    private static void requireUnitRange(
            Combination combination, List<RunConfig.RewardChoice> rewards, Optional<JoiningChoice> joining) {
        if (joining.isPresent()) {
            if (joining.get() instanceof JoiningChoice.Ensemble) {
                throw new IllegalArgumentException(
                        "credit.reNorm needs scores from 0, a failure, to 1, which an ensemble does not promise.%nMaybe leave out joining."
                                .formatted());
            }
            return;
        }
        double least = 0;
        double greatest = 0;
        for (RunConfig.RewardChoice reward : rewards) {
            // Only the sum of rewards has the weights in it; elsewhere they come after the normalisation.
            double weight = combination == Combination.REWARD_SUM ? reward.weight() : 1;
            RewardFacts facts = facts(reward);
            double bottom = weight * reward.shaping().of(facts.least());
            double top = weight * reward.shaping().of(facts.greatest());
            double low = Math.min(bottom, top);
            double high = Math.max(bottom, top);
            least = combination == Combination.REWARD_SUM ? least + low : Math.min(least, low);
            greatest = combination == Combination.REWARD_SUM ? greatest + high : Math.max(greatest, high);
        }
        if (!(least >= 0 && greatest <= 1)) {
            throw new IllegalArgumentException(
                    "credit.reNorm needs scores from 0, a failure, to 1, but those of rewards may go from %s to %s.%nMaybe take a reward of that range, such as scenes, with weight: 1."
                            .formatted(least, greatest));
        }
    }

    private static RewardFacts facts(RunConfig.RewardChoice reward) {
        return RewardProvider.provider(reward.name()).facts(reward.options().orElse(Map.of()));
    }

    /** Refuses a credit for which the stochastic steps are too few or too many. */
    static void checkSteps(CreditChoice credit, ExplorationSchedule exploration, int steps) {
        int stochastic = exploration.steps(steps, 0, NoiseSource.of(0)).size();
        if (credit.kind() == CreditChoice.Kind.TURNING_POINT && stochastic < 2) {
            throw new IllegalArgumentException(
                    "credit.kind (turning-point) needs at least two stochastic steps in a rollout, because one alone has no turn.%nMaybe write credit.kind: gain, or a longer exploration.window."
                            .formatted());
        }
        if (credit.completionSteps() > 0 && !(exploration instanceof ExplorationSchedule.AllButLast)) {
            throw new IllegalArgumentException(
                    "credit.completionSteps (%s) must be 0 where only some steps are stochastic, because a short completion changes in every step, and those in between are not looked at.%nMaybe write exploration.window: null."
                            .formatted(credit.completionSteps()));
        }
        if (credit.granularities().size() > 1 && stochastic != 1) {
            throw new IllegalArgumentException(
                    "credit.granularities (%s) need rollouts with one stochastic step, but there are %s, and the reward would be that of all.%nMaybe write exploration.window: null and exploration.singular: [0, 1, 2]."
                            .formatted(credit.granularities(), stochastic));
        }
    }

    /** Refuses granularities without a state that the samples of a group have in common. */
    static void checkGranularities(CreditChoice credit, boolean sharedNoise, int history) {
        if (credit.granularities().size() > 1 && !sharedNoise) {
            throw new IllegalArgumentException(
                    "credit.granularities (%s) need one initial noise for a group, because its samples may differ by the one stochastic step alone.%nMaybe write batch.sharedNoise: true."
                            .formatted(credit.granularities()));
        }
        if (credit.granularities().size() > 1 && history > 0) {
            throw new IllegalArgumentException(
                    "credit.granularities (%s) need advantage.history: 0, because of past samples only the outcome is kept.%nMaybe write advantage.history: 0."
                            .formatted(credit.granularities()));
        }
    }

    private static boolean signed(CreditChoice credit) {
        return switch (credit.kind()) {
            case GAIN, TURNING_POINT -> true;
            case BROADCAST, VALUE, CUMULATIVE -> credit.minForm().isPresent() || credit.reNorm();
        };
    }

    private static String word(CreditChoice credit) {
        return RunFiles.tree(credit).get("kind").toString();
    }
}
