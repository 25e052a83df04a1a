package dev.sluice.rewards.internal.preference;

/**
 * A comparison that a model learns from.
 *
 * @param winner the preferred item, or the first of a tie
 * @param loser the other one
 * @param column what it is about
 * @param tie whether neither is preferred
 * @param margin by how much more the winner should be ahead
 * @param weight how much it counts
 */
public record Comparison(int winner, int loser, int column, boolean tie, double margin, double weight) {}
