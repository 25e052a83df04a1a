/** What the commands share: progress, run folders, metrics, reports. */
package dev.sluice.cli.internal;
