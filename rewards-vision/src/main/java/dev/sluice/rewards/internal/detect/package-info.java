/** Judges what a detector found by what the prompt asked for. */
package dev.sluice.rewards.internal.detect;
