package dev.sluice.rewards.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * 8-connected components of equal labels. With sides alone a checkerboard would fall into clean squares; the objects of a
 * scene keep so far apart that corners join nothing that is not one.
 */
public final class Patches {
    /** The label of what belongs to no component. */
    public static final int NONE = -1;

    private Patches() {}

    /**
     * Returns the components of pixels with equal labels, each as its pixels' indices.
     *
     * @param labels a label for each pixel, row by row; {@link #NONE} is in no component
     */
    public static List<int[]> of(int[] labels, int width) {
        List<int[]> all = new ArrayList<>();
        boolean[] seen = new boolean[labels.length];
        int[] patch = new int[labels.length];
        int[] near = new int[8];
        for (int start = 0; start < labels.length; start++) {
            if (labels[start] == NONE || seen[start]) {
                continue;
            }
            seen[start] = true;
            patch[0] = start;
            int size = 1;
            for (int i = 0; i < size; i++) {
                int count = neighbours(patch[i], width, labels.length, near);
                for (int k = 0; k < count; k++) {
                    int next = near[k];
                    if (!seen[next] && labels[next] == labels[start]) {
                        seen[next] = true;
                        patch[size++] = next;
                    }
                }
            }
            all.add(Arrays.copyOf(patch, size));
        }
        return all;
    }

    /**
     * Finds the three to eight pixels that share a side or a corner with a pixel.
     *
     * @param found receives them, at least 8 long
     * @return how many they are
     */
    static int neighbours(int at, int width, int size, int[] found) {
        int count = 0;
        int column = at % width;
        for (int dy = -width; dy <= width; dy += width) {
            for (int dx = -1; dx <= 1; dx++) {
                int x = column + dx;
                int next = at + dy + dx;
                if (next != at && x >= 0 && x < width && next >= 0 && next < size) {
                    found[count++] = next;
                }
            }
        }
        return count;
    }

    /**
     * Gives every component that is smaller than {@code least} the label of the largest component it touches, smallest
     * first: the rim between two touching objects has a mixed colour that looks like a third one.
     *
     * @return the labels after that; a small component that touches none keeps its label
     */
    static int[] joinSmall(int[] labels, int width, int least) {
        int[] joined = labels.clone();
        int[] size = new int[labels.length];
        List<int[]> patches = List.of();
        boolean changed = true;
        for (int most = 1; most < least; most++) {
            if (changed) {
                patches = of(joined, width);
                for (int[] patch : patches) {
                    for (int at : patch) {
                        size[at] = patch.length;
                    }
                }
            }
            changed = false;
            for (int[] patch : patches) {
                int to = patch.length <= most ? largestNeighbour(patch, joined, size, width) : -1;
                if (to >= 0) {
                    int label = joined[to];
                    for (int at : patch) {
                        joined[at] = label;
                    }
                    changed = true;
                }
            }
        }
        return joined;
    }

    private static int largestNeighbour(int[] patch, int[] labels, int[] size, int width) {
        int best = -1;
        int[] near = new int[8];
        for (int at : patch) {
            int count = neighbours(at, width, labels.length, near);
            for (int k = 0; k < count; k++) {
                int next = near[k];
                boolean other = labels[next] != NONE && labels[next] != labels[at];
                if (other && size[next] >= patch.length && (best < 0 || size[next] > size[best])) {
                    best = next;
                }
            }
        }
        return best;
    }
}
