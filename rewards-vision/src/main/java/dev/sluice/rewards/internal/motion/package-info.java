/** Judges how videos move. */
package dev.sluice.rewards.internal.motion;
