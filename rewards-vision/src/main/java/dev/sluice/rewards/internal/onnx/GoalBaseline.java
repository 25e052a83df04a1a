package dev.sluice.rewards.internal.onnx;

import java.util.List;

/**
 * How near a picture is to a goal in words, measured mostly along the way from a baseline to the goal.
 *
 * <p>With the means g and b of the unit embeddings of the goal's and the baseline's texts, d = g − b and
 * P = α·d·dᵀ/‖d‖² + (1 − α)·I, a picture of the unit embedding s earns 1 − ½·‖P·(s − g)‖², in [−1, 1]. With α = 0 and one goal
 * that is the cosine of s and g.
 *
 * <p>Source: VLM-RM, Rocamonde et al. (2023), arXiv:2310.12921, {@code reward_model.py}.
 */
final class GoalBaseline {
    private static final double LEAST_WAY = 1e-6;

    private final double[] goal;
    private final double[] way;
    private final double squared;
    private final double alpha;

    /**
     * Takes the embeddings.
     *
     * @param goal unit vectors, at least one
     * @param baseline the same of the texts that say what is always there
     * @param alpha how much of what is not on the way is left out, 0 to 1
     * @throws IllegalArgumentException if goal and baseline mean the same
     */
    GoalBaseline(List<float[]> goal, List<float[]> baseline, double alpha) {
        this.goal = mean(goal);
        double[] from = mean(baseline);
        way = new double[from.length];
        double sum = 0;
        for (int i = 0; i < way.length; i++) {
            way[i] = this.goal[i] - from[i];
            sum += way[i] * way[i];
        }
        squared = sum;
        this.alpha = alpha;
        if (!(Math.sqrt(sum) >= LEAST_WAY)) {
            throw new IllegalArgumentException("the goal and the baseline mean the same to the network");
        }
    }

    /** The mean is not brought to length 1 again; neither does the source. */
    private static double[] mean(List<float[]> vectors) {
        double[] mean = new double[vectors.get(0).length];
        for (float[] vector : vectors) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += (double) vector[i] / vectors.size();
            }
        }
        return mean;
    }

    /** Returns what a picture earns. */
    double score(float[] unit) {
        double along = 0;
        double apart = 0;
        for (int i = 0; i < way.length; i++) {
            double rest = unit[i] - goal[i];
            along += rest * way[i];
            apart += rest * rest;
        }
        // ‖P·r‖² = (1 − α)²·‖r‖² + (2·α·(1 − α) + α²)·(r·d)²/‖d‖², without ever building P
        double kept = 1 - alpha;
        return 1 - (kept * kept * apart + alpha * (2 - alpha) * along * along / squared) / 2;
    }
}
