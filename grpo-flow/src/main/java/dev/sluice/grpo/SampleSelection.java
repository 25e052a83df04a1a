package dev.sluice.grpo;

import java.util.Arrays;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which samples of an iteration are learned from, once all of them have advantages. What is left out costs no pass through the
 * network: finished samples are looked at one by one, and a chunk of which nothing is left is not replayed. A chunk of which
 * something is left is replayed as it was sampled, and the samples that are left out weigh nothing in it.
 *
 * <p>Source: the best of n are DanceGRPO's (2025), arXiv:2505.07818, {@code train_grpo_hunyuan.py}, chosen among all samples of a
 * device whatever their prompt; Euphonium (2026) has them, too. Differs: among all samples of the iteration; a sample without a
 * reward is never chosen.
 *
 * @param dropZero whether chunks, or groups of finished samples, without any advantage are left out
 * @param bestOf n, even and at least 2: the n/2 samples with the highest advantages and the n/2 with the lowest are learned from;
 *     empty for all
 */
public record SampleSelection(boolean dropZero, Optional<Integer> bestOf) {
    public SampleSelection {
        bestOf.ifPresent(SampleSelection::requireHalves);
    }

    private static void requireHalves(int count) {
        if (!(count >= 2 && count % 2 == 0)) {
            throw new IllegalArgumentException(
                    "bestOf (%s) must be even and at least 2, because half of them are the best samples and half the worst.%nMaybe set bestOf: %s."
                            .formatted(count, Math.max(2, count - 1)));
        }
    }

    /** Returns this selection with what has no advantage left in. */
    SampleSelection keepingZero() {
        return new SampleSelection(false, bestOf);
    }

    /** Refuses more samples than there are. */
    void check(GrpoOptions.Batch batch) {
        if (bestOf.isPresent() && bestOf.get() > batch.samples()) {
            throw new IllegalArgumentException(
                    "bestOf (%s) must be at most prompts × groupSize (%s), the samples of an iteration.%nMaybe set bestOf: %s."
                            .formatted(bestOf.get(), batch.samples(), Math.max(2, batch.samples() / 4 * 2)));
        }
    }

    /**
     * Returns for each sample whether it is learned from; of equal ones the first are.
     *
     * @param advantages of every sample; their mean over the trained steps is what counts
     * @param rewards of the samples; NaN where there is none
     */
    public boolean[] kept(Advantages advantages, double[] rewards) {
        boolean[] kept = new boolean[rewards.length];
        if (bestOf.isEmpty()) {
            Arrays.fill(kept, true);
            return kept;
        }
        Comparator<Integer> rising = Comparator.comparingDouble(advantages::mean);
        Stream.of(rising.reversed(), rising)
                .forEach(order -> IntStream.range(0, kept.length)
                        .filter(i -> Double.isFinite(rewards[i]) && !kept[i])
                        .boxed()
                        .sorted(order)
                        .limit(bestOf.get() / 2)
                        .toList()
                        .forEach(i -> kept[i] = true));
        return kept;
    }
}
