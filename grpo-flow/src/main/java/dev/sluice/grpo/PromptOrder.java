package dev.sluice.grpo;

import dev.sluice.flow.tensor.NoiseSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The endless order in which prompts are drawn. The prompts fall into strata that take turns, one prompt each; a stratum goes
 * through its prompts epoch by epoch, each shuffled anew. The prompt at a position is a function of the seed and the position
 * alone, so a resumed run needs nothing but its position.
 *
 * @param strata the numbers of the prompts in each stratum; none is empty
 * @param turns the stratum of each turn of a round; a stratum may have several
 * @param seed the run's seed
 */
record PromptOrder(List<List<Integer>> strata, List<Integer> turns, long seed) {
    private static final long PURPOSE = 0x70726F6D707473L;

    PromptOrder {
        strata = strata.stream().map(List::copyOf).toList();
        turns = List.copyOf(turns);
        if (turns.isEmpty() || strata.stream().anyMatch(List::isEmpty)) {
            throw new IllegalArgumentException(
                    "strata (%s) must not be empty, and one must have a turn (%s).".formatted(strata, turns));
        }
    }

    /** Returns an order in which every epoch is the whole list. */
    static PromptOrder shuffled(int prompts, long seed) {
        return new PromptOrder(List.of(IntStream.range(0, prompts).boxed().toList()), List.of(0), seed);
    }

    /**
     * Returns an order in which tasks take turns, however many prompts each has.
     *
     * @param turns the tasks of a round, each as often as it is to be drawn
     * @throws IllegalArgumentException if no prompt has one of the tasks
     */
    static PromptOrder byTask(List<Prompt> prompts, List<String> turns, long seed) {
        Map<String, List<Integer>> tasks = new TreeMap<>();
        for (int i = 0; i < prompts.size(); i++) {
            tasks.computeIfAbsent(prompts.get(i).task(), task -> new ArrayList<>())
                    .add(i);
        }
        for (String task : turns) {
            if (!tasks.containsKey(task)) {
                throw new IllegalArgumentException(
                        "batch.taskTurns (%s) must name tasks of the prompts (%s).%nMaybe set batch.taskTurns: [], to draw from all prompts alike."
                                .formatted(task, String.join(", ", tasks.keySet())));
            }
        }
        List<String> named = turns.stream().distinct().toList();
        return new PromptOrder(
                named.stream().map(tasks::get).toList(),
                turns.stream().map(named::indexOf).toList(),
                seed);
    }

    /**
     * Returns the prompts at consecutive positions.
     *
     * @param position number of prompts drawn before, at least 0
     * @param count how many
     */
    int[] draw(long position, int count) {
        int[] drawn = new int[count];
        Map<List<Long>, int[]> epochs = new HashMap<>();
        for (int i = 0; i < count; i++) {
            int turn = (int) ((position + i) % turns.size());
            long round = (position + i) / turns.size();
            int which = turns.get(turn);
            List<Integer> stratum = strata.get(which);
            long place =
                    round * Collections.frequency(turns, which) + Collections.frequency(turns.subList(0, turn), which);
            long epoch = place / stratum.size();
            int[] order = epochs.computeIfAbsent(
                    List.of((long) which, epoch),
                    key -> permutation(stratum.size(), NoiseSource.of(seed, PURPOSE, which, epoch)));
            drawn[i] = stratum.get(order[(int) (place % stratum.size())]);
        }
        return drawn;
    }

    /** Returns the numbers below {@code count} in random order (Fisher and Yates). */
    static int[] permutation(int count, NoiseSource random) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.uniform(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
