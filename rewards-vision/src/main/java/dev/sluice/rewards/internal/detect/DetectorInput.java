package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.internal.Bilinear;
import dev.sluice.video.Media;

/**
 * How a picture becomes a detector's pixels, and places in these become places in the picture.
 *
 * @param height rows that the network takes
 * @param width columns
 * @param fit how a picture is brought to that size
 * @param blueFirst whether channels stand as blue, green, red
 * @param divisor of values in 0..255, before mean and deviation
 * @param mean of each channel, in the network's order
 * @param deviation of each channel
 */
record DetectorInput(
        int height, int width, Fit fit, boolean blueFirst, double divisor, double[] mean, double[] deviation) {
    /** What YOLO fills up with, of 255. */
    private static final double GREY = 114;

    /** How a picture is brought to size. */
    enum Fit {
        /** In proportion, in the middle of grey. */
        LETTERBOX,
        /** In proportion, in the upper left corner of grey. */
        CORNER,
        /** Both sides as they must be. */
        STRETCH
    }

    /**
     * Where the picture lies among the network's pixels.
     *
     * @param across columns of the network for one of the picture
     * @param down rows of the network for one of the picture
     * @param left the column at which it begins
     * @param top the row at which it begins
     * @param columns that it takes
     * @param rows that it takes
     */
    record Place(double across, double down, int left, int top, int columns, int rows) {
        /** Returns edges in the picture, of edges among the network's pixels. */
        double[] back(double[] edges, Media picture) {
            return new double[] {
                limited((edges[0] - left) / across, picture.width()),
                limited((edges[1] - top) / down, picture.height()),
                limited((edges[2] - left) / across, picture.width()),
                limited((edges[3] - top) / down, picture.height())
            };
        }

        private static double limited(double edge, double most) {
            return Math.max(0, Math.min(most, edge));
        }
    }

    Place place(Media picture) {
        if (fit == Fit.STRETCH) {
            return new Place((double) width / picture.width(), (double) height / picture.height(), 0, 0, width, height);
        }
        double scale = Math.min((double) width / picture.width(), (double) height / picture.height());
        int columns = (int) Math.max(1, Math.min(width, Math.rint(picture.width() * scale)));
        int rows = (int) Math.max(1, Math.min(height, Math.rint(picture.height() * scale)));
        boolean middle = fit == Fit.LETTERBOX;
        return new Place(
                scale, scale, middle ? (width - columns) / 2 : 0, middle ? (height - rows) / 2 : 0, columns, rows);
    }

    /** Returns 3 × height × width values. */
    float[] planes(Media picture, Place place) {
        float[] planes = new float[3 * height * width];
        double down = (double) picture.height() / place.rows;
        double across = (double) picture.width() / place.columns;
        for (int c = 0; c < 3; c++) {
            int channel = blueFirst ? 2 - c : c;
            for (int y = 0; y < height; y++) {
                for (int x = 0; x < width; x++) {
                    int row = y - place.top;
                    int column = x - place.left;
                    boolean inside = row >= 0 && row < place.rows && column >= 0 && column < place.columns;
                    double value = inside
                            ? Bilinear.at(picture, 0, (row + 0.5) * down - 0.5, (column + 0.5) * across - 0.5, channel)
                            : GREY;
                    planes[(c * height + y) * width + x] = (float) ((value / divisor - mean[c]) / deviation[c]);
                }
            }
        }
        return planes;
    }
}
