package dev.sluice.sde;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import java.util.List;

/**
 * The noise of named samples: every number depends on (seed, iteration, sample, step) alone, so a sample is the same in
 * whatever chunk it is rolled out, and a resumed run needs no generator's state.
 *
 * @param seed the run's seed
 * @param iteration the iteration of the run
 * @param samples the name of each sample of the batch, in order; samples of one name get the same noise
 */
public record SampleNoise(long seed, long iteration, List<Long> samples) implements StepNoise {
    private static final int BEFORE_THE_FIRST_STEP = -1;

    public SampleNoise {
        samples = List.copyOf(samples);
    }

    /**
     * Returns the pure noise that a rollout starts from.
     *
     * @param owner the manager of the result
     * @param sample shape of one sample, without the batch axis
     * @return shape (B, ...), float32
     */
    public NDArray initial(NDManager owner, Shape sample) {
        return draw(owner, new Shape(samples.size()).addAll(sample), BEFORE_THE_FIRST_STEP);
    }

    @Override
    public NDArray draw(NDManager owner, Shape shape, int step) {
        if (shape.get(0) != samples.size()) {
            throw new IllegalArgumentException("The batch has shape %s but there are %s samples; they must agree."
                    .formatted(shape, samples.size()));
        }
        int size = Math.toIntExact(shape.size() / samples.size());
        float[] values = new float[size * samples.size()];
        for (int i = 0; i < samples.size(); i++) {
            float[] one = NoiseSource.of(seed, iteration, samples.get(i), step).gaussian(size);
            System.arraycopy(one, 0, values, i * size, size);
        }
        return owner.create(values, shape);
    }
}
