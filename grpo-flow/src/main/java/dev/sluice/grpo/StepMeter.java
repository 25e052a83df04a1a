package dev.sluice.grpo;

import dev.sluice.grpo.PolicyLoss.Terms;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Averages the ratios of every step over micro-batches. */
final class StepMeter {
    private final Map<Integer, Sums> steps = new TreeMap<>();

    /** Sums of one step; squares of the distance from 1, where the ratios are, lest they cancel. */
    private static final class Sums {
        private int count;
        private double distance;
        private double squares;
        private double clipped;
    }

    void add(int step, Terms terms) {
        Sums sums = steps.computeIfAbsent(step, s -> new Sums());
        for (double ratio : terms.ratios()) {
            sums.count++;
            sums.distance += ratio - 1;
            sums.squares += (ratio - 1) * (ratio - 1);
        }
        sums.clipped += terms.clipped() * terms.ratios().length;
    }

    List<StepRatios> report() {
        return steps.entrySet().stream()
                .map(entry -> {
                    Sums sums = entry.getValue();
                    double mean = sums.distance / sums.count;
                    double variance = Math.max(0, sums.squares / sums.count - mean * mean);
                    return new StepRatios(entry.getKey(), 1 + mean, Math.sqrt(variance), sums.clipped / sums.count);
                })
                .toList();
    }
}
