package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Learns from finished samples and what they are worth: each is noised anew, x_σ = (1 − σ)·z + σ·ε, and the loss is one of the
 * distances between velocities at x_σ and the one that leads to the sample, ε − z. No step needs a density, so any sampler will
 * do, the ODE too.
 *
 * @param loss what is made of the distances
 * @param levels the levels of noise
 * @param draws levels that every sample is looked at with, at least 1
 * @param anchors penalties; empty for none
 * @param copy how a copy of the policy follows it; empty if there is none
 * @param copySamples whether the copy samples in the place of the policy
 */
public record Matching(
        SampleLoss loss,
        NoiseLevels levels,
        int draws,
        List<VelocityAnchor> anchors,
        Optional<CopyRule> copy,
        boolean copySamples)
        implements Objective {
    public Matching {
        Require.atLeast("draws", draws, 1);
        anchors = List.copyOf(anchors);
        boolean copyNeeded = copySamples
                || Stream.concat(loss.against().stream(), anchors.stream().map(VelocityAnchor::to))
                        .anyMatch(Frozen.COPY::equals);
        if (copyNeeded != copy.isPresent()) {
            throw new IllegalArgumentException(
                    copyNeeded
                            ? "copy is missing, but something samples with it or is compared with it.%nMaybe write copy: {type: ramp, slope: 0.001, most: 0.5, start: 0}."
                                    .formatted()
                            : "copy (%s) must go, because nothing samples with it or is compared with it.%nMaybe leave it out."
                                    .formatted(copy.get()));
        }
    }

    @Override
    public void check(
            GrpoOptions.Batch batch,
            GrpoOptions.Rollout rollout,
            GrpoOptions.Signal signal,
            GrpoOptions.Updates updates) {
        requireOutcomes(signal);
        if (!loss.usesAdvantages()) {
            requirePlainRewards(signal);
        }
        if (signal.combination() == Combination.LOSS_SUM) {
            throw new IllegalArgumentException(
                    "combination (loss-sum) gives every reward a clipped loss of its own at every step, which only the policy gradient has.%nMaybe write advantage.combination: advantage-sum."
                            .formatted());
        }
        loss.check(batch);
    }

    /** Refuses credit for single steps. */
    static void requireOutcomes(GrpoOptions.Signal signal) {
        if (signal.credit().needsStates()) {
            throw new IllegalArgumentException(
                    "%s scores single steps, but this objective learns from whole samples.%nMaybe take the outcome for all steps: credit.kind: broadcast."
                            .formatted(signal.credit()));
        }
    }

    /** Refuses choices about advantages where rewards themselves are learned from. */
    static void requirePlainRewards(GrpoOptions.Signal signal) {
        if (signal.combination() != Combination.REWARD_SUM) {
            throw new IllegalArgumentException(
                    "combination (%s) makes advantages of several rewards, but this objective learns from the rewards themselves.%nMaybe write combination: reward-sum."
                            .formatted(signal.combination()));
        }
        if (signal.selection().bestOf().isPresent()) {
            throw new IllegalArgumentException(
                    "bestOf (%s) chooses samples by their advantages, but this objective learns from the rewards themselves.%nMaybe leave it out, or take the objective policy-gradient."
                            .formatted(signal.selection().bestOf().get()));
        }
        if (signal.history() > 0) {
            throw new IllegalArgumentException(
                    "history (%s) must be 0, because this objective learns from the rewards themselves and not from advantages."
                            .formatted(signal.history()));
        }
    }
}
