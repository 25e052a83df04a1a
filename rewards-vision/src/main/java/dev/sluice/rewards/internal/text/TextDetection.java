package dev.sluice.rewards.internal.text;

import dev.sluice.rewards.internal.Patches;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Rectangles of text in a map of probabilities, as PP-OCR finds them.
 *
 * <p>Source: RapidOCR, {@code ch_ppocr_det}: above 0.3, widened by a pixel, rectangles of least area, mean of at least 0.5 inside,
 * grown by area·1.6/perimeter.
 */
final class TextDetection {
    private static final double TEXT = 0.3;
    private static final double LEAST_MEAN = 0.5;
    private static final double GROWTH = 1.6;
    private static final int LEAST_SIDE = 3;
    private static final int LEAST_GROWN_SIDE = 5;
    /** Boxes whose upper left corners are no further apart belong to one line, in pixels of the picture. */
    private static final double SAME_LINE = 10;

    private TextDetection() {}

    /**
     * Returns the rectangles in the order of reading.
     *
     * @param map probabilities, row by row
     * @param width of the map
     * @param across pixels of the picture to one of the map, across
     * @param down the same, down
     */
    static List<TextBox> boxes(float[] map, int width, double across, double down) {
        List<TextBox> boxes = new ArrayList<>();
        for (int[] patch : Patches.of(widened(map, width), width)) {
            List<double[]> corners = new ArrayList<>();
            for (int at : patch) {
                for (int corner = 0; corner < 4; corner++) {
                    corners.add(new double[] {at % width + (corner & 1), Math.floorDiv(at, width) + (corner >> 1)});
                }
            }
            TextBox box = TextBox.around(corners);
            if (Math.min(box.width(), box.height()) >= LEAST_SIDE && mean(map, width, box) >= LEAST_MEAN) {
                TextBox grown = box.grown(GROWTH);
                if (Math.min(grown.width(), grown.height()) >= LEAST_GROWN_SIDE) {
                    boxes.add(grown.scaled(across, down));
                }
            }
        }
        return ordered(boxes);
    }

    private static int[] widened(float[] map, int width) {
        int[] labels = new int[map.length];
        for (int i = 0; i < map.length; i++) {
            boolean text = map[i] > TEXT
                    || (i % width > 0 && map[i - 1] > TEXT)
                    || (i >= width && map[i - width] > TEXT)
                    || (i % width > 0 && i >= width && map[i - width - 1] > TEXT);
            labels[i] = text ? 1 : Patches.NONE;
        }
        return labels;
    }

    private static double mean(float[] map, int width, TextBox box) {
        double reach = Math.hypot(box.width(), box.height()) / 2;
        int height = map.length / width;
        double sum = 0;
        int count = 0;
        for (int y = (int) Math.max(0, box.y() - reach); y < Math.min(height, box.y() + reach); y++) {
            for (int x = (int) Math.max(0, box.x() - reach); x < Math.min(width, box.x() + reach); x++) {
                if (box.has(x + 0.5, y + 0.5)) {
                    sum += map[y * width + x];
                    count++;
                }
            }
        }
        return count == 0 ? 0 : sum / count;
    }

    private static List<TextBox> ordered(List<TextBox> boxes) {
        List<TextBox> down = new ArrayList<>(boxes);
        down.sort(Comparator.comparingDouble((TextBox box) -> box.at(0, 0)[1]));
        List<TextBox> ordered = new ArrayList<>();
        List<TextBox> line = new ArrayList<>();
        double before = 0;
        for (TextBox box : down) {
            double top = box.at(0, 0)[1];
            if (!line.isEmpty() && top - before >= SAME_LINE) {
                addLine(ordered, line);
            }
            line.add(box);
            before = top;
        }
        addLine(ordered, line);
        return ordered;
    }

    private static void addLine(List<TextBox> to, List<TextBox> line) {
        line.sort(Comparator.comparingDouble(box -> box.at(0, 0)[0]));
        to.addAll(line);
        line.clear();
    }
}
