package dev.sluice.rewards.internal.artifact;

import dev.sluice.video.Media;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A trained detector as text: a heading, a line of numbers for each part of the regression, and then the examples of colours and of
 * regions, a line each, after a line with their number.
 *
 * @param parts what clean pictures consist of
 * @param fit the regression
 */
public record DetectorFile(CleanParts parts, LogisticFit fit) {
    private static final String HEADING = "sluice artifact detector 2";
    private static final int STATISTICS = PictureStatistics.of(Media.image(16, 16, new byte[768]), 0).length;
    private static final int NUMBERS = STATISTICS + CleanParts.NUMBERS;
    private static final int MOST_EXAMPLES = 100_000;
    private static final long MOST_BYTES = 16_000_000;

    /** Writes beside the place and moves there. */
    public void write(Path file) throws IOException {
        List<String> lines = new ArrayList<>(List.of(
                HEADING,
                line(fit.mean()),
                line(fit.deviation()),
                line(fit.weights()),
                line(fit.bias(), fit.temperature())));
        add(lines, parts.colours(), value -> String.valueOf((int) value));
        add(lines, parts.regions(), value -> String.format(Locale.ROOT, "%.4f", value));
        lines.add("");
        Path absolute = file.toAbsolutePath();
        Files.createDirectories(absolute.getParent());
        Path beside = absolute.resolveSibling(absolute.getFileName() + ".partial");
        Files.writeString(beside, String.join("\n", lines));
        Files.move(beside, absolute, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String line(double... values) {
        return Arrays.stream(values).mapToObj(Double::toString).collect(Collectors.joining(" "));
    }

    private static void add(List<String> lines, Examples examples, DoubleFunction<String> text) {
        lines.add(String.valueOf(examples.points().length));
        for (float[] point : examples.points()) {
            lines.add(IntStream.range(0, point.length)
                    .mapToObj(k -> text.apply(point[k]))
                    .collect(Collectors.joining(" ")));
        }
    }

    /** Reads a file; the message of a failure names it. */
    public static DetectorFile read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(
                    "%s is no file; expected one that sluice reward train-detector wrote.".formatted(file));
        }
        if (Files.size(file) > MOST_BYTES) {
            throw new IOException("%s is too large to be an artifact detector.".formatted(file));
        }
        return parsed(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1), file.toString());
    }

    /** Returns the one for the bundled world. */
    public static DetectorFile bundled() {
        try (InputStream in = DetectorFile.class.getResourceAsStream("scenes-artifacts.txt")) {
            return parsed(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1), "scenes-artifacts.txt");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static DetectorFile parsed(String text, String name) throws IOException {
        List<String> lines = text.lines().toList();
        if (lines.size() < 6 || !lines.get(0).equals(HEADING)) {
            throw new IOException("%s is no artifact detector: it must begin with \"%s\".".formatted(name, HEADING));
        }
        double[] mean = numbers(lines.get(1), NUMBERS, name);
        double[] deviation = numbers(lines.get(2), NUMBERS, name);
        double[] weights = numbers(lines.get(3), 2 * NUMBERS, name);
        double[] rest = numbers(lines.get(4), 2, name);
        if (Arrays.stream(deviation).anyMatch(value -> !(value > 0)) || !(rest[1] > 0)) {
            throw new IOException("%s has a deviation or a temperature that is not above 0.".formatted(name));
        }
        Examples colours = examples(lines, 5, 3, name);
        Examples regions = examples(lines, 6 + colours.points().length, Regions.NUMBERS, name);
        if (lines.size() != 7 + colours.points().length + regions.points().length) {
            throw new IOException("%s has more lines than an artifact detector.".formatted(name));
        }
        return new DetectorFile(
                new CleanParts(colours, regions), new LogisticFit(mean, deviation, weights, rest[0], rest[1]));
    }

    private static Examples examples(List<String> lines, int at, int size, String name) throws IOException {
        double count = at < lines.size() ? numbers(lines.get(at), 1, name)[0] : 0;
        if (!(count >= 1 && count <= MOST_EXAMPLES && count == Math.rint(count)) || at + count >= lines.size()) {
            throw new IOException("%s, line %s must be the number of examples that follow, 1 to %s."
                    .formatted(name, at + 1, MOST_EXAMPLES));
        }
        float[][] points = new float[(int) count][size];
        for (int i = 0; i < points.length; i++) {
            double[] numbers = numbers(lines.get(at + 1 + i), size, name);
            for (int k = 0; k < size; k++) {
                points[i][k] = (float) numbers[k];
            }
        }
        return new Examples(points);
    }

    private static double[] numbers(String line, int count, String name) throws IOException {
        try {
            double[] values = Arrays.stream(line.split(" "))
                    .mapToDouble(Double::parseDouble)
                    .toArray();
            if (values.length == count && Arrays.stream(values).allMatch(Double::isFinite)) {
                return values;
            }
        } catch (NumberFormatException e) {
            // falls through to the one message
        }
        throw new IOException("%s has a line that is not %s finite numbers.".formatted(name, count));
    }
}
