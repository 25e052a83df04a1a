/** Judges and makes flaws of pictures. */
package dev.sluice.rewards.internal.artifact;
