/** Rewards that ask a model behind an OpenAI-style endpoint. */
package dev.sluice.rewards.internal.judge;
