/** Files to score, the journal of a batch, and the tables that it ends in. */
package dev.sluice.cli.internal.score;
