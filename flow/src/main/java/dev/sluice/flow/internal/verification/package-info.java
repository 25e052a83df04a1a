/** Runs models on the inputs of golden files. */
package dev.sluice.flow.internal.verification;
