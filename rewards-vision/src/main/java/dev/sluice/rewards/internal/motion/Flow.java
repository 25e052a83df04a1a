package dev.sluice.rewards.internal.motion;

import dev.sluice.rewards.internal.Luma;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * By how many pixels the blocks of a frame moved to the next, by full search: what matches best, and of matches that are equally good
 * the shortest, so that what is flat does not move.
 *
 * @param block side of a block in pixels; what is left over at the right and the bottom has no block
 * @param rows rows of blocks
 * @param columns columns of blocks
 * @param dx pixels to the right, block by block
 * @param dy pixels down
 */
public record Flow(int block, int rows, int columns, int[] dx, int[] dy) {
    /** A displacement. */
    record Step(int dy, int dx) {}

    /** Returns the side of a block: 8 in pictures of at most 128 pixels, else 16. */
    static int block(Luma frame) {
        return small(frame) ? 8 : 16;
    }

    static boolean small(Luma frame) {
        return Math.max(frame.height(), frame.width()) <= 128;
    }

    /** Returns all displacements up to a length in each direction, in the order in which they are tried: the shortest first. */
    static List<Step> steps(int most) {
        List<Step> steps = new ArrayList<>();
        for (int dy = -most; dy <= most; dy++) {
            for (int dx = -most; dx <= most; dx++) {
                steps.add(new Step(dy, dx));
            }
        }
        steps.sort(Comparator.comparingInt((Step step) -> step.dx * step.dx + step.dy * step.dy)
                .thenComparingInt(step -> Math.abs(step.dy))
                .thenComparingInt(step -> Math.abs(step.dx))
                .thenComparingInt(Step::dy)
                .thenComparingInt(Step::dx));
        return steps;
    }

    /** Returns the flow from a frame to the next, with blocks and a search that suit the size. */
    public static Flow of(Luma from, Luma to) {
        return of(from, to, block(from), small(from) ? 7 : 15);
    }

    /**
     * Returns the flow from a frame to the next.
     *
     * @param block side of a block
     * @param reach the longest displacement in each direction
     */
    static Flow of(Luma from, Luma to, int block, int reach) {
        int rows = from.height() / block;
        int columns = from.width() / block;
        Flow flow = new Flow(block, rows, columns, new int[rows * columns], new int[rows * columns]);
        List<Step> steps = steps(reach);
        for (int i = 0; i < rows * columns; i++) {
            int top = i / columns * block;
            int left = i % columns * block;
            double best = Double.POSITIVE_INFINITY;
            for (Step step : steps) {
                if (inside(from, top + step.dy, left + step.dx, block)) {
                    double sum = difference(from, top, left, to, top + step.dy, left + step.dx, block, best);
                    if (sum < best) {
                        best = sum;
                        flow.dx[i] = step.dx;
                        flow.dy[i] = step.dy;
                    }
                }
            }
        }
        return flow;
    }

    static boolean inside(Luma frame, int top, int left, int block) {
        return top >= 0 && left >= 0 && top + block <= frame.height() && left + block <= frame.width();
    }

    /** Returns the sum of absolute differences of two blocks, or some part of it that is not below {@code enough}. */
    static double difference(
            Luma one, int top, int left, Luma other, int otherTop, int otherLeft, int block, double enough) {
        double sum = 0;
        for (int y = 0; y < block && sum < enough; y++) {
            int a = (top + y) * one.width() + left;
            int b = (otherTop + y) * other.width() + otherLeft;
            for (int x = 0; x < block; x++) {
                sum += Math.abs(one.values()[a + x] - other.values()[b + x]);
            }
        }
        return sum;
    }

    /** Returns the lengths of the blocks' displacements, ascending. */
    double[] lengths() {
        double[] lengths = new double[dx.length];
        Arrays.setAll(lengths, i -> Math.hypot(dx[i], dy[i]));
        Arrays.sort(lengths);
        return lengths;
    }

    /**
     * Returns the mean length over the fastest 5% of all pixels.
     *
     * @param area pixels of the frame
     */
    double fastest(int area) {
        int wanted = Math.max(1, (int) (0.05 * area));
        double[] lengths = lengths();
        double sum = 0;
        int left = wanted;
        for (int i = lengths.length - 1; i >= 0 && left > 0; i--) {
            int pixels = Math.min(left, block * block);
            sum += pixels * lengths[i];
            left -= pixels;
        }
        return sum / wanted;
    }

    /** Returns the mean length over all blocks. */
    double mean() {
        return Arrays.stream(lengths()).average().orElse(0);
    }
}
