/** The scoring service. */
package dev.sluice.cli.internal.serve;
