package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Trainable;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Weights;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A second policy that follows the trained one by a rule, and can sample and be compared with.
 *
 * <p>Memory: a copy of each trained array and of each weight that they are folded into; all else is the network's.
 */
final class PolicyCopy {
    private final CopyRule rule;
    private final Trainable trainable;
    private final Map<String, NDArray> values = new LinkedHashMap<>();
    private final Weights weights;
    private final VelocityModel model;

    /** Creates a copy that equals the policy as it stands; its arrays belong to {@code owner}. */
    PolicyCopy(NDManager owner, Policy policy, CopyRule rule) {
        this.rule = rule;
        this.trainable = policy.trainable();
        trainable.parameters().forEach((name, parameter) -> values.put(name, InPlace.copy(owner, parameter)));
        Map<String, NDArray> folded = new LinkedHashMap<>();
        trainable
                .folded()
                .forEach(name ->
                        folded.put(name, InPlace.copy(owner, trainable.weights().get(name))));
        this.weights = trainable.weights().with(owner, folded);
        this.model = policy.over(weights);
        trainable.fold(values, weights);
    }

    VelocityModel model() {
        return model;
    }

    /** Returns the live arrays by parameter name. */
    Map<String, NDArray> values() {
        return Collections.unmodifiableMap(values);
    }

    /** Follows the policy after an update; {@code updates} is the number of those done. */
    void follow(long updates) {
        double kept = rule.kept(updates);
        if (kept == 1) {
            return;
        }
        trainable.parameters().forEach((name, parameter) -> {
            if (kept == 0) {
                InPlace.assign(values.get(name), parameter);
            } else {
                InPlace.movingAverage(values.get(name), parameter, 1 - kept);
            }
        });
        trainable.fold(values, weights);
    }

    /** Continues from a checkpoint; the arrays are copied. */
    void restore(Map<String, NDArray> restored) {
        values.forEach((name, value) -> InPlace.assign(value, restored.get(name)));
        trainable.fold(values, weights);
    }
}
