package dev.sluice.cli.internal;

import dev.sluice.cli.internal.score.MediaItem;
import dev.sluice.rewards.Bootstrap;
import dev.sluice.rewards.PositionBias;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardSpec;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks rewards that show a judge two at a time in each order by itself, whatever order they are asked in otherwise. */
public final class PositionProbe {
    private static final String ORDER = "order";

    private PositionProbe() {}

    /** Returns whether a sample's score depends on the other samples of its prompt. */
    public static boolean comparesGroups(RewardSpec one) {
        RewardFacts facts = one.facts();
        return !facts.equals(RewardFacts.UNKNOWN) && facts.needsGroup();
    }

    /** Returns whether samples of a prompt are compared two and two: a share of opponents that are beaten is a number from 0 to 1. */
    public static boolean comparesTwo(RewardSpec one) {
        RewardFacts facts = one.facts();
        return comparesGroups(one) && facts.least() == 0 && facts.greatest() == 1;
    }

    /** Returns the places of the items of each prompt. */
    public static List<List<Integer>> byPrompt(List<MediaItem> items) {
        Map<String, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < items.size(); i++) {
            groups.computeIfAbsent(items.get(i).prompt().text(), prompt -> new ArrayList<>())
                    .add(i);
        }
        return List.copyOf(groups.values());
    }

    /**
     * Tests a reward.
     *
     * @param most pairs at most
     * @return nothing if it does not compare two, or no pair is asked for
     */
    public static Optional<PositionBias> of(RewardSpec one, List<MediaItem> items, int most, Bootstrap bootstrap) {
        List<String> orders = one.provider().options().getOrDefault(ORDER, List.of());
        if (most == 0) {
            return Optional.empty();
        }
        if (orders.containsAll(List.of("first", "second"))) {
            return Optional.of(againstReferences(one, items, Math.min(most, items.size()), bootstrap));
        }
        if (!comparesTwo(one)) {
            return Optional.empty();
        }
        try (Reward reward = (orders.contains("once") ? in(one, "once") : one).open()) {
            return Optional.of(PositionBias.of(reward, pairs(items, most), bootstrap));
        }
    }

    private static RewardSpec in(RewardSpec one, String order) {
        Map<String, Object> options = new LinkedHashMap<>(one.options());
        options.put(ORDER, order);
        return new RewardSpec(one.name(), options);
    }

    /** Returns pairs of neighbours among the items of a prompt, first one of each prompt, then a second one, and so on. */
    private static List<PositionBias.Pair> pairs(List<MediaItem> items, int most) {
        List<PositionBias.Pair> pairs = new ArrayList<>();
        List<List<Integer>> groups = byPrompt(items);
        int largest = groups.stream().mapToInt(List::size).max().orElse(0);
        for (int from = 0; from + 1 < largest; from += 2) {
            for (List<Integer> group : groups) {
                if (from + 1 < group.size() && pairs.size() < most) {
                    MediaItem item = items.get(group.get(from));
                    MediaItem other = items.get(group.get(from + 1));
                    pairs.add(new PositionBias.Pair(item.prompt().text(), item, other));
                }
            }
        }
        return pairs;
    }

    /** Compares items with their references, which are shown after them, and before them. */
    private static PositionBias againstReferences(
            RewardSpec one, List<MediaItem> items, int count, Bootstrap bootstrap) {
        List<Sample> samples = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            MediaItem item = items.get((int) ((long) i * items.size() / count));
            try {
                samples.add(item.read());
                texts.add(item.prompt().text());
            } catch (IOException e) {
                continue; // whoever scored it before has said why
            }
        }
        Scores before = scored(in(one, "first"), samples);
        Scores after = scored(in(one, "second"), samples);
        Map<Integer, String> reasons = new LinkedHashMap<>(after.reasons());
        reasons.putAll(before.reasons());
        double[] back = Arrays.stream(after.values()).map(wins -> 1 - wins).toArray();
        double[] same = new double[samples.size()];
        Arrays.fill(same, Double.NaN);
        return PositionBias.of(before.values(), back, same, texts, reasons, bootstrap);
    }

    private static Scores scored(RewardSpec one, List<Sample> samples) {
        try (Reward reward = one.open()) {
            return reward.score(samples);
        }
    }
}
