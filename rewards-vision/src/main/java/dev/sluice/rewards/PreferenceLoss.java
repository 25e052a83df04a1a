package dev.sluice.rewards;

import dev.sluice.flow.tensor.Require;

/**
 * What a comparison of two samples costs a reward model, by the difference d of their scores: the preferred one's less the other
 * one's. A tie costs the same for d and −d.
 *
 * <p>With a margin m of its own a comparison is judged as if d were d − m.
 */
public sealed interface PreferenceLoss {
    /** Returns the loss where one sample is preferred. */
    double win(double d);

    /** Returns the derivative of {@link #win} by d. */
    double winSlope(double d);

    /** Returns the loss where neither is preferred. */
    double tie(double d);

    /** Returns the derivative of {@link #tie} by d. */
    double tieSlope(double d);

    /** Returns ln(1 + eᶻ), also where eᶻ is no number. */
    static double softplus(double z) {
        return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    }

    /** Returns 1/(1 + e⁻ᶻ). */
    static double sigmoid(double z) {
        return z >= 0 ? 1 / (1 + Math.exp(-z)) : Math.exp(z) / (1 + Math.exp(z));
    }

    /**
     * Bradley and Terry (1952): −ln σ(d − m), with a share of the labels taken for wrong. A tie is half a win of each.
     *
     * <p>Source: VideoAlign's constant margin (Liu et al. 2025, arXiv:2501.13918); SoliReward's smoothing, whose margin is taken
     * off in both terms.
     *
     * @param margin m, by how much a preferred sample should be ahead
     * @param smoothing the share of labels that are taken for wrong, in [0, ½)
     */
    record BradleyTerry(double margin, double smoothing) implements PreferenceLoss {
        /** Without margin and smoothing. */
        public static final BradleyTerry PLAIN = new BradleyTerry(0, 0);

        public BradleyTerry {
            Require.notNegative("margin", margin);
            Require.within("smoothing", smoothing, 0, Math.nextDown(0.5));
        }

        @Override
        public double win(double d) {
            return (1 - smoothing) * softplus(margin - d) + smoothing * softplus(d - margin);
        }

        @Override
        public double winSlope(double d) {
            return sigmoid(d - margin) - (1 - smoothing);
        }

        @Override
        public double tie(double d) {
            return 0.5 * (softplus(d) + softplus(-d));
        }

        @Override
        public double tieSlope(double d) {
            return sigmoid(d) - 0.5;
        }
    }

    /**
     * Rao and Kupper (1967): P(win) = σ(d − ln k), P(lose) = σ(−d − ln k), P(tie) = (k² − 1)·P(win)·P(lose).
     *
     * <p>Source: VideoAlign (Liu et al. 2025, arXiv:2501.13918), with k = 5.
     *
     * @param k how wide ties are, above 1
     */
    record RaoKupper(double k) implements PreferenceLoss {
        public RaoKupper {
            if (!(k > 1 && k < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("k (%s) must be a finite number above 1.".formatted(k));
            }
        }

        @Override
        public double win(double d) {
            return softplus(Math.log(k) - d);
        }

        @Override
        public double winSlope(double d) {
            return sigmoid(d - Math.log(k)) - 1;
        }

        @Override
        public double tie(double d) {
            return softplus(Math.log(k) - d) + softplus(Math.log(k) + d) - Math.log(k * k - 1);
        }

        @Override
        public double tieSlope(double d) {
            return sigmoid(d - Math.log(k)) - 1 + sigmoid(d + Math.log(k));
        }
    }

    /**
     * SoliReward's losses of wins and ties (2025): those of Rao and Kupper with m = ln k, less a constant of ties. A wide m pulls good
     * samples together, so that a policy does not chase a few of them.
     *
     * @param margin m, above 0
     */
    record WinTie(double margin) implements PreferenceLoss {
        public WinTie {
            Require.positive("margin", margin);
        }

        @Override
        public double win(double d) {
            return softplus(margin - d);
        }

        @Override
        public double winSlope(double d) {
            return sigmoid(d - margin) - 1;
        }

        @Override
        public double tie(double d) {
            return softplus(margin - d) + softplus(margin + d);
        }

        @Override
        public double tieSlope(double d) {
            return sigmoid(d - margin) - 1 + sigmoid(d + margin);
        }
    }

    /**
     * Davidson (1970): P(win) : P(tie) : P(lose) = e^(d/2) : ν : e^(−d/2).
     *
     * @param nu ν, how likely ties are, above 0; of two equal samples they have the share ν/(2 + ν)
     */
    record Davidson(double nu) implements PreferenceLoss {
        public Davidson {
            Require.positive("nu", nu);
        }

        /** Returns ln(e^(d/2) + ν + e^(−d/2)). */
        private double all(double d) {
            double half = Math.abs(d) / 2;
            return half + Math.log1p(nu * Math.exp(-half) + Math.exp(-2 * half));
        }

        @Override
        public double win(double d) {
            return all(d) - d / 2;
        }

        @Override
        public double winSlope(double d) {
            return tieSlope(d) - 0.5;
        }

        @Override
        public double tie(double d) {
            return all(d) - Math.log(nu);
        }

        @Override
        public double tieSlope(double d) {
            double half = Math.abs(d) / 2;
            double less = Math.exp(-2 * half);
            return Math.signum(d) * 0.5 * (1 - less) / (1 + nu * Math.exp(-half) + less);
        }
    }
}
