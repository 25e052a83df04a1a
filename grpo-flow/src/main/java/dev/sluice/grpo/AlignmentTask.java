package dev.sluice.grpo;

import ai.djl.ndarray.types.Shape;
import dev.sluice.rewards.Reward;
import java.util.List;

/**
 * What is generated and how it is judged.
 *
 * @param prompts at least one
 * @param encoder encodes them; each is encoded once and kept
 * @param latentShape shape of one sample's latents, without the batch axis
 * @param decoder turns latents into what the reward judges
 * @param reward judges it; called on a thread of its own
 */
public record AlignmentTask(
        List<Prompt> prompts, PromptEncoder encoder, Shape latentShape, Decoder decoder, Reward reward) {
    public AlignmentTask {
        prompts = List.copyOf(prompts);
        if (prompts.isEmpty()) {
            throw new IllegalArgumentException("prompts (0) must hold at least one prompt.");
        }
    }

    /** Returns this task with other prompts, such as a test split. */
    public AlignmentTask withPrompts(List<Prompt> others) {
        return new AlignmentTask(others, encoder, latentShape, decoder, reward);
    }
}
