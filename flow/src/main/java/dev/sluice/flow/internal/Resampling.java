package dev.sluice.flow.internal;

/**
 * Resizes 8-bit pictures, rows after columns, each pass rounded to 8 bits: the very bytes that Pillow gives, from which the
 * models' makers prepared their pictures.
 *
 * <p>Source: Pillow, {@code src/libImaging/Resample.c}: the kernel is widened by the reduction, and its weights are whole
 * multiples of 2⁻²².
 */
public enum Resampling {
    /** Cubic convolution with a = −½, over two pixels to each side. */
    BICUBIC(2) {
        @Override
        double weight(double x) {
            double t = Math.abs(x);
            if (t < 1) {
                return (1.5 * t - 2.5) * t * t + 1;
            }
            return t < 2 ? ((-0.5 * t + 2.5) * t - 4) * t + 2 : 0;
        }
    },
    /** A sinc under a sinc three times as wide, over three pixels to each side. */
    LANCZOS(3) {
        @Override
        double weight(double x) {
            return -3 <= x && x < 3 ? sinc(x) * sinc(x / 3) : 0;
        }
    };

    private static final int FRACTION_BITS = 22;

    private final double support;

    Resampling(double support) {
        this.support = support;
    }

    abstract double weight(double x);

    private static double sinc(double x) {
        return x == 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI);
    }

    /**
     * Resizes a picture.
     *
     * @param rgb rows × columns × 3 bytes, red first
     * @return as many bytes of the new size
     */
    public byte[] resized(byte[] rgb, int rows, int columns, int newRows, int newColumns) {
        byte[] wide = newColumns == columns ? rgb : pass(rgb, rows, columns, newColumns);
        if (newRows == rows) {
            return wide.clone();
        }
        byte[] turned = pass(turned(wide, rows, newColumns), newColumns, rows, newRows);
        return turned(turned, newColumns, newRows);
    }

    /** Resizes every row. */
    private byte[] pass(byte[] rgb, int rows, int columns, int newColumns) {
        byte[] out = new byte[3 * rows * newColumns];
        double scale = (double) columns / newColumns;
        double widened = Math.max(1, scale);
        double reach = support * widened;
        for (int x = 0; x < newColumns; x++) {
            double centre = (x + 0.5) * scale;
            int from = Math.max(0, (int) (centre - reach + 0.5));
            int to = Math.min(columns, (int) (centre + reach + 0.5));
            int[] weights = weights(from, to, centre, widened);
            for (int y = 0; y < rows; y++) {
                for (int channel = 0; channel < 3; channel++) {
                    int sum = 1 << (FRACTION_BITS - 1);
                    for (int i = from; i < to; i++) {
                        sum += weights[i - from] * (rgb[3 * (y * columns + i) + channel] & 0xFF);
                    }
                    out[3 * (y * newColumns + x) + channel] = (byte) Math.max(0, Math.min(255, sum >> FRACTION_BITS));
                }
            }
        }
        return out;
    }

    private int[] weights(int from, int to, double centre, double widened) {
        double[] weights = new double[to - from];
        double sum = 0;
        for (int i = 0; i < weights.length; i++) {
            weights[i] = weight((i + from - centre + 0.5) / widened);
            sum += weights[i];
        }
        int[] whole = new int[weights.length];
        for (int i = 0; i < weights.length; i++) {
            double scaled = weights[i] / sum * (1 << FRACTION_BITS);
            whole[i] = (int) (scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        }
        return whole;
    }

    private static byte[] turned(byte[] rgb, int rows, int columns) {
        byte[] out = new byte[rgb.length];
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < columns; x++) {
                System.arraycopy(rgb, 3 * (y * columns + x), out, 3 * (x * rows + y), 3);
            }
        }
        return out;
    }
}
