package dev.sluice.grpo;

/** The logistic function, safe for arguments of any size. */
final class Logistic {
    private Logistic() {}

    /** Returns 1/(1 + e^{−x}). */
    static double of(double x) {
        if (x >= 0) {
            return 1 / (1 + Math.exp(-x));
        }
        double small = Math.exp(x);
        return small / (1 + small);
    }

    /** Returns −ln(1/(1 + e^{−x})). */
    static double minusLog(double x) {
        return Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
