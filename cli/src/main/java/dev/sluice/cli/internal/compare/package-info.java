/** Sets runs side by side: what they reached, at what cost, and how far seeds are apart. */
package dev.sluice.cli.internal.compare;
