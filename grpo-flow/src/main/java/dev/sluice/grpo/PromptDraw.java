package dev.sluice.grpo;

import java.util.ArrayList;
import java.util.List;

/**
 * The prompts that each iteration samples.
 *
 * @param prompts all there are
 * @param order in which they are drawn
 * @param batch how many, and how often each
 */
record PromptDraw(List<Prompt> prompts, PromptOrder order, GrpoOptions.Batch batch) {
    static PromptDraw of(List<Prompt> prompts, GrpoOptions options) {
        List<String> turns = options.batch().taskTurns();
        PromptOrder order = turns.isEmpty()
                ? PromptOrder.shuffled(prompts.size(), options.seed())
                : PromptOrder.byTask(prompts, turns, options.seed());
        return new PromptDraw(prompts, order, options.batch());
    }

    /** Returns a prompt for each sample of an iteration, those of a group beside each other. */
    List<Prompt> at(long iteration) {
        List<Prompt> drawn = new ArrayList<>();
        for (int prompt : order.draw(iteration * batch.prompts(), batch.prompts())) {
            for (int i = 0; i < batch.groupSize(); i++) {
                drawn.add(prompts.get(prompt));
            }
        }
        return drawn;
    }
}
