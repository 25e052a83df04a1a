package dev.sluice.configs;

import dev.sluice.configs.internal.Within;

/**
 * What a run keeps to continue from.
 *
 * @param every steps between two checkpoints; the end of a run has one too
 * @param keep how many of the newest stay
 */
public record Checkpoints(
        @Within(least = 1) int every, @Within(least = 1) int keep) {}
