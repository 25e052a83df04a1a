/**
 * Policy-gradient training of flow models with rewards. Read first: {@link dev.sluice.grpo.GrpoTrainer},
 * {@link dev.sluice.grpo.GrpoOptions}, {@link dev.sluice.grpo.GroupAdvantage}.
 *
 * <p>An algorithm is a choice on each axis, not a class: {@link dev.sluice.grpo.Credit} (rewards to a score for each step),
 * {@link dev.sluice.grpo.GroupAdvantage}, {@link dev.sluice.grpo.StepSelection}, {@link dev.sluice.grpo.RatioRule},
 * {@link dev.sluice.grpo.PolicyLoss} with its {@link dev.sluice.grpo.ClipRule}, {@link dev.sluice.grpo.StepWeight} and
 * {@link dev.sluice.grpo.Anchor}. Everything before the loss's derivative is plain arithmetic on arrays.
 */
package dev.sluice.grpo;
