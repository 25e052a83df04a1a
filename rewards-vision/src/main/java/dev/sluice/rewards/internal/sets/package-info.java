/** Judges sets of samples by their embeddings. */
package dev.sluice.rewards.internal.sets;
