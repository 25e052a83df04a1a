/** What a run leaves for people to look at: the report page and TensorBoard's event file. */
package dev.sluice.cli.internal.report;
