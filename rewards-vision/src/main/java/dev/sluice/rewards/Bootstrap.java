package dev.sluice.rewards;

import dev.sluice.flow.tensor.Require;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.ToDoubleFunction;

/**
 * How far a figure would differ with other prompts: the percentile bootstrap over groups, which are drawn as a whole.
 *
 * @param times how often groups are drawn
 * @param seed of what is drawn
 */
public record Bootstrap(int times, long seed) {
    /** A thousand times. */
    public static final Bootstrap USUAL = new Bootstrap(1000, 1);

    public Bootstrap {
        Require.atLeast("times", times, 1);
    }

    /**
     * A figure with the interval that 95% of the draws are in; all NaN if it is not defined.
     *
     * @param value of all that there is
     * @param low lower end
     * @param high upper end
     */
    public record Figure(double value, double low, double high) {
        /** What is not defined. */
        public static final Figure NONE = new Figure(Double.NaN, Double.NaN, Double.NaN);

        /** Returns whether it is defined. */
        public boolean known() {
            return !Double.isNaN(value);
        }
    }

    /**
     * Returns a figure with its interval. Draws for which it is not defined (NaN) do not count.
     *
     * @param groups the group of each entry, such as the number of its prompt
     * @param statistic returns the figure of some entries, by their indices; an index may be there several times
     */
    public Figure figure(int[] groups, ToDoubleFunction<int[]> statistic) {
        Map<Integer, List<Integer>> members = new LinkedHashMap<>();
        for (int i = 0; i < groups.length; i++) {
            members.computeIfAbsent(groups[i], group -> new ArrayList<>()).add(i);
        }
        int[][] sets = members.values().stream()
                .map(list -> list.stream().mapToInt(Integer::intValue).toArray())
                .toArray(int[][]::new);
        double value = statistic.applyAsDouble(joined(sets));
        if (Double.isNaN(value)) {
            return Figure.NONE;
        }
        SplittableRandom random = new SplittableRandom(seed);
        double[] drawn = new double[times];
        for (int draw = 0; draw < times; draw++) {
            int[][] some = new int[sets.length][];
            for (int i = 0; i < some.length; i++) {
                some[i] = sets[random.nextInt(sets.length)];
            }
            drawn[draw] = statistic.applyAsDouble(joined(some));
        }
        double[] sorted =
                Arrays.stream(drawn).filter(one -> !Double.isNaN(one)).sorted().toArray();
        if (sorted.length == 0) {
            return new Figure(value, value, value);
        }
        return new Figure(
                value,
                sorted[(int) (0.025 * (sorted.length - 1))],
                sorted[(int) Math.ceil(0.975 * (sorted.length - 1))]);
    }

    private static int[] joined(int[][] sets) {
        return Arrays.stream(sets).flatMapToInt(Arrays::stream).toArray();
    }
}
