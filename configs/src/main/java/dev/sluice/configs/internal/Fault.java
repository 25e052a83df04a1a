package dev.sluice.configs.internal;

/**
 * One thing that is wrong in a run file.
 *
 * @param location where
 * @param path the key, with dots; empty for the whole file
 * @param message what is wrong, starting with the path where there is one
 */
public record Fault(Location location, String path, String message) {
    @Override
    public String toString() {
        // Of a file that could not be read at all the message itself names the file.
        return location.line() == 0 && message.contains(location.source()) ? message : location + ": " + message;
    }
}
