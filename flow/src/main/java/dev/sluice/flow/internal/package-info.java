/** Networks and their files; other modules reach them through {@code dev.sluice.flow}. */
package dev.sluice.flow.internal;
