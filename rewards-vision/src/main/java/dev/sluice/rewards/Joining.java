package dev.sluice.rewards;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;
import java.util.List;

/** How the scores that several rewards give one sample become one, other than by a sum: {@link WeightedSum} is that. */
public sealed interface Joining {
    /**
     * Returns the one score.
     *
     * @param names of the rewards
     * @param scores one for each reward, finite
     * @param weights one for each reward
     */
    double of(List<String> names, double[] scores, double[] weights);

    /**
     * Refuses rewards that cannot be joined in this way.
     *
     * @throws IllegalArgumentException if a name is missing or a weight makes no sense
     */
    default void check(List<String> names, double[] weights) {}

    /** What is made of the members of an ensemble. */
    enum By {
        /** Their mean. */
        MEAN,
        /** The middle one. */
        MEDIAN,
        /** The least: what one member finds bad is bad. */
        LEAST,
        /** The mean less the penalty times the deviation. */
        DEVIATION,
        /** The mean less the penalty times the variance. */
        VARIANCE
    }

    /**
     * Several judges of the same thing: a sample that fools one of them gains little. Their scores must be comparable before, by
     * {@link Shaping}. Weights multiply the scores.
     *
     * <p>Source: Eisenstein et al. (2023), "Helping or Herding?", arXiv:2312.09244; Coste et al. (2023), arXiv:2310.02743.
     *
     * @param by what is made of the scores
     * @param penalty of disagreement, at least 0; means nothing to mean, median and least
     */
    record Ensemble(By by, double penalty) implements Joining {
        public Ensemble {
            Require.notNegative("penalty", penalty);
        }

        @Override
        public double of(List<String> names, double[] scores, double[] weights) {
            double[] sorted = new double[scores.length];
            Arrays.setAll(sorted, i -> weights[i] * scores[i]);
            Arrays.sort(sorted);
            double mean = Arrays.stream(sorted).average().orElseThrow();
            double variance = Arrays.stream(sorted)
                    .map(s -> (s - mean) * (s - mean))
                    .average()
                    .orElseThrow();
            return switch (by) {
                case MEAN -> mean;
                case MEDIAN -> (sorted[sorted.length / 2] + sorted[(sorted.length - 1) / 2]) / 2;
                case LEAST -> sorted[0];
                case DEVIATION -> mean - penalty * Math.sqrt(variance);
                case VARIANCE -> mean - penalty * variance;
            };
        }
    }

    /**
     * base·(share + (1 − share)·bonus), where the bonus is the weighted mean of all rewards but the base: without the base nothing
     * counts, so that doing nothing well earns nothing. All scores are cut to [0, 1] first. A share of 0 makes a product.
     *
     * <p>Source: FIRM, "Trust Your Critic" (2026): share 0.6 for editing (execution and consistency), 0.4 for generation (following
     * the instruction and quality).
     *
     * @param base the name of the reward that must be earned
     * @param share what the base earns without any bonus, 0 to 1
     */
    record BaseAndBonus(String base, double share) implements Joining {
        public BaseAndBonus {
            if (!(share >= 0 && share <= 1)) {
                throw new IllegalArgumentException("share (%s) must be at least 0 and at most 1.".formatted(share));
            }
        }

        @Override
        public void check(List<String> names, double[] weights) {
            if (!names.contains(base)) {
                throw new IllegalArgumentException(
                        "base (%s) must be one of %s.".formatted(base, String.join(", ", names)));
            }
            double sum = 0;
            for (int i = 0; i < weights.length; i++) {
                if (!(weights[i] >= 0)) {
                    throw new IllegalArgumentException(
                            "The weight (%s) of %s must be at least 0, because it is a share of the bonus."
                                    .formatted(weights[i], names.get(i)));
                }
                sum += names.get(i).equals(base) ? 0 : weights[i];
            }
            if (!(sum > 0)) {
                throw new IllegalArgumentException(
                        "base (%s) must stand beside a reward with a weight above 0 as its bonus.".formatted(base));
            }
        }

        @Override
        public double of(List<String> names, double[] scores, double[] weights) {
            double earned = 0;
            double bonus = 0;
            double sum = 0;
            for (int i = 0; i < scores.length; i++) {
                double score = Math.max(0, Math.min(1, scores[i]));
                if (names.get(i).equals(base)) {
                    earned = score;
                } else {
                    bonus += weights[i] * score;
                    sum += weights[i];
                }
            }
            return earned * (share + (1 - share) * bonus / sum);
        }
    }
}
