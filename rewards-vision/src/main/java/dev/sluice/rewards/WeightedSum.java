package dev.sluice.rewards;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The sum of rewards, each times its weight. A sample that one of them could not score has no score.
 *
 * <p>Closing it closes its parts.
 *
 * @param parts at least one, with different names
 */
public record WeightedSum(List<Part> parts) implements Reward {
    /**
     * One reward of the sum.
     *
     * @param name what messages call it
     * @param reward scores samples
     * @param weight any finite number; a negative one asks for less of it
     * @param shaping what is made of its scores before; where it is not {@link Shaping#NONE}, the scores as they were are a part
     *     of their own, {@code NAME.raw}
     */
    public record Part(String name, Reward reward, double weight, Shaping shaping) {
        /** Creates a part whose scores stay as they are. */
        public Part(String name, Reward reward, double weight) {
            this(name, reward, weight, Shaping.NONE);
        }

        public Part {
            if (!Double.isFinite(weight)) {
                throw new IllegalArgumentException(
                        "The weight (%s) of the reward %s must be a finite number.".formatted(weight, name));
            }
        }
    }

    public WeightedSum {
        parts = List.copyOf(parts);
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("parts (0) must hold at least one reward.");
        }
        Set<String> names = new HashSet<>();
        for (Part part : parts) {
            if (!names.add(part.name)) {
                throw new IllegalArgumentException(
                        "The reward %s is there twice; the names of rewards must differ.%nMaybe give one of them a label."
                                .formatted(part.name));
            }
        }
    }

    @Override
    public Scores score(List<Sample> samples) {
        double[] sums = new double[samples.size()];
        Map<Integer, String> reasons = new LinkedHashMap<>();
        Map<String, double[]> pieces = new LinkedHashMap<>();
        for (Part part : parts) {
            Scores scores = part.reward.score(samples);
            double[] used = scores.values();
            if (part.shaping != Shaping.NONE) {
                pieces.put(part.name + ".raw", scores.values());
                used = Arrays.stream(scores.values()).map(part.shaping::of).toArray();
            }
            pieces.put(part.name, used);
            for (int i = 0; i < sums.length; i++) {
                sums[i] += part.weight * used[i];
            }
            scores.reasons().forEach((index, reason) -> reasons.putIfAbsent(index, part.name + ": " + reason));
        }
        return new Scores(sums, reasons, pieces);
    }

    @Override
    public void close() {
        List<RuntimeException> failures = new ArrayList<>();
        for (Part part : parts) {
            try {
                part.reward.close();
            } catch (RuntimeException e) {
                failures.add(e);
            }
        }
        if (!failures.isEmpty()) {
            throw failures.get(0);
        }
    }
}
