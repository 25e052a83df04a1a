package dev.sluice.flow.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;

/**
 * Standard normal noise from a seed: the same numbers on every device and after a resume, because they are drawn on the
 * JVM and not from the engine's global generator.
 */
public final class NoiseSource {
    private final SplittableRandom random;

    private NoiseSource(SplittableRandom random) {
        this.random = random;
    }

    /** Returns the source that a seed and the path to its use (a phase, an iteration, a sample) name. */
    public static NoiseSource of(long seed, long... path) {
        long state = mix(seed);
        for (long step : path) {
            state = mix(state ^ mix(step + 0x9E3779B97F4A7C15L));
        }
        return new NoiseSource(new SplittableRandom(state));
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
        z = (z ^ (z >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return z ^ (z >>> 33);
    }

    /** Returns new standard normal noise, float32, owned by {@code manager}. */
    public NDArray gaussian(NDManager manager, Shape shape) {
        return manager.create(gaussian(Math.toIntExact(shape.size())), shape);
    }

    /** Returns standard normal numbers (Marsaglia and Bray's polar method, 1964). */
    public float[] gaussian(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i += 2) {
            double u;
            double v;
            double s;
            do {
                u = 2 * random.nextDouble() - 1;
                v = 2 * random.nextDouble() - 1;
                s = u * u + v * v;
            } while (s >= 1 || s == 0);
            double scale = Math.sqrt(-2 * StrictMath.log(s) / s);
            values[i] = (float) (u * scale);
            if (i + 1 < count) {
                values[i + 1] = (float) (v * scale);
            }
        }
        return values;
    }

    /** Returns a uniform number in [0, 1). */
    public double uniform() {
        return random.nextDouble();
    }

    /** Returns a uniform integer in [0, bound). */
    public int uniform(int bound) {
        return random.nextInt(bound);
    }
}
