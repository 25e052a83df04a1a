package dev.sluice.video.internal;

import org.bytedeco.ffmpeg.avutil.AVRational;

/** Frames per second as fractions. */
final class Rates {
    private static final int MOST_DENOMINATOR = 1000;

    private Rates() {}

    /**
     * Sets the time between two ticks: of a constant rate one frame, exactly; 29.97 and its kin are 30000/1001.
     *
     * @param framesPerSecond the rate; 0 of times that are not constant
     * @param ticks ticks a second of those
     */
    static void set(AVRational base, double framesPerSecond, int ticks) {
        if (framesPerSecond == 0) {
            base.num(1).den(ticks);
            return;
        }
        int[] rate = fraction(framesPerSecond);
        base.num(rate[1]).den(rate[0]);
    }

    static int[] fraction(double rate) {
        double television = rate * 1.001;
        if (Math.abs(rate - Math.rint(rate)) > 1e-3 && Math.abs(television - Math.rint(television)) < 5e-3) {
            return new int[] {(int) Math.rint(television) * 1000, 1001};
        }
        for (int denominator = 1; denominator < MOST_DENOMINATOR; denominator++) {
            if (Math.abs(rate * denominator - Math.rint(rate * denominator)) < 1e-9 * rate * denominator) {
                return new int[] {(int) Math.rint(rate * denominator), denominator};
            }
        }
        return new int[] {(int) Math.rint(rate * MOST_DENOMINATOR), MOST_DENOMINATOR};
    }
}
