package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.sde.DriftGuide;
import dev.sluice.sde.GaussianStep;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Leads the samples of a chunk to where the reward rises; see {@link RewardGradient}. */
final class RewardGuide implements DriftGuide {
    private static final long PURPOSE = 0x7370736175L;

    private final RewardGradient options;
    private final Function<NDArray, double[]> rewards;
    private final List<Long> samples;
    private final long[] run;

    /**
     * Creates a guide.
     *
     * @param rewards of clean latents, shape (B, ...); NaN where there is none
     * @param samples the name of each sample of the batch: what it is led by depends on it alone
     * @param seed of the run
     * @param iteration of the run
     */
    RewardGuide(
            RewardGradient options,
            Function<NDArray, double[]> rewards,
            List<Long> samples,
            long seed,
            long iteration) {
        this.options = options;
        this.rewards = rewards;
        this.samples = samples;
        this.run = new long[] {seed, iteration};
    }

    @Override
    public Optional<NDArray> shift(NDArray latents, NDArray data, int step, GaussianStep numbers) {
        if (!options.leads(step)) {
            return Optional.empty();
        }
        int size = Math.toIntExact(data.size() / samples.size());
        float[] gradient = new float[Math.toIntExact(data.size())];
        for (int draw = 0; draw < options.draws(); draw++) {
            float[] directions = directions(size, step, draw);
            double[] slopes = slopes(data, directions);
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] += (float) (slopes[i / size] * directions[i]);
            }
        }
        options.scale(gradient, size, numbers);
        return Optional.of(data.getManager().create(gradient, data.getShape()));
    }

    private float[] directions(int size, int step, int draw) {
        float[] all = new float[size * samples.size()];
        for (int i = 0; i < samples.size(); i++) {
            float[] one = NoiseSource.of(run[0], PURPOSE, run[1], samples.get(i), step, draw)
                    .gaussian(size);
            System.arraycopy(one, 0, all, i * size, size);
        }
        return all;
    }

    /** Returns the slope of every sample's reward along its direction, divided by the number of draws; 0 where there is none. */
    private double[] slopes(NDArray data, float[] directions) {
        try (NDManager scratch = data.getManager().newSubManager()) {
            float[] steps = directions.clone();
            for (int i = 0; i < steps.length; i++) {
                steps[i] *= (float) options.radius();
            }
            NDArray away = scratch.create(steps, data.getShape());
            double[] ahead = rewards.apply(away.add(data));
            double[] behind = rewards.apply(away.neg().add(data));
            double[] slopes = new double[ahead.length];
            for (int i = 0; i < slopes.length; i++) {
                double slope = (ahead[i] - behind[i]) / (2 * options.radius() * options.draws());
                slopes[i] = Double.isFinite(slope) ? slope : 0;
            }
            return slopes;
        }
    }
}
