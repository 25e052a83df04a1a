package dev.sluice.grpo;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What one iteration did.
 *
 * @param iteration counted from 0
 * @param samples samples rolled out
 * @param rewards statistics of the rewards
 * @param rewardByTask mean reward by task, over the finite ones
 * @param rewardByPart mean of each part of a combined reward, over the finite ones; empty if the reward has no parts
 * @param advantageMagnitude mean of |A|
 * @param zeroAdvantageShare share of samples without any advantage
 * @param trainedSteps the stochastic steps of the rollout
 * @param updates in their order; empty if there was nothing to learn
 * @param ratioDeviationBeforeUpdate largest |ratio − 1| before the weights first moved in this iteration; 0 if nothing is wrong
 * @param skipped what could not be used
 * @param beside what learns beside the policy reports, by name
 * @param seconds by phase: rollout, decode, score (on its own thread), wait (for scores), update, critic,
 *     bookkeeping (the rest)
 * @param totalSeconds the whole iteration
 * @param residentBytes physical memory of the process; 0 if unknown
 */
public record IterationReport(
        long iteration,
        int samples,
        GroupStatistics rewards,
        Map<String, Double> rewardByTask,
        Map<String, Double> rewardByPart,
        double advantageMagnitude,
        double zeroAdvantageShare,
        List<Integer> trainedSteps,
        List<UpdateReport> updates,
        double ratioDeviationBeforeUpdate,
        Skipped skipped,
        Map<String, Double> beside,
        Map<String, Double> seconds,
        double totalSeconds,
        long residentBytes) {
    /**
     * What could not be used because something was not finite.
     *
     * @param samples samples without a finite reward in this iteration
     * @param chunks micro-batches whose latents were not finite in this iteration
     * @param updates updates that were not applied in this iteration
     * @param totalSamples the same over the whole run
     * @param totalUpdates the same over the whole run
     * @param reason one sample's reason; empty if none was skipped
     */
    public record Skipped(int samples, int chunks, int updates, long totalSamples, long totalUpdates, String reason) {}

    /** Returns the mean over the updates; NaN if there was none. */
    private double mean(ToDoubleFunction<UpdateReport> value) {
        return updates.stream().mapToDouble(value).average().orElse(Double.NaN);
    }

    /** Adds the ratios of every step, each a mean over the updates that trained it. */
    private void putByStep(Map<String, Double> all, String which, Function<UpdateReport, List<StepRatios>> ratios) {
        Map<Integer, List<StepRatios>> byStep = updates.stream()
                .flatMap(update -> ratios.apply(update).stream())
                .collect(Collectors.groupingBy(StepRatios::step, TreeMap::new, Collectors.toList()));
        byStep.forEach((step, those) -> {
            String ratio = "ratio.%sstep.%s.".formatted(which, step);
            all.put(ratio + "mean", mean(those, StepRatios::mean));
            all.put(ratio + "std", mean(those, StepRatios::deviation));
            all.put("clip.%sstep.%s".formatted(which, step), mean(those, StepRatios::clipped));
        });
    }

    private static double mean(List<StepRatios> ratios, ToDoubleFunction<StepRatios> value) {
        return ratios.stream().mapToDouble(value).average().orElse(Double.NaN);
    }

    /** Returns all numbers under the names they have in metrics files; what has no value in this iteration is left out. */
    public Map<String, Double> metrics() {
        Map<String, Double> all = new LinkedHashMap<>();
        all.put("reward.mean", rewards.mean());
        all.put("reward.std", rewards.deviation());
        all.put("reward.group_std", rewards.meanGroupDeviation());
        all.put("reward.zero_std_share", rewards.zeroDeviationShare());
        rewardByTask.forEach((task, mean) -> all.put("reward.task." + task, mean));
        rewardByPart.forEach((part, mean) -> all.put("reward.part." + part, mean));
        all.put("advantage.magnitude", advantageMagnitude);
        all.put("advantage.zero_share", zeroAdvantageShare);
        all.put("loss", mean(UpdateReport::loss));
        all.put("loss.policy", mean(UpdateReport::policyLoss));
        all.put("kl", mean(UpdateReport::kl));
        all.put("approximate_kl", mean(UpdateReport::approximateKl));
        all.put("clip.above", mean(UpdateReport::clippedAbove));
        all.put("clip.below", mean(UpdateReport::clippedBelow));
        all.put("ratio.mean", mean(UpdateReport::meanRatio));
        all.put(
                "ratio.min",
                updates.stream().mapToDouble(UpdateReport::leastRatio).min().orElse(Double.NaN));
        all.put(
                "ratio.max",
                updates.stream().mapToDouble(UpdateReport::mostRatio).max().orElse(Double.NaN));
        all.put("ratio.max_deviation_before_update", ratioDeviationBeforeUpdate);
        putByStep(all, "", UpdateReport::ratios);
        putByStep(all, "plain.", UpdateReport::plainRatios);
        updates.stream()
                .flatMap(update -> update.measures().keySet().stream())
                .distinct()
                .sorted()
                .forEach(name -> all.put(name, mean(update -> update.measures().getOrDefault(name, Double.NaN))));
        all.putAll(beside);
        all.put("gradient_norm", mean(UpdateReport::gradientNorm));
        all.put("learning_rate", mean(UpdateReport::learningRate));
        all.put("updates", (double)
                updates.stream().filter(UpdateReport::applied).count());
        all.put("skipped.samples", (double) skipped.samples());
        all.put("skipped.chunks", (double) skipped.chunks());
        all.put("skipped.updates", (double) skipped.updates());
        seconds.forEach((phase, value) -> all.put("seconds." + phase, value));
        all.put("seconds.total", totalSeconds);
        all.put("samples_per_second", samples / totalSeconds);
        if (residentBytes > 0) {
            all.put("memory.resident_bytes", (double) residentBytes);
        }
        all.values().removeIf(value -> value.isNaN());
        return all;
    }
}
