package dev.sluice.grpo;

import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Require;

/** The levels of noise at which finished samples are looked at in training. */
public sealed interface NoiseLevels
        permits NoiseLevels.OfGrid,
                NoiseLevels.WholeGrid,
                NoiseLevels.LogitNormal,
                NoiseLevels.Uniform,
                NoiseLevels.Warped {
    /**
     * Returns levels in (0, 1].
     *
     * @param count how many
     * @param schedule the grid that the samples were made on
     * @param random decides
     */
    double[] draw(int count, TimeSchedule schedule, NoiseSource random);

    /**
     * Levels that the sampler has seen: the first ⌊fraction·N⌋ of its grid, at least one, all alike.
     *
     * @param fraction in (0, 1], published as 0.9
     * @param pureNoise whether σ_0 is among them; the source leaves it out but for PickScore
     */
    record OfGrid(double fraction, boolean pureNoise) implements NoiseLevels {
        /** The published setting. */
        public static final OfGrid AWM = new OfGrid(0.9, false);

        public OfGrid {
            Require.positive("fraction", fraction);
            Require.within("fraction", fraction, 0, 1);
        }

        @Override
        public double[] draw(int count, TimeSchedule schedule, NoiseSource random) {
            int first = pureNoise || schedule.steps() == 1 ? 0 : 1;
            int places = Math.max(first + 1, (int) Math.floor(fraction * schedule.steps())) - first;
            double[] levels = new double[count];
            for (int m = 0; m < count; m++) {
                levels[m] = schedule.sigma(first + random.uniform(places));
            }
            return levels;
        }
    }

    /**
     * All levels of the sampler's grid but 0, in random order, each once before any comes again.
     *
     * <p>Source: DiffusionNFT (2025), {@code train_nft_sd3.py}, which trains every step of the grid.
     */
    record WholeGrid() implements NoiseLevels {
        @Override
        public double[] draw(int count, TimeSchedule schedule, NoiseSource random) {
            double[] levels = new double[count];
            int[] order = {};
            for (int m = 0; m < count; m++) {
                int place = m % schedule.steps();
                order = place == 0 ? PromptOrder.permutation(schedule.steps(), random) : order;
                levels[m] = schedule.sigma(order[place]);
            }
            return levels;
        }
    }

    /**
     * σ = φ_a(1/(1 + e^{−u})) with u standard normal and φ_a(s) = a·s/(1 + (a − 1)·s).
     *
     * <p>Source: Esser et al. (2024), arXiv:2403.03206, section 3.1 and Eq. 23.
     *
     * @param shift a above 0; published as 3
     */
    record LogitNormal(double shift) implements NoiseLevels {
        public LogitNormal {
            Require.positive("shift", shift);
        }

        @Override
        public double[] draw(int count, TimeSchedule schedule, NoiseSource random) {
            float[] normal = random.gaussian(count);
            double[] levels = new double[count];
            for (int m = 0; m < count; m++) {
                double plain = 1 / (1 + Math.exp(-normal[m]));
                levels[m] = shift * plain / (1 + (shift - 1) * plain);
            }
            return levels;
        }
    }

    /**
     * Spread evenly over [least, 1]: one in each of {@code count} parts of equal length, which spares some of the variance.
     *
     * @param least in (0, 1); published as 0.2
     */
    record Uniform(double least) implements NoiseLevels {
        public Uniform {
            Require.positive("least", least);
            Require.within("least", least, 0, 1);
        }

        @Override
        public double[] draw(int count, TimeSchedule schedule, NoiseSource random) {
            double[] levels = new double[count];
            for (int m = 0; m < count; m++) {
                levels[m] = least + (1 - least) * (m + random.uniform()) / count;
            }
            return levels;
        }
    }

    /**
     * σ = φ_a(u) of a uniform u, cut to [least, most].
     *
     * <p>Source: Reward Forcing (2025), {@code model/re_dmd.py}: a = 5 and [0.02, 0.98].
     *
     * @param shift a above 0
     * @param least in (0, most)
     * @param most at most 1
     */
    record Warped(double shift, double least, double most) implements NoiseLevels {
        public Warped {
            Require.positive("shift", shift);
            Require.positive("least", least);
            Require.within("most", most, least, 1);
        }

        @Override
        public double[] draw(int count, TimeSchedule schedule, NoiseSource random) {
            double[] levels = new double[count];
            for (int m = 0; m < count; m++) {
                double plain = random.uniform();
                levels[m] = Math.min(Math.max(shift * plain / (1 + (shift - 1) * plain), least), most);
            }
            return levels;
        }
    }
}
