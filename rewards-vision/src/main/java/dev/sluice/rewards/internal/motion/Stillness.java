package dev.sluice.rewards.internal.motion;

import dev.sluice.rewards.internal.Luma;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which neighbouring frames of a video show the same.
 *
 * @param frozen an entry for each pair of neighbours
 */
public record Stillness(boolean[] frozen) {
    private static final double MOST_DIFFERENCE = 0.5;
    private static final double MOST_OF_A_BLOCK = 1;
    private static final int BLOCK = 16;
    private static final double MOST_FLOW = 0.1;
    private static final double WHITE = 0.1;
    private static final double CUT_DIFFERENCE = 60;
    private static final double CUT_LIKENESS = 0.5;
    private static final double SAME_AGAIN = 0.995;
    private static final double MOST_BRIGHTNESS = 8;
    private static final double MOST_DEVIATION = 4;

    /** Looks at all pairs; a still picture under new noise in every frame is still. */
    public static Stillness of(Luma[] frames) {
        boolean[] frozen = new boolean[frames.length - 1];
        for (int t = 0; t < frozen.length; t++) {
            frozen[t] = frames[t].distance(frames[t + 1]) < MOST_DIFFERENCE && blocksAgree(frames[t], frames[t + 1]);
        }
        if (noiseOnly(frames)) {
            Arrays.fill(frozen, true);
        }
        return new Stillness(frozen);
    }

    private static boolean blocksAgree(Luma one, Luma other) {
        for (int top = 0; top < one.height(); top += BLOCK) {
            for (int left = 0; left < one.width(); left += BLOCK) {
                double sum = 0;
                int count = 0;
                for (int y = top; y < Math.min(one.height(), top + BLOCK); y++) {
                    for (int x = left; x < Math.min(one.width(), left + BLOCK); x++) {
                        sum += Math.abs(one.at(y, x) - other.at(y, x));
                        count++;
                    }
                }
                if (sum / count > MOST_OF_A_BLOCK) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Returns whether no block moves and what changes is unrelated from one pixel to the next. */
    private static boolean noiseOnly(Luma[] frames) {
        Luma first = frames[0];
        double[] change = new double[first.values().length];
        for (int t = 0; t + 1 < frames.length; t++) {
            for (int i = 0; i < change.length; i++) {
                change[i] += Math.abs(frames[t + 1].values()[i] - frames[t].values()[i]);
            }
        }
        if (correlation(new Luma(first.height(), first.width(), change)) >= WHITE) {
            return false;
        }
        List<Double> lengths = new ArrayList<>();
        for (int t = 0; t + 1 < frames.length; t++) {
            Arrays.stream(Flow.of(frames[t], frames[t + 1]).lengths()).forEach(lengths::add);
        }
        lengths.sort(null);
        return !lengths.isEmpty() && lengths.get(lengths.size() / 2) < MOST_FLOW;
    }

    /** Returns the correlation of pixels with their neighbours to the right and below; 1 if nothing varies. */
    private static double correlation(Luma luma) {
        double mean = luma.mean();
        double variance = luma.variance();
        double sum = 0;
        int count = 0;
        for (int y = 0; y < luma.height(); y++) {
            for (int x = 0; x < luma.width(); x++) {
                if (x + 1 < luma.width()) {
                    sum += (luma.at(y, x) - mean) * (luma.at(y, x + 1) - mean);
                    count++;
                }
                if (y + 1 < luma.height()) {
                    sum += (luma.at(y, x) - mean) * (luma.at(y + 1, x) - mean);
                    count++;
                }
            }
        }
        return variance < 1e-9 || count == 0 ? 1 : sum / count / variance;
    }

    /** Returns the share of pairs that show the same. */
    public double share() {
        int count = 0;
        for (boolean pair : frozen) {
            count += pair ? 1 : 0;
        }
        return (double) count / frozen.length;
    }

    /** Returns the frames of the longest run of pairs that show the same; 0 if there is none. */
    public int longest() {
        int longest = 0;
        int run = 0;
        for (boolean pair : frozen) {
            run = pair ? run + 1 : 0;
            longest = Math.max(longest, run == 0 ? 0 : run + 1);
        }
        return longest;
    }

    /** Returns whether nine frames of ten are dark and flat. */
    public static boolean black(Luma[] frames) {
        long black = Arrays.stream(frames)
                .filter(frame -> frame.mean() < MOST_BRIGHTNESS && Math.sqrt(frame.variance()) < MOST_DEVIATION)
                .count();
        return black >= 0.9 * frames.length;
    }

    /** Returns whether the frames come back after some lag between a quarter and half of the length. */
    public static boolean looping(Luma[] frames) {
        for (int lag = Math.max(1, (frames.length + 3) / 4); lag <= frames.length / 2; lag++) {
            double sum = 0;
            for (int t = 0; t + lag < frames.length; t++) {
                sum += correlation(frames[t], frames[t + lag]);
            }
            if (sum / (frames.length - lag) > SAME_AGAIN) {
                return true;
            }
        }
        return false;
    }

    private static double correlation(Luma one, Luma other) {
        double meanOne = one.mean();
        double meanOther = other.mean();
        double sum = 0;
        for (int i = 0; i < one.values().length; i++) {
            sum += (one.values()[i] - meanOne) * (other.values()[i] - meanOther);
        }
        double norm = Math.sqrt(one.variance() * other.variance()) * one.values().length;
        return norm < 1e-9 ? 0 : sum / norm;
    }

    /** Returns the frames that are the first of another shot. */
    public static List<Integer> cuts(Luma[] frames) {
        List<Integer> cuts = new ArrayList<>();
        for (int t = 1; t < frames.length; t++) {
            if (frames[t - 1].distance(frames[t]) > CUT_DIFFERENCE
                    && common(histogram(frames[t - 1]), histogram(frames[t])) < CUT_LIKENESS) {
                cuts.add(t);
            }
        }
        return cuts;
    }

    private static double[] histogram(Luma frame) {
        double[] shares = new double[32];
        for (double value : frame.values()) {
            shares[(int) Math.min(31, value / 8)] += 1.0 / frame.values().length;
        }
        return shares;
    }

    private static double common(double[] one, double[] other) {
        double sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += Math.min(one[i], other[i]);
        }
        return sum;
    }
}
