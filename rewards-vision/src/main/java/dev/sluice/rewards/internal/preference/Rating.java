package dev.sluice.rewards.internal.preference;

/**
 * What an item was given, which a model learns to give.
 *
 * @param item the item
 * @param column what it is about
 * @param target the score, less the mean of all that are about it and in their deviations
 * @param weight how much it counts
 */
public record Rating(int item, int column, double target, double weight) {}
