package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.io.IOException;

/**
 * Finished samples that were made and compared before: for each prompt one that is preferred and one that is not. A run that learns
 * from them samples nothing; in its groups of two the preferred one has reward 1, the other 0, so that every objective that
 * learns from finished samples can: Flow-DPO prefers the one to the other, rejection fine-tuning learns the preferred ones.
 *
 * <p>Source: offline Flow-DPO in Improving Video Generation with Human Feedback (2025), arXiv:2501.13918.
 */
@FunctionalInterface
public interface StoredPairs {
    /** Samples of a prompt: the preferred one and the rejected one. */
    int SIZE = 2;

    /**
     * Returns the clean latents of one sample, shape without a batch axis, float32, owned by {@code owner}; lanes may call at the
     * same time.
     *
     * @param prompt a prompt of the task
     * @param preferred which of its two
     * @throws IOException if it cannot be read, with the reason
     */
    NDArray latents(NDManager owner, Prompt prompt, boolean preferred) throws IOException;

    /** Refuses what stored pairs have no meaning with. */
    static void check(GrpoOptions.Batch batch, GrpoOptions.Signal signal, Objective objective) {
        if (batch.groupSize() != SIZE) {
            throw new IllegalArgumentException(
                    "groupSize (%s) must be 2 with stored pairs, because a prompt has a preferred sample and a rejected one.%nMaybe set groupSize: 2 and a chunkSize that divides 2 × prompts."
                            .formatted(batch.groupSize()));
        }
        if (batch.mergeEqualPrompts()) {
            throw new IllegalArgumentException(
                    "mergeEqualPrompts (true) must be false with stored pairs, because only the samples of one pair were compared."
                            .formatted());
        }
        if (signal.combination() != Combination.REWARD_SUM) {
            throw new IllegalArgumentException(
                    "combination (%s) must be reward-sum with stored pairs, because they have been compared as a whole."
                            .formatted(signal.combination()));
        }
        if (objective.copySamples()) {
            throw new IllegalArgumentException(
                    "copy must go with stored pairs, because it would sample, and nothing is sampled.%nMaybe write copy: null; the reference is compared with then."
                            .formatted());
        }
    }
}
