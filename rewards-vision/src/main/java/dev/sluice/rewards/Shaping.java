package dev.sluice.rewards;

import dev.sluice.flow.tensor.Require;
import java.util.List;

/** What is made of a reward's scores before they are added to others': a map that rises and knows no other sample. */
public sealed interface Shaping {
    /** Leaves scores as they are. */
    Shaping NONE = new Standard(0, 1);

    /** Returns what a score becomes; infinities become the bounds of what can come out. */
    double of(double score);

    /**
     * The place in a range: (score − least)/(greatest − least), cut to [0, 1].
     *
     * @param least what becomes 0
     * @param greatest what becomes 1, above {@code least}
     */
    record Range(double least, double greatest) implements Shaping {
        public Range {
            if (!(least < greatest)) {
                throw new IllegalArgumentException(
                        "least (%s) must be below greatest (%s).".formatted(least, greatest));
            }
        }

        @Override
        public double of(double score) {
            return Math.max(0, Math.min(1, (score - least) / (greatest - least)));
        }
    }

    /**
     * (score − mean)/deviation, with fixed numbers such as those of the base model.
     *
     * @param mean what becomes 0
     * @param deviation above 0
     */
    record Standard(double mean, double deviation) implements Shaping {
        public Standard {
            Require.positive("deviation", deviation);
        }

        @Override
        public double of(double score) {
            return (score - mean) / deviation;
        }
    }

    /**
     * ln σ(scale·(score − reference)), at most 0: the logarithm of the chance to be better than the reference. It is steep for
     * bad samples and flat for good ones, and a sum of them is the logarithm of the chance to be good in all: a logical and.
     *
     * <p>Source: Wang et al. (2024), "Transforming and Combining Rewards for Aligning Large Language Models", arXiv:2402.00742.
     *
     * @param reference what is good enough, such as a high quantile of the base model's scores
     * @param scale above 0; 1 over the base model's deviation suits scores that are no logits
     */
    record LogSigmoid(double reference, double scale) implements Shaping {
        public LogSigmoid {
            Require.positive("scale", scale);
        }

        @Override
        public double of(double score) {
            return -softplus(-scale * (score - reference));
        }
    }

    /**
     * Preference as reward: the mean of σ(scale·(score − reference)) over references, in [0, 1].
     *
     * <p>Source: PAR (2025), arXiv:2502.18770. Differs: the references are the same for all prompts.
     *
     * @param references at least one, such as scores of the base model's samples
     * @param scale above 0
     */
    record Preference(List<Double> references, double scale) implements Shaping {
        public Preference {
            references = List.copyOf(references);
            if (references.isEmpty()) {
                throw new IllegalArgumentException("references ([]) must have at least one number.");
            }
            Require.positive("scale", scale);
        }

        @Override
        public double of(double score) {
            double sum = 0;
            for (double reference : references) {
                sum += Math.exp(-softplus(-scale * (score - reference)));
            }
            return sum / references.size();
        }
    }

    /** Returns ln(1 + e^z) without overflow. */
    private static double softplus(double z) {
        return Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
    }
}
