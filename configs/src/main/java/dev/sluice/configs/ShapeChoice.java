package dev.sluice.configs;

import dev.sluice.configs.internal.NotEmpty;
import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.rewards.Shaping;
import java.util.List;

/** What is made of a reward's scores before its weight. */
public sealed interface ShapeChoice {
    /** Returns the map. */
    Shaping shaping();

    /**
     * The place in a range, cut to [0, 1].
     *
     * @param least what becomes 0
     * @param greatest what becomes 1
     */
    @Variant("range")
    record Range(double least, double greatest) implements ShapeChoice {
        public Range {
            new Shaping.Range(least, greatest);
        }

        @Override
        public Shaping shaping() {
            return new Shaping.Range(least, greatest);
        }
    }

    /**
     * (score − mean)/deviation, with fixed numbers.
     *
     * @param mean what becomes 0
     * @param deviation what it is divided by
     */
    @Variant("standard")
    record Standard(double mean, @Within(above = 0) double deviation) implements ShapeChoice {
        @Override
        public Shaping shaping() {
            return new Shaping.Standard(mean, deviation);
        }
    }

    /**
     * ln σ(scale·(score − reference)); a sum of such is a logical and.
     *
     * @param reference what is good enough
     * @param scale of the scores
     */
    @Variant("log-sigmoid")
    record LogSigmoid(double reference, @Within(above = 0) double scale) implements ShapeChoice {
        @Override
        public Shaping shaping() {
            return new Shaping.LogSigmoid(reference, scale);
        }
    }

    /**
     * PAR: the mean of σ(scale·(score − reference)).
     *
     * @param references scores to be better than
     * @param scale of the scores
     */
    @Variant("preference")
    record Preference(
            @NotEmpty List<Double> references,
            @Within(above = 0) double scale) implements ShapeChoice {
        @Override
        public Shaping shaping() {
            return new Shaping.Preference(references, scale);
        }
    }
}
