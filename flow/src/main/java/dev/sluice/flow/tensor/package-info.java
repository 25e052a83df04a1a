/** The one place that knows the tensor engine: start-up, operators, named weights, noise, argument checks. */
package dev.sluice.flow.tensor;
