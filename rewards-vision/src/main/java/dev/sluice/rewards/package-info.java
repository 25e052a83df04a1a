/** What scores generated media. Read first: {@link dev.sluice.rewards.Reward}, {@link dev.sluice.rewards.Sample}. */
package dev.sluice.rewards;
