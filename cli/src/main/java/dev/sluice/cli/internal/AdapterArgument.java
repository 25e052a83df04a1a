package dev.sluice.cli.internal;

import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An adapter and how much of it, {@code PATH} or {@code PATH:WEIGHT}.
 *
 * @param path a folder or a file
 * @param weight what its difference is multiplied by; 1 is the adapter as it was trained
 */
public record AdapterArgument(Path path, double weight) {
    private static final Pattern WEIGHTED = Pattern.compile("(.+):([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)");

    /** Parses an argument; a name that itself ends so is written with a weight of 1 behind it. */
    public static AdapterArgument parse(String text) {
        Matcher weighted = WEIGHTED.matcher(text);
        if (!weighted.matches()) {
            return new AdapterArgument(Path.of(text), 1);
        }
        try {
            return new AdapterArgument(Path.of(weighted.group(1)), Double.parseDouble(weighted.group(2)));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(
                    "--adapter (%s) must be a path, or a path and a weight such as DIR:0.8.".formatted(text), e);
        }
    }

    @Override
    public String toString() {
        return weight == 1 ? path.toString() : path + ":" + weight;
    }
}
