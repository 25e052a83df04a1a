/** See the module table in docs/architecture.md. */
package dev.sluice.grpo;
