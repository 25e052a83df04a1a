package dev.sluice.cli.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.Prompt;
import dev.sluice.grpo.PromptEncoder;
import java.util.List;

/**
 * A model's way from prompts, with the pictures that videos start from, to what it is conditioned on.
 *
 * @param pipeline the model
 * @param frames of a video
 * @param height its rows in pixels
 * @param width its columns in pixels
 */
record PipelinePrompts(FlowPipeline pipeline, int frames, int height, int width) implements PromptEncoder {
    @Override
    public Conditioning encode(NDManager owner, List<String> texts) {
        return pipeline.encode(owner, texts);
    }

    @Override
    public Conditioning encode(NDManager owner, Prompt prompt) {
        pipeline.startPictures().require(prompt.text(), prompt.picture());
        if (prompt.picture().isEmpty()) {
            return encode(owner, List.of(prompt.text()));
        }
        try (Torch.Scope off = Torch.noGradient();
                NDManager scratch = owner.newSubManager()) {
            List<NDArray> picture =
                    pipeline.startPictures().encode(scratch, prompt.picture().get(), frames, height, width);
            return encode(scratch, List.of(prompt.text())).with(owner, picture);
        }
    }

    /** Refuses prompts that lack the picture that the model starts from, or have one where it starts from none. */
    static void check(FlowPipeline pipeline, List<Prompt> prompts) {
        prompts.forEach(prompt -> pipeline.startPictures().require(prompt.text(), prompt.picture()));
    }
}
