package dev.sluice.video;

import java.util.Arrays;

/**
 * Two pictures of one size, and how far apart they are.
 *
 * @param first an image
 * @param second an image of the same size
 */
public record FrameComparison(Media first, Media second) {
    private static final int GAP = 4;
    private static final int GREY = 64;

    /** Levels at which the heat map is brightest: a difference that everybody sees. */
    private static final double BRIGHTEST = 96;

    /** Black, blue, magenta, orange, yellow, white. */
    private static final int[][] HEAT = {
        {0, 0, 0}, {30, 20, 150}, {170, 20, 140}, {240, 110, 20}, {255, 220, 40}, {255, 255, 255}
    };

    /** Checks the sizes. */
    public FrameComparison {
        if (!first.isImage() || !second.isImage()) {
            throw new IllegalArgumentException(
                    "first and second (%s and %s frames) must be images.".formatted(first.frames(), second.frames()));
        }
        if (first.height() != second.height() || first.width() != second.width()) {
            throw new IllegalArgumentException("first has %s×%s pixels but second has %s×%s; they must be equal."
                    .formatted(first.height(), first.width(), second.height(), second.width()));
        }
    }

    /** Returns the mean of squared differences over all values, in levels of 255. */
    public double meanSquare() {
        double sum = 0;
        for (int i = 0; i < first.rgb().length; i++) {
            double difference = difference(i);
            sum += difference * difference;
        }
        return sum / first.rgb().length;
    }

    /** Returns 10·log10(255² / mean square), in decibels; infinite of equal pictures. */
    public double psnr() {
        return 10 * Math.log10(255 * 255 / meanSquare());
    }

    /** Returns the mean of differences without their sign, in levels of 255. */
    public double meanDifference() {
        double sum = 0;
        for (int i = 0; i < first.rgb().length; i++) {
            sum += Math.abs(difference(i));
        }
        return sum / first.rgb().length;
    }

    /** Returns the largest difference of any value, in levels of 255. */
    public int largestDifference() {
        int most = 0;
        for (int i = 0; i < first.rgb().length; i++) {
            most = Math.max(most, Math.abs(difference(i)));
        }
        return most;
    }

    private int difference(int at) {
        return (first.rgb()[at] & 0xFF) - (second.rgb()[at] & 0xFF);
    }

    /**
     * Returns where the pictures differ: of each pixel the channel that differs most, black where none does, over blue, magenta,
     * orange and yellow to white from 96 levels on. Small differences are lifted by a square root.
     */
    public Media heatMap() {
        byte[] rgb = new byte[first.rgb().length];
        for (int i = 0; i < rgb.length; i += 3) {
            int most = Math.max(
                    Math.abs(difference(i)), Math.max(Math.abs(difference(i + 1)), Math.abs(difference(i + 2))));
            double heat = Math.sqrt(Math.min(1, most / BRIGHTEST)) * (HEAT.length - 1);
            int step = Math.min(HEAT.length - 2, (int) heat);
            for (int c = 0; c < 3; c++) {
                double value = HEAT[step][c] + (heat - step) * (HEAT[step + 1][c] - HEAT[step][c]);
                rgb[i + c] = (byte) Math.rint(value);
            }
        }
        return Media.image(first.height(), first.width(), rgb);
    }

    /**
     * Returns the pictures side by side, with a gap of 4 grey columns.
     *
     * @param withHeat whether the heat map stands at their right
     */
    public Media sideBySide(boolean withHeat) {
        Media[] pictures = withHeat ? new Media[] {first, second, heatMap()} : new Media[] {first, second};
        int width = pictures.length * first.width() + (pictures.length - 1) * GAP;
        byte[] rgb = new byte[3 * width * first.height()];
        Arrays.fill(rgb, (byte) GREY);
        for (int k = 0; k < pictures.length; k++) {
            for (int y = 0; y < first.height(); y++) {
                int to = y * width + k * (first.width() + GAP);
                System.arraycopy(pictures[k].rgb(), 3 * y * first.width(), rgb, 3 * to, 3 * first.width());
            }
        }
        return Media.image(first.height(), width, rgb);
    }
}
