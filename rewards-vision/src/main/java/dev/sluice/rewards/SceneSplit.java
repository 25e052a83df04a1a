package dev.sluice.rewards;

/** Which prompts may be learned from; see {@link ScenesWorld} for how the combinations are divided. */
public enum SceneSplit {
    /** Prompts of pretraining and of reward training. */
    TRAIN,
    /** Prompts that neither pretraining nor training sees, except the four single objects, which stand in both. */
    TEST
}
