package dev.sluice.cli;

import dev.sluice.video.Layout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Sizes and places as they are written on a command line. */
final class MediaArguments {
    private static final Pattern SIZE = Pattern.compile("(\\d{1,5})[x×](\\d{1,5})");

    private MediaArguments() {}

    /** How a picture is brought to a size. */
    enum Fit {
        LETTERBOX,
        STRETCH,
        WITHIN,
        COVER;

        Layout layout(int height, int width) {
            return switch (this) {
                case LETTERBOX -> new Layout.Letterbox(height, width);
                case STRETCH -> new Layout.Stretch(height, width);
                case WITHIN -> new Layout.Within(height, width);
                case COVER -> new Layout.Cover(height, width);
            };
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Returns the layout of a size such as 832x480, width first; as stored without one. */
    static Layout layout(String size, Fit fit) {
        if (size == null) {
            return Layout.AS_STORED;
        }
        Matcher matcher = SIZE.matcher(size);
        if (!matcher.matches()) {
            throw new IllegalArgumentException(
                    "--size (%s) must be a width and a height, such as 832x480.".formatted(size));
        }
        return fit.layout(Integer.parseInt(matcher.group(2)), Integer.parseInt(matcher.group(1)));
    }

    /** Refuses to write over what is there, or over what is read. */
    static void checkTarget(Path out, boolean overwrite, Path... inputs) throws IOException {
        for (Path input : inputs) {
            if (Files.exists(out) && Files.exists(input) && Files.isSameFile(out, input)) {
                throw new IOException("%s is both read and written; name another file.".formatted(out));
            }
        }
        if (!overwrite && Files.exists(out) && !Files.isDirectory(out)) {
            throw new IOException("%s is there already.%nMaybe name another file, or add --overwrite.".formatted(out));
        }
    }

    /** Returns a time such as 1:02.500. */
    static String clock(double seconds) {
        long millis = Math.round(seconds * 1000);
        return String.format(Locale.ROOT, "%d:%02d.%03d", millis / 60_000, millis / 1000 % 60, millis % 1000);
    }
}
