package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.Frozen;
import dev.sluice.grpo.VelocityAnchor;
import dev.sluice.grpo.VelocityDistance;
import java.util.List;

/**
 * A penalty on velocities that leave those of a frozen policy.
 *
 * @param to the frozen policy
 * @param weight what the penalty is multiplied by
 * @param form how the level of noise counts
 */
public record AnchorChoice(Frozen to, @Within(above = 0) double weight, VelocityDistance form) {
    /** Returns the trainer's anchors. */
    static List<VelocityAnchor> anchors(List<AnchorChoice> choices) {
        return choices.stream()
                .map(choice -> new VelocityAnchor(choice.to, choice.weight, choice.form))
                .toList();
    }
}
