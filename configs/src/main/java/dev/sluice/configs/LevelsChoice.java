package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.NoiseLevels;

/** The levels of noise at which finished samples are looked at. */
public sealed interface LevelsChoice {
    /** Returns the trainer's choice. */
    NoiseLevels levels();

    /**
     * Some of the levels that the sampler has seen.
     *
     * @param fraction the first of them, as a share
     * @param pureNoise whether the first is among them
     */
    @Variant("grid")
    record Grid(@Within(above = 0, most = 1) double fraction, boolean pureNoise) implements LevelsChoice {
        @Override
        public NoiseLevels levels() {
            return new NoiseLevels.OfGrid(fraction, pureNoise);
        }
    }

    /** All levels that the sampler has seen, in turn. */
    @Variant("whole-grid")
    record WholeGrid() implements LevelsChoice {
        @Override
        public NoiseLevels levels() {
            return new NoiseLevels.WholeGrid();
        }
    }

    /**
     * Logit-normal levels.
     *
     * @param shift a of the shift map; 1 for none
     */
    @Variant("logit-normal")
    record LogitNormal(@Within(above = 0) double shift) implements LevelsChoice {
        @Override
        public NoiseLevels levels() {
            return new NoiseLevels.LogitNormal(shift);
        }
    }

    /**
     * Evenly spread levels.
     *
     * @param least the lowest
     */
    @Variant("uniform")
    record Uniform(@Within(above = 0, below = 1) double least) implements LevelsChoice {
        @Override
        public NoiseLevels levels() {
            return new NoiseLevels.Uniform(least);
        }
    }

    /**
     * Levels of a shift map.
     *
     * @param shift a of the shift map
     * @param least the lowest
     * @param most the highest
     */
    @Variant("warped")
    record Warped(
            @Within(above = 0) double shift,
            @Within(above = 0, below = 1) double least,
            @Within(above = 0, most = 1) double most)
            implements LevelsChoice {
        @Override
        public NoiseLevels levels() {
            return new NoiseLevels.Warped(shift, least, most);
        }
    }
}
