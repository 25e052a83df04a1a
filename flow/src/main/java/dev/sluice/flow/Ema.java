package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Require;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A moving average of trained arrays: every {@code interval} steps, average += (1 − d)·(θ − average) with
 * d = min((1 + n)/(10 + n), decay), n the number of the step.
 *
 * <p>Source: the code of Flow-GRPO (Liu et al. 2025), {@code ema.py}.
 */
public final class Ema implements AutoCloseable {
    /**
     * How to average.
     *
     * @param decay the largest d, in [0, 1)
     * @param interval steps between two updates, at least 1
     */
    public record Options(double decay, int interval) {
        /** The setting of Flow-GRPO. */
        public static final Options FLOW_GRPO = new Options(0.9, 8);

        public Options {
            Require.within("decay", decay, 0, Math.nextDown(1.0));
            Require.atLeast("interval", interval, 1);
        }

        /** Returns d at a step, counted from 0. */
        public double decayAt(long step) {
            return Math.min((1.0 + step) / (10.0 + step), decay);
        }

        /** Returns whether the average moves at a step, counted from 0. */
        public boolean updatesAt(long step) {
            return (step + 1) % interval == 0;
        }
    }

    private final Options options;
    private final NDManager manager;
    private final Map<String, NDArray> averages = new LinkedHashMap<>();

    /** Creates an average that starts at the present values. */
    public Ema(NDManager owner, Map<String, NDArray> parameters, Options options) {
        this.options = options;
        this.manager = owner.newSubManager();
        parameters.forEach((name, parameter) -> {
            NDArray average = manager.zeros(parameter.getShape());
            InPlace.assign(average, parameter);
            averages.put(name, average);
        });
    }

    /** Takes notice of the values after a step, counted from 0. */
    public void step(Map<String, NDArray> parameters, long step) {
        if (options.updatesAt(step)) {
            double rate = 1 - options.decayAt(step);
            averages.forEach((name, average) -> InPlace.movingAverage(average, parameters.get(name), rate));
        }
    }

    /** Returns the live averages by parameter name. */
    public Map<String, NDArray> values() {
        return Collections.unmodifiableMap(averages);
    }

    /** Continues from a checkpoint; the arrays are copied. */
    public void restore(Map<String, NDArray> values) {
        if (!values.keySet().equals(averages.keySet())) {
            throw new IllegalArgumentException("The average has %s tensors; these parameters need %s others."
                    .formatted(values.size(), averages.size()));
        }
        averages.forEach((name, average) -> InPlace.assign(average, values.get(name)));
    }

    @Override
    public void close() {
        manager.close();
    }
}
