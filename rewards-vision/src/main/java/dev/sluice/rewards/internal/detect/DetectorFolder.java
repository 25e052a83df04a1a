package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.internal.onnx.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * What a detector's folder says of it: {@code labels.txt}, and {@code detector} in {@code model.json}.
 *
 * @param labels the classes in their order, as {@link FoundBox#plain} writes them
 * @param layout of the outputs
 * @param size rows and columns of the input, if it says
 * @param fit how pictures are brought to size
 * @param blueFirst whether channels stand as blue, green, red
 * @param divisor of values in 0..255
 * @param mean of each channel
 * @param deviation of each channel
 * @param least boxes count that are surer
 * @param leastToCount boxes count that are surer, where the task is counting
 * @param overlap how much of their union two boxes of a class may share
 */
record DetectorFolder(
        List<String> labels,
        BoxLayout layout,
        Optional<int[]> size,
        DetectorInput.Fit fit,
        boolean blueFirst,
        double divisor,
        double[] mean,
        double[] deviation,
        double least,
        double leastToCount,
        double overlap) {
    private static final double LEAST = 0.3;
    private static final double LEAST_TO_COUNT = 0.9;
    private static final int GREATEST_SIDE = 4096;
    private static final List<String> KNOWN = List.of(
            "layout", "size", "fit", "channels", "divisor", "mean", "std", "threshold", "countingThreshold", "overlap");

    /**
     * Reads the descriptor.
     *
     * @throws IOException with the field's name, if something is missing or wrong
     */
    static DetectorFolder read(ModelFolder folder) throws IOException {
        Path labels = folder.file("labels.txt");
        if (!Files.isRegularFile(labels)) {
            throw new IOException(
                    "%s is not there; expected a class a line, in the network's order.".formatted(labels));
        }
        List<String> lines =
                Files.readAllLines(labels).stream().map(String::strip).toList();
        if (lines.isEmpty() || lines.stream().anyMatch(String::isEmpty)) {
            throw new IOException("%s must hold a class a line and no empty line.".formatted(labels));
        }
        Reader reader = new Reader(folder.descriptorFile(), folder.descriptor().path("detector"));
        reader.check();
        BoxLayout layout = reader.word("layout", "", BoxLayout.values(), BoxLayout::word);
        return new DetectorFolder(
                lines.stream().map(FoundBox::plain).toList(),
                layout,
                reader.size(),
                reader.word(
                        "fit",
                        "letterbox",
                        DetectorInput.Fit.values(),
                        fit -> fit.name().toLowerCase(Locale.ROOT)),
                reader.word("channels", "rgb", new String[] {"rgb", "bgr"}, word -> word)
                        .equals("bgr"),
                reader.number("divisor", 255, 1e-6, 1e6),
                reader.three("mean", 0),
                reader.three("std", 1),
                reader.number("threshold", LEAST, 0, 1),
                reader.number("countingThreshold", LEAST_TO_COUNT, 0, 1),
                reader.number("overlap", layout.overlap(), 0, 1));
    }

    /** Returns whether the network knows a class. */
    boolean knows(String kind) {
        return labels.contains(kind);
    }

    /**
     * Reads fields of one object.
     *
     * @param file named in messages
     * @param node the object
     */
    private record Reader(Path file, JsonNode node) {
        void check() throws IOException {
            if (!node.isObject()) {
                throw new IOException(
                        "%s must have an object detector with the layout of the network's outputs.".formatted(file));
            }
            for (String key : node.propertyNames()) {
                if (!KNOWN.contains(key)) {
                    throw new IOException(
                            "%s: detector.%s is unknown; there is %s.".formatted(file, key, String.join(", ", KNOWN)));
                }
            }
        }

        <T> T word(String key, String usual, T[] values, Function<T, String> word) throws IOException {
            String given = node.path(key).asString(usual);
            for (T value : values) {
                if (word.apply(value).equals(given)) {
                    return value;
                }
            }
            throw wrong(key, "be one of " + Stream.of(values).map(word).collect(Collectors.joining(", ")));
        }

        double number(String key, double usual, double least, double most) throws IOException {
            JsonNode value = node.path(key);
            if (value.isMissingNode()) {
                return usual;
            }
            if (!value.isNumber() || !(value.doubleValue() >= least && value.doubleValue() <= most)) {
                throw wrong(key, "be a number of %s to %s".formatted(least, most));
            }
            return value.doubleValue();
        }

        double[] three(String key, double usual) throws IOException {
            JsonNode value = node.path(key);
            double[] all = new double[3];
            Arrays.fill(all, usual);
            for (int i = 0; i < 3 && !value.isMissingNode(); i++) {
                if (value.size() != 3 || !value.get(i).isNumber()) {
                    throw wrong(key, "hold three numbers");
                }
                all[i] = value.get(i).doubleValue();
            }
            if (key.equals("std") && Arrays.stream(all).anyMatch(one -> !(one > 0))) {
                throw wrong(key, "hold three numbers above 0");
            }
            return all;
        }

        Optional<int[]> size() throws IOException {
            JsonNode value = node.path("size");
            if (value.isMissingNode()) {
                return Optional.empty();
            }
            int[] size = {value.path(0).asInt(0), value.path(1).asInt(0)};
            if (value.size() != 2 || Arrays.stream(size).anyMatch(side -> side < 1 || side > GREATEST_SIDE)) {
                throw wrong("size", "hold rows and columns, as [640, 640]");
            }
            return Optional.of(size);
        }

        private IOException wrong(String key, String rule) {
            return new IOException("%s: detector.%s (%s) must %s."
                    .formatted(file, key, node.path(key).isMissingNode() ? "not given" : node.path(key), rule));
        }
    }
}
