/** How run files are read: located YAML trees, layers, and the binding of a tree to records. */
package dev.sluice.configs.internal;
