package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Prediction;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.NoiseSource;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * A lot at one level of noise for each sample.
 *
 * @param latents x_σ, shape (B, ...), float32
 * @param target u = ε − z, same shape
 * @param sigmas σ of each sample
 * @param levels the same as an array, shape (B)
 * @param conditioning what the samples are conditioned on
 */
record NoisedLot(NDArray latents, NDArray target, double[] sigmas, NDArray levels, Conditioning conditioning) {
    private static final long LEVELS = 0x6C6576656C73L;
    private static final long NOISE = 0x6E6F697365L;

    /**
     * Where the random numbers of an iteration come from: a sample's are the same whenever it is looked at.
     *
     * @param levels which levels there are
     * @param draws levels that every sample is looked at with
     * @param schedule the grid that the samples were made on
     * @param seed the run's
     * @param iteration counted from 0
     */
    record Draws(NoiseLevels levels, int draws, TimeSchedule schedule, long seed, long iteration) {
        private double[] sigmas(int[] units, int draw) {
            Map<Integer, double[]> drawn = new HashMap<>();
            return Arrays.stream(units)
                    .mapToDouble(unit -> drawn.computeIfAbsent(
                                    unit,
                                    u -> levels.draw(draws, schedule, NoiseSource.of(seed, LEVELS, iteration, u)))[
                            draw])
                    .toArray();
        }

        private NDArray noise(NDManager owner, int[] names, int draw, Shape shape) {
            int size = Math.toIntExact(shape.size() / names.length);
            float[] values = new float[Math.toIntExact(shape.size())];
            for (int i = 0; i < names.length; i++) {
                float[] one =
                        NoiseSource.of(seed, NOISE, iteration, names[i], draw).gaussian(size);
                System.arraycopy(one, 0, values, i * size, size);
            }
            return owner.create(values, shape);
        }
    }

    /** Returns a lot at one of its draws; its arrays belong to the manager of the samples. */
    static NoisedLot of(Gathered samples, Lot lot, Draws draws, int draw) {
        NDArray clean = samples.latents();
        NDManager owner = clean.getManager();
        double[] sigmas = draws.sigmas(lot.units(), draw);
        NDArray levels = Doubles.array(owner, sigmas, 1);
        NDArray noise = draws.noise(owner, lot.noises(), draw, clean.getShape());
        NDArray noised = Prediction.noised(clean, noise, levels);
        return new NoisedLot(noised, noise.sub(clean), sigmas, levels, samples.conditioning());
    }
}
