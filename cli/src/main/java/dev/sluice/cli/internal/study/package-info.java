/** Runs many runs, one after another, each in a process of its own. */
package dev.sluice.cli.internal.study;
