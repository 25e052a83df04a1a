package dev.sluice.rewards.internal.preference;

import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.rewards.PreferenceData;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The comparisons of every epoch, in its order: the pairs as they are, and new ones of labelled items, across prompts. Each good item
 * meets some bad ones (a win) and some good ones (a tie); half of the time one of the same generator, so that the generator's look is
 * nothing to learn.
 *
 * <p>Source: SoliReward (2025); how many and from where is our own.
 */
public final class Epochs {
    private final PreferenceData data;
    private final List<String> columns;
    private final Sampling sampling;
    private final long seed;
    private final List<Comparison> pairs = new ArrayList<>();
    private final List<Pool> good = new ArrayList<>();
    private final List<Pool> bad = new ArrayList<>();
    private final List<Rating> ratings = new ArrayList<>();
    private final int size;
    private long present = -1;
    private List<Comparison> order = List.of();

    /**
     * How comparisons are made.
     *
     * @param bads bad items that a good one meets in an epoch
     * @param goods good items that a good one meets in an epoch
     * @param balanced whether all prompts count the same, however many pairs they have
     * @param scoreMargin what a pair's difference of scores is multiplied by to be its margin
     */
    public record Sampling(int bads, int goods, boolean balanced, double scoreMargin) {}

    /**
     * Items that were given one label.
     *
     * @param all of them
     * @param of the same by their generator
     */
    private record Pool(List<Integer> all, Map<String, List<Integer>> of) {}

    /** Prepares them. */
    public Epochs(PreferenceData data, List<String> columns, Sampling sampling, long seed) {
        this.data = data;
        this.columns = columns;
        this.sampling = sampling;
        this.seed = seed;
        addPairs();
        columns.forEach(this::addRatings);
        for (String column : columns) {
            good.add(items(column, true));
            bad.add(items(column, false));
        }
        this.size = epoch(0).size();
    }

    private void addPairs() {
        Map<String, Integer> ofPrompt = new HashMap<>();
        data.pairs().forEach(pair -> ofPrompt.merge(prompt(pair), 1, Integer::sum));
        double mean = (double) data.pairs().size() / Math.max(1, ofPrompt.size());
        for (PreferenceData.Pair pair : data.pairs()) {
            boolean second = pair.verdict() == PreferenceData.Verdict.B;
            double margin = pair.verdict() == PreferenceData.Verdict.TIE
                    ? 0
                    : pair.scores()
                            .map(scores -> Math.abs(scores.get(0) - scores.get(1)) * sampling.scoreMargin())
                            .orElse(0.0);
            pairs.add(new Comparison(
                    second ? pair.b() : pair.a(),
                    second ? pair.a() : pair.b(),
                    columns.indexOf(pair.axis()),
                    pair.verdict() == PreferenceData.Verdict.TIE,
                    margin,
                    sampling.balanced() ? mean / ofPrompt.get(prompt(pair)) : 1));
        }
    }

    /** Ratings of an axis have a mean of 0 and a deviation of 1, so that their unit does not matter. */
    private void addRatings(String column) {
        List<PreferenceData.Rating> own = data.ratings().stream()
                .filter(rating -> rating.axis().equals(column))
                .toList();
        double mean =
                own.stream().mapToDouble(PreferenceData.Rating::score).average().orElse(0);
        double variance = own.stream()
                .mapToDouble(rating -> (rating.score() - mean) * (rating.score() - mean))
                .average()
                .orElse(0);
        double deviation = variance > 0 ? Math.sqrt(variance) : 1;
        Map<String, Integer> ofPrompt = new HashMap<>();
        own.forEach(rating -> ofPrompt.merge(prompt(rating.item()), 1, Integer::sum));
        for (PreferenceData.Rating rating : own) {
            double share = (double) own.size() / ofPrompt.size() / ofPrompt.get(prompt(rating.item()));
            ratings.add(new Rating(
                    rating.item(),
                    columns.indexOf(column),
                    (rating.score() - mean) / deviation,
                    sampling.balanced() ? share : 1));
        }
    }

    private String prompt(int item) {
        return data.items().get(item).prompt();
    }

    private String prompt(PreferenceData.Pair pair) {
        return prompt(pair.a());
    }

    private Pool items(String axis, boolean wanted) {
        List<Integer> all = data.labels().stream()
                .filter(label -> label.axis().equals(axis) && label.good() == wanted)
                .map(PreferenceData.Label::item)
                .distinct()
                .toList();
        Map<String, List<Integer>> of = new HashMap<>();
        all.forEach(item -> of.computeIfAbsent(data.items().get(item).generator(), key -> new ArrayList<>())
                .add(item));
        return new Pool(all, of);
    }

    /** Returns whether there is nothing to learn from. */
    public boolean empty() {
        return size == 0 && ratings.isEmpty();
    }

    /** Returns how many comparisons an epoch has. */
    public int size() {
        return size;
    }

    /** Returns the ratings of an update; all come once before one comes again, each time in another order. */
    public List<Rating> ratings(long step, int count) {
        if (ratings.isEmpty()) {
            return List.of();
        }
        long batches = (ratings.size() + count - 1L) / count;
        int first = Math.toIntExact(step % batches) * count;
        return shuffled(ratings, NoiseSource.of(seed, 2, step / batches))
                .subList(first, Math.min(ratings.size(), first + count));
    }

    /** Returns the comparisons of an update, the last of an epoch may have fewer; none if there are ratings only. */
    public List<Comparison> batch(long step, int count) {
        if (size == 0) {
            return List.of();
        }
        long batches = (size + count - 1L) / count;
        List<Comparison> all = epoch(step / batches);
        int first = Math.toIntExact(step % batches) * count;
        return all.subList(first, Math.min(size, first + count));
    }

    private List<Comparison> epoch(long number) {
        if (number != present) {
            NoiseSource random = NoiseSource.of(seed, 1, number);
            List<Comparison> drawn = new ArrayList<>(pairs);
            for (int column = 0; column < columns.size(); column++) {
                for (int item : good.get(column).all()) {
                    add(drawn, item, column, bad.get(column), sampling.bads(), false, random);
                    add(drawn, item, column, good.get(column), sampling.goods(), true, random);
                }
            }
            order = shuffled(drawn, random);
            present = number;
        }
        return order;
    }

    private static <T> List<T> shuffled(List<T> all, NoiseSource random) {
        double[] keys = new double[all.size()];
        Integer[] places = new Integer[all.size()];
        for (int i = 0; i < keys.length; i++) {
            keys[i] = random.uniform();
            places[i] = i;
        }
        Arrays.sort(places, Comparator.comparingDouble(i -> keys[i]));
        return Arrays.stream(places).map(all::get).toList();
    }

    private void add(
            List<Comparison> to, int item, int column, Pool others, int count, boolean tie, NoiseSource random) {
        for (int i = 0; i < count && others.all().size() > (tie ? 1 : 0); i++) {
            to.add(new Comparison(item, other(item, others, random), column, tie, 0, 1));
        }
    }

    private int other(int item, Pool others, NoiseSource random) {
        boolean same = random.uniform() < 0.5;
        List<Integer> near = others.of().getOrDefault(data.items().get(item).generator(), List.of());
        // The item itself may be the only one of its generator.
        boolean enough = near.size() > 1 || (near.size() == 1 && near.get(0) != item);
        List<Integer> from = same && enough ? near : others.all();
        int other = from.get(random.uniform(from.size()));
        while (other == item) {
            other = from.get(random.uniform(from.size()));
        }
        return other;
    }
}
