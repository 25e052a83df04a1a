package dev.sluice.rewards;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Several rewards at once: what a program needs that scores pictures and does nothing else.
 *
 * <pre>{@code
 * try (Scorer scorer = Scorer.open("compressibility", "clipscore:model=weights/clip")) {
 *     Map<String, Scores> scores = scorer.score(List.of(new Sample(picture, "a red circle", Map.of())));
 *     double first = scores.get("clipscore").values()[0];
 * }
 * }</pre>
 *
 * <p>Several threads may call it; each reward is called by one at a time.
 */
public final class Scorer implements AutoCloseable {
    private final Map<String, Reward> rewards;

    private Scorer(Map<String, Reward> rewards) {
        this.rewards = Collections.unmodifiableMap(new LinkedHashMap<>(rewards));
    }

    /**
     * Opens rewards by their texts, as in {@code scenes:mode=official}.
     *
     * @throws IllegalArgumentException if a text is wrong, or there is no such reward or option
     */
    public static Scorer open(String... rewards) {
        return open(List.of(rewards).stream().map(RewardSpec::parse).toList());
    }

    /**
     * Opens rewards. Each is called by its name, or by its whole text if the name is there more than once.
     *
     * @param specs at least one, no two alike
     * @throws IllegalArgumentException if there is no such reward or option
     */
    public static Scorer open(List<RewardSpec> specs) {
        return open(specs, labels(specs));
    }

    /**
     * Opens rewards under names of their own.
     *
     * @param names as many as specs, no two alike
     * @throws IllegalArgumentException if there is no such reward or option
     */
    public static Scorer open(List<RewardSpec> specs, List<String> names) {
        Map<String, Reward> opened = new LinkedHashMap<>();
        try {
            for (String name : names) {
                opened.put(name, specs.get(opened.size()).open());
            }
        } catch (RuntimeException e) {
            opened.values().forEach(Reward::close);
            throw e;
        }
        return new Scorer(opened);
    }

    /** Takes rewards that are open; closing the scorer closes them. */
    public static Scorer of(Map<String, Reward> rewards) {
        if (rewards.isEmpty()) {
            throw new IllegalArgumentException("rewards (0) must hold at least one reward.");
        }
        return new Scorer(rewards);
    }

    /**
     * Returns what rewards are called, in order: the name, or the whole text where a name is there more than once.
     *
     * @throws IllegalArgumentException if there are none, or two are alike
     */
    public static List<String> labels(List<RewardSpec> specs) {
        if (specs.isEmpty()) {
            throw new IllegalArgumentException("rewards (0) must hold at least one reward.");
        }
        List<String> labels = new ArrayList<>();
        for (RewardSpec spec : specs) {
            boolean alone = specs.stream()
                            .filter(other -> other.name().equals(spec.name()))
                            .count()
                    == 1;
            String label = alone ? spec.name() : spec.toString();
            if (labels.contains(label)) {
                throw new IllegalArgumentException("The reward %s is there twice.".formatted(label));
            }
            labels.add(label);
        }
        return labels;
    }

    /** Returns what the rewards are called, in order. */
    public List<String> names() {
        return List.copyOf(rewards.keySet());
    }

    /**
     * Scores samples by every reward. A reward that fails on a batch is asked for each sample alone, so that a sample which
     * it cannot bear has a reason instead of a score and stops no other.
     *
     * @return by the reward's name, in order; one entry for each sample
     * @throws RewardUnavailable if a reward says that it can score nothing at present
     */
    public Map<String, Scores> score(List<Sample> samples) {
        Map<String, Scores> scores = new LinkedHashMap<>();
        rewards.forEach((name, reward) -> scores.put(name, guarded(reward, samples)));
        return scores;
    }

    private static Scores guarded(Reward reward, List<Sample> samples) {
        try {
            return asked(reward, samples);
        } catch (RewardUnavailable e) {
            throw e;
        } catch (RuntimeException e) {
            double[] values = new double[samples.size()];
            Map<Integer, String> reasons = new LinkedHashMap<>();
            for (int i = 0; i < values.length; i++) {
                Scores one = samples.size() == 1 ? failed(e) : alone(reward, samples.get(i));
                values[i] = one.values()[0];
                if (!one.valid(0)) {
                    reasons.put(i, one.reasons().get(0));
                }
            }
            return new Scores(values, reasons);
        }
    }

    private static Scores asked(Reward reward, List<Sample> samples) {
        Scores scores;
        synchronized (reward) {
            scores = reward.score(samples);
        }
        if (scores.size() != samples.size()) {
            throw new IllegalStateException(
                    "it gave %s scores for %s samples".formatted(scores.size(), samples.size()));
        }
        return scores;
    }

    private static Scores alone(Reward reward, Sample sample) {
        try {
            return asked(reward, List.of(sample));
        } catch (RewardUnavailable e) {
            throw e;
        } catch (RuntimeException e) {
            return failed(e);
        }
    }

    private static Scores failed(RuntimeException e) {
        String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
        return new Scores(new double[] {Double.NaN}, Map.of(0, reason.replaceAll("\\s+", " ")));
    }

    @Override
    public void close() {
        rewards.values().forEach(Reward::close);
    }
}
