package dev.sluice.configs.internal;

import java.nio.file.Path;

/**
 * A place in a run file.
 *
 * @param source what a reader of the message knows the text by: a file's path, or {@code --set KEY}
 * @param folder what relative paths written at this place start from
 * @param line from 1; 0 if the source has no lines
 * @param column from 1; 0 if the source has no lines
 */
public record Location(String source, Path folder, int line, int column) {
    @Override
    public String toString() {
        return line > 0 ? "%s:%s:%s".formatted(source, line, column) : source;
    }
}
