package dev.sluice.flow;

/** Quantiles of the Beta(a, a) distribution for a in (0, 1], which diffusers takes from SciPy for its beta spacing. */
final class BetaQuantile {
    private static final int PIECES = 400;

    private BetaQuantile() {}

    /**
     * Returns x in [0, 1] with I_x(a, a) = probability, to about 1e-13.
     *
     * @param probability in [0, 1]
     * @param a the distribution's shape, in (0, 1]
     */
    static double symmetric(double probability, double a) {
        if (probability > 0.5) {
            return 1 - symmetric(1 - probability, a);
        }
        double wanted = probability * 2 * lower(0.5, a);
        double low = 0;
        double high = 0.5;
        for (int i = 0; i < 60; i++) {
            double middle = (low + high) / 2;
            if (lower(middle, a) < wanted) {
                low = middle;
            } else {
                high = middle;
            }
        }
        return probability == 0 ? 0 : (low + high) / 2;
    }

    /**
     * Returns ∫₀ˣ t^(a−1)(1−t)^(a−1) dt for x ≤ ½. The substitution t = u^(1/a) takes the pole at 0 away and leaves
     * (1/a)·∫ (1 − u^(1/a))^(a−1) du, which Simpson's rule integrates.
     */
    private static double lower(double x, double a) {
        double end = Math.pow(x, a);
        double width = end / PIECES;
        double sum = 0;
        for (int i = 0; i <= PIECES; i++) {
            int weight = i == 0 || i == PIECES ? 1 : (i % 2 == 1 ? 4 : 2);
            sum += weight * Math.pow(1 - Math.pow(i * width, 1 / a), a - 1);
        }
        return sum * width / 3 / a;
    }
}
