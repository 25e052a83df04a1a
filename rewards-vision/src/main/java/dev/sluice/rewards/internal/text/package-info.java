/** Reads text in pictures. */
package dev.sluice.rewards.internal.text;
