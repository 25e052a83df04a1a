package dev.sluice.video;

import dev.sluice.video.internal.Glyphs;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Many pictures in one, in rows, each enlarged by whole pixels (nearest neighbour, so that small pictures stay crisp) with
 * a label below it. Of a video the first frame is shown.
 *
 * @param columns pictures, or pairs, in a row; at least 1
 * @param scale how many pixels wide and high a pixel becomes, at least 1
 */
public record ContactSheet(int columns, int scale) {
    private static final int MARGIN = 4;
    private static final int PAPER = 250;
    private static final int INK = 40;

    /** Checks the numbers. */
    public ContactSheet {
        if (!(columns >= 1 && scale >= 1)) {
            throw new IllegalArgumentException(
                    "columns and scale (%s, %s) must be at least 1.".formatted(columns, scale));
        }
    }

    /** Returns a sheet whose pictures of the given width become about 128 pixels wide. */
    public static ContactSheet forWidth(int columns, int pictureWidth) {
        return new ContactSheet(columns, Math.max(1, Math.round(128f / pictureWidth)));
    }

    /**
     * Draws pictures, row by row.
     *
     * @param pictures all of one size, at least one
     * @param labels one for each picture, or none at all; in printable ASCII, wrapped at blanks
     */
    public Media draw(List<Media> pictures, List<String> labels) {
        List<List<Media>> cells = new ArrayList<>();
        pictures.forEach(picture -> cells.add(List.of(picture)));
        return draw(cells, labels, List.of());
    }

    /**
     * Draws pairs, the first of a pair left of the second, under the words "before" and "after".
     *
     * @param before all of one size, at least one
     * @param after as many as {@code before}, of the same size
     * @param labels one for each pair, or none at all
     */
    public Media drawPairs(List<Media> before, List<Media> after, List<String> labels) {
        if (before.size() != after.size()) {
            throw new IllegalArgumentException("before has %s pictures but after has %s; they must be equal."
                    .formatted(before.size(), after.size()));
        }
        List<List<Media>> cells = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            cells.add(List.of(before.get(i), after.get(i)));
        }
        return draw(cells, labels, List.of("before", "after"));
    }

    private Media draw(List<List<Media>> cells, List<String> labels, List<String> heads) {
        check(cells, labels);
        Media first = cells.get(0).get(0);
        int perCell = cells.get(0).size();
        int pictureWidth = first.width() * scale;
        int pictureHeight = first.height() * scale;
        int cellWidth = perCell * (pictureWidth + MARGIN) + MARGIN;
        List<List<String>> wrapped = labels.stream()
                .map(label -> wrap(label, (cellWidth - 2 * MARGIN) / Glyphs.WIDTH))
                .toList();
        int lines = wrapped.stream().mapToInt(List::size).max().orElse(0);
        int cellHeight = pictureHeight + 2 * MARGIN + lines * Glyphs.HEIGHT;
        int across = Math.min(columns, cells.size());
        int down = (cells.size() + across - 1) / across;
        int head = heads.isEmpty() ? 0 : Glyphs.HEIGHT + MARGIN;
        Paper paper = new Paper(across * cellWidth, head + down * cellHeight);
        for (int i = 0; i < cells.size(); i++) {
            int left = i % across * cellWidth + MARGIN;
            int top = head + i / across * cellHeight + MARGIN;
            for (int k = 0; k < perCell; k++) {
                int x = left + k * (pictureWidth + MARGIN);
                paper.picture(cells.get(i).get(k), x, top, scale);
                if (i < across && !heads.isEmpty()) {
                    paper.write(heads.get(k), x, MARGIN);
                }
            }
            for (int line = 0; !labels.isEmpty() && line < wrapped.get(i).size(); line++) {
                paper.write(wrapped.get(i).get(line), left, top + pictureHeight + 2 + line * Glyphs.HEIGHT);
            }
        }
        return Media.image(paper.height, paper.width, paper.rgb);
    }

    private static void check(List<List<Media>> cells, List<String> labels) {
        if (cells.isEmpty()) {
            throw new IllegalArgumentException("A contact sheet needs at least one picture.");
        }
        if (!labels.isEmpty() && labels.size() != cells.size()) {
            throw new IllegalArgumentException("labels has %s entries; expected none or one for each of %s cells."
                    .formatted(labels.size(), cells.size()));
        }
        Media first = cells.get(0).get(0);
        for (List<Media> cell : cells) {
            for (Media media : cell) {
                if (media.width() != first.width() || media.height() != first.height()) {
                    throw new IllegalArgumentException(
                            "A picture has %s×%s pixels but the first has %s×%s; they must be equal."
                                    .formatted(media.height(), media.width(), first.height(), first.width()));
                }
            }
        }
    }

    private static List<String> wrap(String label, int letters) {
        List<String> lines = new ArrayList<>();
        String line = "";
        for (String word : label.strip().split("\\s+")) {
            String longer = line.isEmpty() ? word : line + " " + word;
            if (longer.length() > letters && !line.isEmpty()) {
                lines.add(line);
                longer = word;
            }
            line = longer.length() > letters ? longer.substring(0, Math.max(1, letters)) : longer;
        }
        lines.add(line);
        return lines;
    }

    /** What is drawn on. */
    private static final class Paper {
        private final int width;
        private final int height;
        private final byte[] rgb;

        Paper(int width, int height) {
            this.width = width;
            this.height = height;
            rgb = new byte[Math.multiplyExact(3, Math.multiplyExact(width, height))];
            Arrays.fill(rgb, (byte) PAPER);
        }

        void picture(Media media, int left, int top, int scale) {
            for (int y = 0; y < media.height() * scale; y++) {
                for (int x = 0; x < media.width() * scale; x++) {
                    int from = (y / scale * media.width() + x / scale) * 3;
                    System.arraycopy(media.rgb(), from, rgb, ((top + y) * width + left + x) * 3, 3);
                }
            }
        }

        void write(String text, int left, int top) {
            for (int i = 0; i < text.length() * Glyphs.WIDTH; i++) {
                for (int y = 0; y < Glyphs.HEIGHT; y++) {
                    int x = left + i;
                    if (x < width
                            && top + y < height
                            && Glyphs.dot(text.charAt(i / Glyphs.WIDTH), i % Glyphs.WIDTH, y)) {
                        Arrays.fill(rgb, ((top + y) * width + x) * 3, ((top + y) * width + x) * 3 + 3, (byte) INK);
                    }
                }
            }
        }
    }
}
