package dev.sluice.cli.internal;

import dev.sluice.grpo.Evaluation;
import dev.sluice.rewards.BiasTrait;
import dev.sluice.rewards.Sample;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** What a test's samples look like, whatever they show: a reward that is hacked often moves all of them one way. */
final class Looks implements Evaluation.Listener {
    private static final Set<BiasTrait> TRAITS = EnumSet.complementOf(EnumSet.of(BiasTrait.PROMPT_LENGTH));

    private final Map<BiasTrait, double[]> sums = new LinkedHashMap<>();

    @Override
    public void judged(Evaluation.Judged judged) {
        if (!Double.isFinite(judged.score())) {
            return;
        }
        Sample sample = new Sample(judged.media(), "", Map.of());
        for (BiasTrait trait : TRAITS) {
            double value = trait.of(sample);
            if (Double.isFinite(value)) {
                double[] sum = sums.computeIfAbsent(trait, key -> new double[2]);
                sum[0] += value;
                sum[1]++;
            }
        }
    }

    /** Returns the mean of each trait over the samples that have a score, as JSON values. */
    Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        sums.forEach((trait, sum) -> json.put(trait.toString(), sum[0] / sum[1]));
        return json;
    }
}
