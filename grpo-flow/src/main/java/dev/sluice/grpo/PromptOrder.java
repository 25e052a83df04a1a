package dev.sluice.grpo;

import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Require;

/**
 * The endless order in which prompts are drawn: every epoch is the whole list, shuffled anew. The prompt at a position is
 * a function of the seed and the position alone, so a resumed run needs nothing but its position.
 *
 * @param prompts number of prompts
 * @param seed the run's seed
 */
public record PromptOrder(int prompts, long seed) {
    private static final long PURPOSE = 0x70726F6D707473L;

    public PromptOrder {
        Require.atLeast("prompts", prompts, 1);
    }

    /**
     * Returns the prompts at consecutive positions.
     *
     * @param position number of prompts drawn before, at least 0
     * @param count how many
     */
    public int[] draw(long position, int count) {
        int[] drawn = new int[count];
        long epoch = -1;
        int[] order = {};
        for (int i = 0; i < count; i++) {
            long at = position + i;
            if (at / prompts != epoch) {
                epoch = at / prompts;
                order = shuffled(prompts, NoiseSource.of(seed, PURPOSE, epoch));
            }
            drawn[i] = order[(int) (at % prompts)];
        }
        return drawn;
    }

    /** Returns the numbers below {@code count} in random order (Fisher and Yates). */
    static int[] shuffled(int count, NoiseSource random) {
        int[] order = new int[count];
        for (int i = 0; i < count; i++) {
            int j = random.uniform(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }
}
