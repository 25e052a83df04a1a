package dev.sluice.grpo;

import dev.sluice.sde.StoredStep;

/**
 * One trained step of a micro-batch: what an update replays at a time.
 *
 * @param chunk the micro-batch
 * @param stored the step of its trajectory
 * @param advantages one for each sample
 * @param scale what the gradient is multiplied by: 1 / (micro-batches × trained steps) of the update
 */
record Replay(Chunk chunk, StoredStep stored, double[] advantages, double scale) {}
