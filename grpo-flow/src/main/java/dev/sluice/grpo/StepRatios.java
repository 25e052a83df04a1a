package dev.sluice.grpo;

/**
 * The importance ratios of one trained step in one update, over the micro-batches.
 *
 * @param step its number on the grid
 * @param mean their mean; below 1 for a plain ratio once the policy has moved, and the more so the less noise the step has
 * @param deviation their population deviation
 * @param clipped share of ratios outside the clip range
 */
public record StepRatios(int step, double mean, double deviation, double clipped) {}
