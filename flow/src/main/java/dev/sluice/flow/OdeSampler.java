package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Torch;
import java.util.List;
import java.util.concurrent.CancellationException;

/**
 * Walks a whole schedule with an ODE solver: how a model is evaluated and used, without noise and without gradients.
 *
 * @param solver the method of each step
 * @param schedule the grid
 */
public record OdeSampler(OdeSolver solver, TimeSchedule schedule) {
    /** Samples with first-order steps. */
    public OdeSampler(TimeSchedule schedule) {
        this(new OdeSolver.Euler(), schedule);
    }

    /** Returns the clean latents; see {@link #sample(VelocityModel, NDArray, Conditioning, int, StepListener)}. */
    public NDArray sample(VelocityModel model, NDArray noise, Conditioning conditioning) {
        return sample(model, noise, conditioning, 0, StepListener.NONE);
    }

    /**
     * Follows the flow from step {@code first} to σ = 0.
     *
     * <p>Memory: the result belongs to the manager of {@code latents}; each step's arrays are freed at its end.
     *
     * @param model the velocity, guidance included
     * @param latents x at level {@code first}, shape (B, ...), float32; stays as it is
     * @param conditioning what the B samples are conditioned on
     * @param first where to start, in [0, steps]; 0 is pure noise
     * @param listener hears of every step
     * @return x at σ = 0, same shape
     * @throws CancellationException if the listener stops the run
     */
    public NDArray sample(
            VelocityModel model, NDArray latents, Conditioning conditioning, int first, StepListener listener) {
        NDManager owner = latents.getManager();
        try (Torch.Scope ignored = Torch.noGradient();
                NDManager run = owner.newSubManager()) {
            NDArray x = latents.duplicate();
            x.attach(run);
            List<NDArray> memory = List.of();
            for (int k = first; k < schedule.steps(); k++) {
                try (NDManager scratch = run.newSubManager()) {
                    x.attach(scratch);
                    memory.forEach(array -> array.attach(scratch));
                    OdeSolver.Position at = new OdeSolver.Position(schedule, k);
                    OdeSolver.Step step = solver.step(model, x, at, conditioning, memory);
                    x = step.next();
                    memory = step.memory();
                    x.attach(run);
                    memory.forEach(array -> array.attach(run));
                }
                if (!listener.finished(k + 1, schedule.steps())) {
                    throw new CancellationException(
                            "Sampling was stopped after step %s of %s.".formatted(k + 1, schedule.steps()));
                }
            }
            x.attach(owner);
            return x;
        }
    }
}
