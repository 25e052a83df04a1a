package dev.sluice.grpo;

/**
 * Mean and standard deviation of the finite ones among some values, in double.
 *
 * @param count number of finite values
 * @param mean their mean; NaN if there is none
 * @param squares sum of the squared distances from the mean
 * @param least smallest value
 * @param most largest value
 */
record Moments(int count, double mean, double squares, double least, double most) {
    /** What a float32 mean can be off by, relative to the values: below it a spread is rounding, not signal. */
    private static final double ROUNDING = 1e-7;

    static Moments of(double[] values) {
        int[] all = new int[values.length];
        for (int i = 0; i < all.length; i++) {
            all[i] = i;
        }
        return of(values, all);
    }

    static Moments of(double[] values, int[] members) {
        int count = 0;
        double sum = 0;
        double least = Double.POSITIVE_INFINITY;
        double most = Double.NEGATIVE_INFINITY;
        for (int i : members) {
            if (Double.isFinite(values[i])) {
                count++;
                sum += values[i];
                least = Math.min(least, values[i]);
                most = Math.max(most, values[i]);
            }
        }
        double mean = count == 0 ? Double.NaN : sum / count;
        double squares = 0;
        for (int i : members) {
            if (Double.isFinite(values[i])) {
                squares += (values[i] - mean) * (values[i] - mean);
            }
        }
        return new Moments(count, mean, squares, least, most);
    }

    /** Returns the standard deviation with divisor {@code count} − ddof; 0 if there are too few values. */
    double deviation(int ddof) {
        return count > ddof ? Math.sqrt(squares / (count - ddof)) : 0;
    }

    /** Returns whether fewer than two values differ by more than rounding. */
    boolean flat() {
        return count < 2 || most - least <= ROUNDING * Math.max(1, Math.abs(mean));
    }
}
