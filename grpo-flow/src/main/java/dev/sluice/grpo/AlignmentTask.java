package dev.sluice.grpo;

import ai.djl.ndarray.types.Shape;
import dev.sluice.rewards.Reward;
import java.util.List;
import java.util.Optional;

/**
 * What is generated and how it is judged.
 *
 * @param prompts at least one
 * @param encoder encodes them; each is encoded once and kept
 * @param latentShape shape of one sample's latents, without the batch axis
 * @param decoder turns latents into what the reward judges
 * @param reward judges it; called on a thread of its own
 * @param stored a pair of finished samples for each prompt, to learn from in the place of new ones; empty for none
 */
public record AlignmentTask(
        List<Prompt> prompts,
        PromptEncoder encoder,
        Shape latentShape,
        Decoder decoder,
        Reward reward,
        Optional<StoredPairs> stored) {
    public AlignmentTask {
        prompts = List.copyOf(prompts);
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("prompts (0) must hold at least one prompt.");
        }
    }

    /** A task without stored pairs. */
    public AlignmentTask(
            List<Prompt> prompts, PromptEncoder encoder, Shape latentShape, Decoder decoder, Reward reward) {
        this(prompts, encoder, latentShape, decoder, reward, Optional.empty());
    }

    /** Returns this task with stored pairs, one for each of its prompts. */
    public AlignmentTask withStored(StoredPairs pairs) {
        return new AlignmentTask(prompts, encoder, latentShape, decoder, reward, Optional.of(pairs));
    }

    /** Returns this task with other prompts, such as a test split. */
    public AlignmentTask withPrompts(List<Prompt> others) {
        return new AlignmentTask(others, encoder, latentShape, decoder, reward, stored);
    }
}
