package dev.sluice.rewards.internal.preference;

import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.PreferenceLoss;
import dev.sluice.rewards.RewardArchitecture;
import java.util.List;

/**
 * The loss of a batch of comparisons and ratings by the scores of its samples, and its derivatives. A rating costs half the square of
 * what the score is off.
 *
 * @param architecture whose columns are scored
 * @param loss of a comparison
 * @param pinning η: η·(r + r′)² keeps the scores of a pair around 0, which their difference does not
 * @param rating how much the mean over ratings counts beside that over comparisons
 * @param levels how much criteria, aspects and gates count beside the overall score
 */
public record BatchLoss(
        RewardArchitecture architecture, PreferenceLoss loss, double pinning, double rating, Levels levels) {
    private static final double LEAST_SHARE = 1e-5;

    /**
     * Weights of what experts are taught.
     *
     * @param aspects of comparisons about an aspect
     * @param criteria of comparisons about a criterion
     * @param gates of what the gates give to aspects that a prompt has no judgment about
     */
    public record Levels(double aspects, double criteria, double gates) {
        /** MJ-VIDEO's. */
        public static final Levels MJ_VIDEO = new Levels(0.3, 0.3, 0.3);
    }

    /**
     * What came of it.
     *
     * @param value the loss
     * @param slopes its derivatives by every output of every sample
     */
    public record Result(double value, double[][] slopes) {}

    /**
     * Computes it.
     *
     * @param scores of each sample, with experts followed by its gates
     * @param comparisons whose items are indices of scores
     * @param ratings whose items are indices of scores
     * @param irrelevant aspects whose gates should be closed, for each sample; none for heads without gates
     */
    public Result of(double[][] scores, List<Comparison> comparisons, List<Rating> ratings, boolean[][] irrelevant) {
        double[][] slopes = new double[scores.length][scores[0].length];
        double all = 0;
        for (Comparison one : comparisons) {
            all += one.weight();
        }
        double value = 0;
        for (Comparison one : comparisons) {
            int k = one.column();
            double first = scores[one.winner()][k];
            double second = scores[one.loser()][k];
            double d = first - second - one.margin();
            double weight = one.weight() * level(k) / all;
            double slope = weight * (one.tie() ? loss.tieSlope(d) : loss.winSlope(d));
            double pin = 2 * pinning * weight * (first + second);
            value += weight * ((one.tie() ? loss.tie(d) : loss.win(d)) + pinning * (first + second) * (first + second));
            slopes[one.winner()][k] += slope + pin;
            slopes[one.loser()][k] += pin - slope;
        }
        return new Result(value + rated(scores, ratings, slopes) + gates(scores, irrelevant, slopes), slopes);
    }

    private double rated(double[][] scores, List<Rating> ratings, double[][] slopes) {
        double all = ratings.stream().mapToDouble(Rating::weight).sum();
        double value = 0;
        for (Rating one : ratings) {
            double off = scores[one.item()][one.column()] - one.target();
            double weight = rating * one.weight() * level(one.column()) / all;
            value += weight * off * off / 2;
            slopes[one.item()][one.column()] += weight * off;
        }
        return value;
    }

    private double level(int column) {
        String name = architecture.columns().get(column);
        if (!(architecture.head() instanceof RewardArchitecture.Head.Experts) || name.equals(PreferenceData.OVERALL)) {
            return 1;
        }
        return name.contains("/") ? levels.criteria() : levels.aspects();
    }

    /** MJ-VIDEO: −Σ ln(1 − g + 10⁻⁵) over what is irrelevant. */
    private double gates(double[][] scores, boolean[][] irrelevant, double[][] slopes) {
        double value = 0;
        int first = architecture.columns().size();
        double weight = levels.gates() / scores.length;
        for (int i = 0; i < irrelevant.length; i++) {
            for (int a = 0; a < irrelevant[i].length; a++) {
                if (irrelevant[i][a]) {
                    double open = 1 - scores[i][first + a] + LEAST_SHARE;
                    value -= weight * Math.log(open);
                    slopes[i][first + a] += weight / open;
                }
            }
        }
        return value;
    }
}
