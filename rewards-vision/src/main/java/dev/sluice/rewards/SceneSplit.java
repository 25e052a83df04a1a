package dev.sluice.rewards;

/** Which prompts of a bundled world may be learned from; {@link ScenesWorld} and {@link ArmWorld} say how theirs are divided. */
public enum SceneSplit {
    /** Prompts of pretraining and of reward training. */
    TRAIN,
    /** Prompts that neither pretraining nor training sees, except the four single objects of scenes, which stand in both. */
    TEST
}
