/** Reward models: what they learn from, what they see, and their network. */
package dev.sluice.rewards.internal.preference;
