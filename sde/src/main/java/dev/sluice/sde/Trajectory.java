package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.TimeSchedule;
import java.util.List;

/**
 * What a rollout leaves: its stochastic steps and its result, without a graph.
 *
 * <p>Memory: all arrays belong to {@code owner}, which {@link #close()} closes.
 *
 * @param schedule the grid that was walked
 * @param steps the stochastic steps in their order
 * @param states x before every step of the grid, each shape (B, ...), if the sampler keeps them; empty otherwise
 * @param latents x at σ = 0, shape (B, ...), float32
 * @param owner the manager of all arrays
 */
public record Trajectory(
        TimeSchedule schedule, List<StoredStep> steps, List<NDArray> states, NDArray latents, NDManager owner)
        implements AutoCloseable {
    public Trajectory {
        steps = List.copyOf(steps);
        states = List.copyOf(states);
    }

    /** A trajectory that keeps no states but those of its stochastic steps. */
    public Trajectory(TimeSchedule schedule, List<StoredStep> steps, NDArray latents, NDManager owner) {
        this(schedule, steps, List.of(), latents, owner);
    }

    /** Returns the number of samples. */
    public int size() {
        return Math.toIntExact(latents.getShape().get(0));
    }

    @Override
    public void close() {
        owner.close();
    }
}
