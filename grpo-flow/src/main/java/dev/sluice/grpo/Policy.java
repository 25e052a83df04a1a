package dev.sluice.grpo;

import dev.sluice.flow.Trainable;
import dev.sluice.flow.VelocityModel;

/**
 * The model that is trained, and the frozen one it is held to. Guidance belongs to both: the guided velocity is the policy,
 * in the rollout and in the update alike.
 *
 * @param current reads the weights that {@code trainable} folds into
 * @param reference reads {@link Trainable#reference()}
 * @param trainable what is trained of {@code current}
 */
public record Policy(VelocityModel current, VelocityModel reference, Trainable trainable) {}
