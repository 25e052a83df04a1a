package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import java.util.List;

/** Where the finished samples of an iteration come from. */
interface SampleSource {
    /**
     * Returns the samples with their scores.
     *
     * @param owner of the arrays
     * @param prompts one for each sample, those of a group beside each other
     */
    Sampled run(NDManager owner, long iteration, List<Prompt> prompts, GrpoListener listener);
}
