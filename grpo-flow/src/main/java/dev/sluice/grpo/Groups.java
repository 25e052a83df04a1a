package dev.sluice.grpo;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which group every sample of an iteration belongs to: the samples whose rewards are compared with one another.
 *
 * @param groupOf the group of each sample, 0 to {@code count} − 1
 * @param count number of groups
 */
public record Groups(int[] groupOf, int count) {
    public Groups {
        groupOf = groupOf.clone();
        for (int group : groupOf) {
            if (!(group >= 0 && group < count)) {
                throw new IllegalArgumentException("group (%s) must be in [0, %s).".formatted(group, count));
            }
        }
    }

    /** Returns groups of samples that share an id, numbered in the order in which the ids appear. */
    public static Groups byId(List<?> ids) {
        Map<Object, Integer> seen = new HashMap<>();
        int[] groupOf = new int[ids.size()];
        for (int i = 0; i < groupOf.length; i++) {
            Integer next = seen.size();
            Integer known = seen.putIfAbsent(ids.get(i), next);
            groupOf[i] = known == null ? next : known;
        }
        return new Groups(groupOf, seen.size());
    }

    /** Returns {@code count} groups of {@code size} consecutive samples. */
    public static Groups consecutive(int count, int size) {
        int[] groupOf = new int[count * size];
        for (int i = 0; i < groupOf.length; i++) {
            groupOf[i] = i / size;
        }
        return new Groups(groupOf, count);
    }

    /** Returns one group of all samples. */
    public static Groups whole(int samples) {
        return new Groups(new int[samples], samples == 0 ? 0 : 1);
    }

    /** Returns the number of samples. */
    public int samples() {
        return groupOf.length;
    }

    /** Returns the samples of each group, in order. */
    public int[][] members() {
        int[] sizes = new int[count];
        for (int group : groupOf) {
            sizes[group]++;
        }
        int[][] members = new int[count][];
        Arrays.setAll(members, group -> new int[sizes[group]]);
        Arrays.fill(sizes, 0);
        for (int i = 0; i < groupOf.length; i++) {
            members[groupOf[i]][sizes[groupOf[i]]++] = i;
        }
        return members;
    }

    @Override
    public int[] groupOf() {
        return groupOf.clone();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Groups g && g.count == count && Arrays.equals(g.groupOf, groupOf);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(groupOf);
    }

    @Override
    public String toString() {
        return "Groups" + Arrays.toString(groupOf);
    }
}
