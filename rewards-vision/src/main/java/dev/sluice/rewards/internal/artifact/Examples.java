package dev.sluice.rewards.internal.artifact;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Points that stand for many more, so that something can be told to be like none of them.
 *
 * @param points all of one length, at least one; not to be changed
 */
public record Examples(float[][] points) {
    /**
     * Chooses points, each the one that is furthest from all chosen before.
     *
     * <p>Source: Gonzalez (1985), "Clustering to minimize the maximum intercluster distance"; as in PatchCore (Roth et al. 2021,
     * arXiv:2106.08265).
     *
     * @param all at least one
     * @param most chosen ones; fewer if all others are equal to one of them
     * @param seed of the first one
     */
    public static Examples of(List<float[]> all, int most, long seed) {
        double[] nearest = new double[all.size()];
        Arrays.fill(nearest, Double.MAX_VALUE);
        List<float[]> chosen = new ArrayList<>();
        int next = new Random(seed).nextInt(all.size());
        while (chosen.size() < most && nearest[next] > 0) {
            float[] point = all.get(next);
            chosen.add(point);
            for (int i = 0; i < nearest.length; i++) {
                nearest[i] = Math.min(nearest[i], square(all.get(i), point));
                next = nearest[i] > nearest[next] ? i : next;
            }
        }
        return new Examples(chosen.toArray(new float[0][]));
    }

    private static double square(float[] one, float[] other) {
        float sum = 0;
        for (int k = 0; k < one.length; k++) {
            float difference = one[k] - other[k];
            sum += difference * difference;
        }
        return sum;
    }

    /** Returns how far a point is from the nearest of them. */
    public double distance(float[] point) {
        double least = Double.MAX_VALUE;
        for (float[] known : points) {
            least = Math.min(least, square(known, point));
        }
        return Math.sqrt(least);
    }
}
