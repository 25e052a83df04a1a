package dev.sluice.grpo;

import dev.sluice.flow.Conditioning;
import dev.sluice.sde.Trajectory;

/**
 * Samples that were rolled out together and are replayed together: a micro-batch of the update. Its composition stays as it
 * is, because the last bits of a network's output depend on it.
 *
 * @param first number of its first sample in the iteration
 * @param conditioning what its samples were conditioned on
 * @param trajectory what the rollout left
 * @param finite whether all its latents and log-probabilities are finite
 */
record Chunk(int first, Conditioning conditioning, Trajectory trajectory, boolean finite) implements AutoCloseable {
    int size() {
        return trajectory.size();
    }

    @Override
    public void close() {
        trajectory.close();
        conditioning.close();
    }
}
