package dev.sluice.rewards.internal.sets;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.SetMeasures;
import dev.sluice.rewards.internal.Appearance;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Offers what a sample adds to the variety of the samples of its prompt in the same call, by colours and edges. */
public final class Diversity implements ParsedProvider {
    @Override
    public String name() {
        return "diversity";
    }

    @Override
    public RewardFacts facts() {
        return new RewardFacts(
                Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, RewardFacts.Modality.BOTH, true, true, true);
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "what it adds to the variety of its prompt's samples: to their Vendi score, or its mean distance to them",
                "",
                "Vendi score (2022), arXiv:2210.02410; left out one by one as in DRAGON (2025), arXiv:2504.15217");
    }

    @Override
    public Map<String, List<String>> options() {
        return Map.of("measure", List.of("vendi", "distance"));
    }

    @Override
    public Supplier<Reward> prepare(RewardOptions options) {
        boolean distance = options.word("measure", "vendi").equals("distance");
        return () -> samples -> score(samples, distance);
    }

    private static Scores score(List<Sample> samples, boolean distance) {
        double[] values = new double[samples.size()];
        Map<Integer, String> reasons = new LinkedHashMap<>();
        Map<String, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            groups.computeIfAbsent(samples.get(i).prompt(), prompt -> new ArrayList<>())
                    .add(i);
        }
        groups.values().forEach(group -> {
            if (group.size() < 2) {
                values[group.get(0)] = Double.NaN;
                reasons.put(group.get(0), "there is no other sample of its prompt to compare it with");
                return;
            }
            double[][] looks = group.stream()
                    .map(i -> Appearance.mean(samples.get(i).media()))
                    .toArray(double[][]::new);
            double[] adds = distance ? distances(looks) : SetMeasures.leaveOneOut(SetMeasures::vendi, looks);
            for (int k = 0; k < adds.length; k++) {
                values[group.get(k)] = adds[k];
            }
        });
        return new Scores(values, reasons);
    }

    private static double[] distances(double[][] looks) {
        double[] means = new double[looks.length];
        for (int i = 0; i < looks.length; i++) {
            for (int j = 0; j < looks.length; j++) {
                means[i] += i == j ? 0 : (1 - Appearance.likeness(looks[i], looks[j])) / (looks.length - 1);
            }
        }
        return means;
    }
}
