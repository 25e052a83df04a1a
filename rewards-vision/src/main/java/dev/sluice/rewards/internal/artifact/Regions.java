package dev.sluice.rewards.internal.artifact;

import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The flat parts of a picture: pixels that hang together in steps of few levels. Each is told by numbers of about equal weight: its
 * proportions, how much of its box it fills, its size, how ragged it is, where in its box its mass lies, how far the next part
 * and the picture's border are, and how many parts there are.
 */
final class Regions {
    /** How many numbers tell a part. */
    static final int NUMBERS = 12;

    /** Levels of a channel by which neighbours of one part differ at most. */
    private static final int STEP = 10;

    private static final double LEAST_AREA = 4;
    private static final int MOST = 256;
    private static final int FAR = 6;
    private static final int BORDER = 2;
    private static final int[][] SIDES = {{0, 1}, {1, 0}, {0, -1}, {-1, 0}};

    private final byte[] rgb;
    private final int start;
    private final int height;
    private final int width;
    /** Lengths in pixels are those of pictures of 32 pixels; in others they grow with the shorter side. */
    private final double unit;

    private final boolean[] seen;
    private final int[] stack;

    private Regions(Media media, int frame) {
        rgb = media.rgb();
        height = media.height();
        width = media.width();
        start = 3 * frame * height * width;
        unit = Math.min(height, width) / 32.0;
        seen = new boolean[height * width];
        stack = new int[height * width];
    }

    /** A part, by the sums over its pixels. */
    private static final class Part {
        private int area;
        private int border;
        private int left = Integer.MAX_VALUE;
        private int right = -1;
        private int top = Integer.MAX_VALUE;
        private int bottom = -1;
        private double x;
        private double y;
        private double xx;
        private double yy;
        private double xy;

        void add(int atY, int atX) {
            area++;
            left = Math.min(left, atX);
            right = Math.max(right, atX);
            top = Math.min(top, atY);
            bottom = Math.max(bottom, atY);
            x += atX;
            y += atY;
            xx += (double) atX * atX;
            yy += (double) atY * atY;
            xy += (double) atX * atY;
        }

        int area() {
            return area;
        }

        int gap(Part other) {
            int across = Math.max(left - other.right, other.left - right);
            return Math.max(across, Math.max(top - other.bottom, other.top - bottom));
        }
    }

    /** Returns numbers of each part of a frame, of the largest ones if there are many; what fills half of it is the ground. */
    static List<float[]> of(Media media, int frame) {
        Regions regions = new Regions(media, frame);
        List<Part> parts = new ArrayList<>();
        for (int pixel = 0; pixel < regions.seen.length; pixel++) {
            if (!regions.seen[pixel]) {
                Part part = regions.from(pixel);
                if (part.area >= LEAST_AREA * regions.unit * regions.unit && part.area <= regions.seen.length / 2) {
                    parts.add(part);
                }
            }
        }
        parts.sort(Comparator.comparingInt(Part::area).reversed());
        List<Part> largest = parts.subList(0, Math.min(MOST, parts.size()));
        return largest.stream().map(part -> regions.numbers(part, largest)).toList();
    }

    private Part from(int first) {
        Part part = new Part();
        int waiting = 0;
        stack[waiting++] = first;
        seen[first] = true;
        while (waiting > 0) {
            int pixel = stack[--waiting];
            int y = pixel / width;
            int x = pixel % width;
            part.add(y, x);
            for (int[] side : SIDES) {
                int otherY = y + side[0];
                int otherX = x + side[1];
                if (otherY < 0 || otherX < 0 || otherY >= height || otherX >= width) {
                    continue;
                }
                int other = otherY * width + otherX;
                if (!alike(pixel, other)) {
                    part.border++;
                } else if (!seen[other]) {
                    seen[other] = true;
                    stack[waiting++] = other;
                }
            }
        }
        return part;
    }

    private boolean alike(int one, int other) {
        for (int c = 0; c < 3; c++) {
            int difference = (rgb[start + 3 * one + c] & 0xFF) - (rgb[start + 3 * other + c] & 0xFF);
            if (Math.abs(difference) > STEP) {
                return false;
            }
        }
        return true;
    }

    private float[] numbers(Part part, List<Part> all) {
        double wide = part.right - part.left + 1.0;
        double high = part.bottom - part.top + 1.0;
        double x = part.x / part.area;
        double y = part.y / part.area;
        double gap = FAR * unit;
        for (Part other : all) {
            gap = other == part ? gap : Math.min(gap, part.gap(other));
        }
        double edge =
                Math.min(Math.min(part.left, part.top), Math.min(width - 1 - part.right, height - 1 - part.bottom));
        double[] numbers = {
            2 * Math.log(wide / high),
            2 * part.area / (wide * high),
            Math.log(part.area / (unit * unit)) / 2,
            part.border / Math.sqrt(part.area) / 4,
            4 * ((x - part.left + 0.5) / wide - 0.5),
            4 * ((y - part.top + 0.5) / high - 0.5),
            16 * (part.xx / part.area - x * x) / (wide * wide),
            16 * (part.yy / part.area - y * y) / (high * high),
            16 * (part.xy / part.area - x * y) / (wide * high),
            Math.max(0, gap) / (FAR * unit),
            all.size() / 8.0,
            Math.min(edge / unit, BORDER) / 4
        };
        float[] rounded = new float[NUMBERS];
        for (int k = 0; k < rounded.length; k++) {
            // As many digits as a detector's file has, so that it is the same when it is read.
            rounded[k] = (float) (Math.rint(numbers[k] * 1e4) / 1e4);
        }
        return rounded;
    }

    /** Returns which share of a frame its parts fill, from their numbers. */
    static double share(List<float[]> parts, Media media) {
        double unit = Math.min(media.height(), media.width()) / 32.0;
        double area = parts.stream().mapToDouble(part -> Math.exp(2 * part[2])).sum() * unit * unit;
        return area / ((double) media.height() * media.width());
    }
}
