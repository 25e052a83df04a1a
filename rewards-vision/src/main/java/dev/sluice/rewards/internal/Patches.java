package dev.sluice.rewards.internal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * 8-connected components of equal labels. With sides alone a checkerboard would fall into clean squares; the objects of a
 * scene keep so far apart that corners join nothing that is not one.
 */
final class Patches {
    /** The label of what belongs to no component. */
    static final int NONE = -1;

    private Patches() {}

    /**
     * Returns the components of pixels with equal labels, each as its pixels' indices.
     *
     * @param labels a label for each pixel, row by row; {@link #NONE} is in no component
     */
    static List<List<Integer>> of(int[] labels, int width) {
        List<List<Integer>> all = new ArrayList<>();
        boolean[] seen = new boolean[labels.length];
        for (int start = 0; start < labels.length; start++) {
            if (labels[start] == NONE || seen[start]) {
                continue;
            }
            List<Integer> patch = new ArrayList<>();
            patch.add(start);
            seen[start] = true;
            for (int i = 0; i < patch.size(); i++) {
                for (int next : neighbours(patch.get(i), width, labels.length)) {
                    if (!seen[next] && labels[next] == labels[start]) {
                        seen[next] = true;
                        patch.add(next);
                    }
                }
            }
            all.add(patch);
        }
        return all;
    }

    /** Returns the three to eight pixels that share a side or a corner with a pixel. */
    static int[] neighbours(int at, int width, int size) {
        int[] found = new int[8];
        int n = 0;
        for (int dy = -1; dy <= 1; dy++) {
            for (int dx = -1; dx <= 1; dx++) {
                int x = at % width + dx;
                int next = at + dy * width + dx;
                if (next != at && x >= 0 && x < width && next >= 0 && next < size) {
                    found[n++] = next;
                }
            }
        }
        return Arrays.copyOf(found, n);
    }

    /**
     * Gives every component that is smaller than {@code least} the label of the largest component it touches, smallest
     * first: the rim between two touching objects has a mixed colour that looks like a third one.
     *
     * @return the labels after that; a small component that touches none keeps its label
     */
    static int[] joinSmall(int[] labels, int width, int least) {
        int[] joined = labels.clone();
        for (int round = 0; round < least; round++) {
            List<List<Integer>> patches = of(joined, width);
            int[] size = new int[labels.length];
            patches.forEach(patch -> patch.forEach(at -> size[at] = patch.size()));
            boolean changed = false;
            for (List<Integer> patch : patches) {
                int to = patch.size() <= round ? largestNeighbour(patch, joined, size, width) : -1;
                if (to >= 0) {
                    int label = joined[to];
                    patch.forEach(at -> joined[at] = label);
                    changed = true;
                }
            }
            if (!changed && round == least - 1) {
                break;
            }
        }
        return joined;
    }

    private static int largestNeighbour(List<Integer> patch, int[] labels, int[] size, int width) {
        int best = -1;
        for (int at : patch) {
            for (int next : neighbours(at, width, labels.length)) {
                boolean other = labels[next] != NONE && labels[next] != labels[at];
                if (other && size[next] >= patch.size() && (best < 0 || size[next] > size[best])) {
                    best = next;
                }
            }
        }
        return best;
    }
}
