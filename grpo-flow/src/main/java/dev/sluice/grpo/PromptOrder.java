package dev.sluice.grpo;

import dev.sluice.flow.tensor.NoiseSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The endless order in which prompts are drawn. The prompts fall into strata that take turns, one prompt each; a stratum goes
 * through its prompts epoch by epoch, each shuffled anew. The prompt at a position is a function of the seed and the position
 * alone, so a resumed run needs nothing but its position.
 *
 * @param strata the numbers of the prompts in each stratum; none is empty
 * @param seed the run's seed
 */
public record PromptOrder(List<List<Integer>> strata, long seed) {
    private static final long PURPOSE = 0x70726F6D707473L;

    public PromptOrder {
        strata = strata.stream().map(List::copyOf).toList();
        if (strata.isEmpty() || strata.stream().anyMatch(List::isEmpty)) {
            throw new IllegalArgumentException("strata (%s) must be at least one, and none empty.".formatted(strata));
        }
    }

    /** Returns an order in which every epoch is the whole list. */
    public static PromptOrder shuffled(int prompts, long seed) {
        return new PromptOrder(List.of(IntStream.range(0, prompts).boxed().toList()), seed);
    }

    /** Returns an order in which the tasks take turns, so that each is drawn equally often, however many prompts it has. */
    public static PromptOrder byTask(List<Prompt> prompts, long seed) {
        Map<String, List<Integer>> tasks = new LinkedHashMap<>();
        for (int i = 0; i < prompts.size(); i++) {
            tasks.computeIfAbsent(prompts.get(i).task(), task -> new ArrayList<>())
                    .add(i);
        }
        return new PromptOrder(List.copyOf(tasks.values()), seed);
    }

    /**
     * Returns the prompts at consecutive positions.
     *
     * @param position number of prompts drawn before, at least 0
     * @param count how many
     */
    public int[] draw(long position, int count) {
        int[] drawn = new int[count];
        Map<Long, int[]> epochs = new HashMap<>();
        for (int i = 0; i < count; i++) {
            int turn = (int) ((position + i) % strata.size());
            List<Integer> stratum = strata.get(turn);
            long place = (position + i) / strata.size();
            long epoch = place / stratum.size();
            int[] order = epochs.computeIfAbsent(
                    epoch * strata.size() + turn,
                    key -> permutation(stratum.size(), NoiseSource.of(seed, PURPOSE, turn, epoch)));
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
