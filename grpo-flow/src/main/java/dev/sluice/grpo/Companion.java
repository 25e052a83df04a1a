package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.tensor.InPlace;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Arrays that learn beside the policy with an optimiser of their own, and so belong into a checkpoint.
 *
 * @param name of the checkpoint's file, such as {@code critic}
 * @param parameters the live arrays by name
 * @param optimiser theirs
 * @param restored what has to follow when the arrays were replaced
 */
record Companion(String name, Map<String, NDArray> parameters, AdamW optimiser, Runnable restored) {
    /** Returns all live arrays: the parameters and their moments. */
    Map<String, NDArray> arrays() {
        Map<String, NDArray> all = new LinkedHashMap<>(parameters);
        all.putAll(optimiser.state());
        return all;
    }

    /** Continues from a checkpoint's arrays, which are copied. */
    void restore(long steps, Map<String, NDArray> values) {
        parameters.forEach((key, parameter) -> InPlace.assign(parameter, values.get(key)));
        Map<String, NDArray> moments = new LinkedHashMap<>(values);
        moments.keySet().removeAll(parameters.keySet());
        optimiser.restore(steps, moments);
        restored.run();
    }
}
