package dev.sluice.rewards.internal.artifact;

import dev.sluice.video.Media;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A trained detector as text: a heading, then a line of numbers for each of its parts. */
public final class DetectorFile {
    private static final String HEADING = "sluice artifact detector 1";
    private static final int NUMBERS = PictureStatistics.of(Media.image(16, 16, new byte[768]), 0).length;

    private DetectorFile() {}

    /** Writes beside the place and moves there. */
    public static void write(LogisticFit fit, Path file) throws IOException {
        String text = String.join(
                "\n",
                HEADING,
                line(fit.mean()),
                line(fit.deviation()),
                line(fit.weights()),
                line(fit.bias(), fit.temperature()),
                "");
        Path absolute = file.toAbsolutePath();
        Files.createDirectories(absolute.getParent());
        Path beside = absolute.resolveSibling(absolute.getFileName() + ".partial");
        Files.writeString(beside, text);
        Files.move(beside, absolute, StandardCopyOption.REPLACE_EXISTING);
    }

    private static String line(double... values) {
        return Arrays.stream(values).mapToObj(Double::toString).collect(Collectors.joining(" "));
    }

    /** Reads a file; the message of a failure names it. */
    public static LogisticFit read(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException(
                    "%s is no file; expected one that sluice reward train-detector wrote.".formatted(file));
        }
        if (Files.size(file) > 1_000_000) {
            throw new IOException("%s is too large to be an artifact detector.".formatted(file));
        }
        return parsed(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1), file.toString());
    }

    /** Returns the one for the bundled world. */
    public static LogisticFit bundled() {
        try (InputStream in = DetectorFile.class.getResourceAsStream("scenes-artifacts.txt")) {
            return parsed(new String(in.readAllBytes(), StandardCharsets.ISO_8859_1), "scenes-artifacts.txt");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static LogisticFit parsed(String text, String name) throws IOException {
        List<String> lines = text.lines().toList();
        if (lines.size() != 5 || !lines.get(0).equals(HEADING)) {
            throw new IOException(
                    "%s is no artifact detector: it must begin with \"%s\" and have 5 lines.".formatted(name, HEADING));
        }
        double[] mean = numbers(lines.get(1), NUMBERS, name);
        double[] deviation = numbers(lines.get(2), NUMBERS, name);
        double[] weights = numbers(lines.get(3), 2 * NUMBERS, name);
        double[] rest = numbers(lines.get(4), 2, name);
        if (Arrays.stream(deviation).anyMatch(value -> !(value > 0)) || !(rest[1] > 0)) {
            throw new IOException("%s has a deviation or a temperature that is not above 0.".formatted(name));
        }
        return new LogisticFit(mean, deviation, weights, rest[0], rest[1]);
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
