package dev.sluice.video.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The numbered images of a folder, in the order of their numbers. */
final class ImageFolder {
    private static final Pattern NUMBERED = Pattern.compile("(.*?)(\\d{1,9})\\.(png|jpe?g)");

    private ImageFolder() {}

    /** A file's name in parts. */
    private record Numbered(Path file, String stem, int number, String kind) {
        static Stream<Numbered> of(Path file) {
            Matcher name = NUMBERED.matcher(file.getFileName().toString().toLowerCase(Locale.ROOT));
            if (!name.matches()) {
                return Stream.empty();
            }
            String kind = name.group(3).equals("png") ? "png" : "jpeg";
            return Stream.of(new Numbered(file, name.group(1), Integer.parseInt(name.group(2)), kind));
        }
    }

    /**
     * Returns the images; other files of the folder are none of its business.
     *
     * @throws IOException if there are none, or of two sequences
     */
    static List<Path> files(Path folder) throws IOException {
        List<Numbered> found;
        try (Stream<Path> entries = Files.list(folder)) {
            found = entries.flatMap(Numbered::of)
                    .sorted(Comparator.comparing(Numbered::number))
                    .toList();
        }
        if (found.isEmpty()) {
            throw new IOException("%s has no numbered PNG or JPEG files, such as frame-001.png.".formatted(folder));
        }
        Numbered first = found.get(0);
        for (Numbered other : found) {
            if (!other.stem.equals(first.stem) || !other.kind.equals(first.kind)) {
                throw new IOException("%s has images of two sequences, %s and %s; expected those of one video."
                        .formatted(folder, first.file.getFileName(), other.file.getFileName()));
            }
        }
        return found.stream().map(Numbered::file).toList();
    }

    static String kind(List<Path> files) {
        return files.get(0).toString().toLowerCase(Locale.ROOT).endsWith(".png") ? "png sequence" : "jpeg sequence";
    }
}
