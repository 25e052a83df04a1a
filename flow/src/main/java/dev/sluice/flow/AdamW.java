package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * AdamW with decoupled weight decay and clipping by the norm of all gradients, numerically as PyTorch's.
 *
 * <p>θ ← θ·(1 − η·λ) − η·m̂/(√v̂ + ε), with m̂ = m/(1 − β₁ⁿ) and v̂ = v/(1 − β₂ⁿ).
 *
 * <p>Source: Loshchilov and Hutter (2019), arXiv:1711.05101.
 *
 * <p>Memory: two arrays for each parameter, owned by this optimiser.
 */
public final class AdamW implements AutoCloseable {
    /**
     * How to step.
     *
     * @param learningRate η, above 0
     * @param beta1 decay of the first moment, in [0, 1)
     * @param beta2 decay of the second moment, in [0, 1)
     * @param epsilon added to the denominator, above 0
     * @param weightDecay λ, at least 0
     * @param maxGradientNorm gradients are scaled down to this norm, above 0
     */
    public record Options(
            double learningRate,
            double beta1,
            double beta2,
            double epsilon,
            double weightDecay,
            double maxGradientNorm) {
        /** The setting of Flow-GRPO for LoRA (Liu et al. 2025). */
        public static final Options FLOW_GRPO = new Options(3e-4, 0.9, 0.999, 1e-8, 1e-4, 1.0);

        public Options {
            Require.positive("learningRate", learningRate);
            Require.within("beta1", beta1, 0, Math.nextDown(1.0));
            Require.within("beta2", beta2, 0, Math.nextDown(1.0));
            Require.positive("epsilon", epsilon);
            Require.notNegative("weightDecay", weightDecay);
            Require.positive("maxGradientNorm", maxGradientNorm);
        }
    }

    private static final String FIRST = ".exp_avg";
    private static final String SECOND = ".exp_avg_sq";

    private final Options options;
    private final Map<String, NDArray> parameters;
    private final Map<String, NDArray> moments = new LinkedHashMap<>();
    private final NDManager manager;
    private long steps;

    /** Creates an optimiser of the live arrays {@code parameters}, which it writes into. */
    public AdamW(NDManager owner, Map<String, NDArray> parameters, Options options) {
        this.options = options;
        this.parameters = new LinkedHashMap<>(parameters);
        this.manager = owner.newSubManager();
        parameters.forEach((name, parameter) -> {
            moments.put(name + FIRST, manager.zeros(parameter.getShape()));
            moments.put(name + SECOND, manager.zeros(parameter.getShape()));
        });
    }

    /** Returns the options. */
    public Options options() {
        return options;
    }

    /** Returns how many steps were taken. */
    public long steps() {
        return steps;
    }

    /** Steps with the options' learning rate; see {@link #step(Map, double)}. */
    public double step(Map<String, NDArray> gradients) {
        return step(gradients, options.learningRate());
    }

    /**
     * Takes one step, unless the gradients' norm is not finite: then nothing changes.
     *
     * @param gradients one array for each parameter, not changed
     * @return the norm of all gradients before clipping
     */
    public double step(Map<String, NDArray> gradients, double learningRate) {
        double norm =
                norm(manager, parameters.keySet().stream().map(gradients::get).toList());
        if (!Double.isFinite(norm)) {
            return norm;
        }
        steps++;
        double factor = Math.min(1, options.maxGradientNorm() / (norm + 1e-6));
        double[] scalars = {
            learningRate,
            options.beta1(),
            options.beta2(),
            options.epsilon(),
            options.weightDecay(),
            factor,
            1 - Math.pow(options.beta1(), steps),
            1 - Math.pow(options.beta2(), steps)
        };
        parameters.forEach((name, parameter) -> InPlace.run(
                "adamw",
                scalars,
                parameter,
                gradients.get(name),
                moments.get(name + FIRST),
                moments.get(name + SECOND)));
        return norm;
    }

    /** Returns the norm of all gradients together. */
    static double norm(NDManager owner, Iterable<NDArray> gradients) {
        double sum = 0;
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray lender = scratch.create(0f);
            for (NDArray gradient : gradients) {
                sum += Ops.call("sum_of_squares", null, lender, gradient).getFloat();
            }
        }
        return Math.sqrt(sum);
    }

    /** Returns the live moments by {@code PARAMETER.exp_avg} and {@code PARAMETER.exp_avg_sq}, for a checkpoint. */
    public Map<String, NDArray> state() {
        return Map.copyOf(moments);
    }

    /** Continues from a checkpoint; the arrays are copied. */
    public void restore(long steps, Map<String, NDArray> state) {
        if (!state.keySet().equals(moments.keySet())) {
            throw new IllegalArgumentException("The optimiser's state has %s tensors; these parameters need %s others."
                    .formatted(state.size(), moments.size()));
        }
        moments.forEach((name, moment) -> InPlace.assign(moment, state.get(name)));
        this.steps = steps;
    }

    @Override
    public void close() {
        manager.close();
    }
}
