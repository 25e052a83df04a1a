package dev.sluice.rewards;

import dev.sluice.rewards.internal.preference.PreferenceReader;
import dev.sluice.rewards.internal.preference.ScenePreferences;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;

/**
 * What somebody said of samples: which of two is better, or whether one is good. Each judgment is about an axis, such as
 * {@code motion}; one that names none is about {@link #OVERALL}.
 *
 * @param items what was judged
 * @param pairs comparisons of two items
 * @param labels whether items are good
 * @param ratings what items were given, as numbers
 */
public record PreferenceData(List<Item> items, List<Pair> pairs, List<Label> labels, List<Rating> ratings) {
    /** The axis of judgments about everything. */
    public static final String OVERALL = "overall";

    public PreferenceData {
        items = List.copyOf(items);
        pairs = List.copyOf(pairs);
        labels = List.copyOf(labels);
        ratings = List.copyOf(ratings);
    }

    /** Creates judgments without ratings. */
    public PreferenceData(List<Item> items, List<Pair> pairs, List<Label> labels) {
        this(items, pairs, labels, List.of());
    }

    /**
     * A sample that is still to be read.
     *
     * @param name what messages call it, its path
     * @param prompt the text; empty if there is none
     * @param generator what made it; empty if nobody says
     * @param source reads it
     */
    public record Item(String name, String prompt, String generator, SampleSource source) {}

    /** Which of two is better. */
    public enum Verdict {
        /** The first. */
        A,
        /** The second. */
        B,
        /** Neither. */
        TIE;

        /** Returns 1, −1 or 0. */
        public int sign() {
            return this == A ? 1 : this == B ? -1 : 0;
        }
    }

    /**
     * A comparison.
     *
     * @param a the first item
     * @param b the second item
     * @param axis what it is about
     * @param verdict which is better
     * @param annotator who says so; empty if nobody is named
     * @param scores what the first and the second were given, if they were given anything
     */
    public record Pair(int a, int b, String axis, Verdict verdict, String annotator, Optional<List<Double>> scores) {}

    /**
     * A judgment of one item.
     *
     * @param item the item
     * @param axis what it is about
     * @param good whether it is good
     */
    public record Label(int item, String axis, boolean good) {}

    /**
     * What one item was given.
     *
     * @param item the item
     * @param axis what it is about
     * @param score higher is better; the unit does not matter
     */
    public record Rating(int item, String axis, double score) {}

    /**
     * Reads a {@code .jsonl} file with an object a line, or a {@code .csv} file with a heading. A line has {@code prompt} and either
     * {@code preferred} and {@code rejected}; or {@code a}, {@code b} and {@code label}, which is a, b or tie; or {@code media} and {@code good}, or {@code score}.
     * Paths start from the file's folder.
     *
     * @throws IOException that names the line, if it is not so or a file is not there
     */
    public static PreferenceData read(Path file) throws IOException {
        return PreferenceReader.read(file);
    }

    /**
     * Draws pictures of the bundled world {@code scenes} in pairs: some that obey the prompt, others that obey another one. The graded
     * verdict of {@link ScenesVerifier} says which is better; equal ones are a tie.
     *
     * @param split whose prompts are taken
     * @param pairs how many
     * @param seed of what is random
     */
    public static PreferenceData scenes(SceneSplit split, int pairs, long seed) {
        return ScenePreferences.draw(split, pairs, seed);
    }

    /** Returns the axes that have judgments, sorted. */
    public List<String> axes() {
        return List.copyOf(new TreeSet<>(Stream.of(
                        pairs.stream().map(Pair::axis),
                        labels.stream().map(Label::axis),
                        ratings.stream().map(Rating::axis))
                .flatMap(axes -> axes)
                .toList()));
    }

    /** The two parts of a division. */
    public record Parts(PreferenceData most, PreferenceData rest) {}

    /**
     * Divides by prompts, or by items where all have the same prompt, so that none is on both sides. A comparison of items from both
     * sides is left out.
     *
     * @param share about how many prompts are in the rest, in (0, 1)
     * @param seed chooses them
     */
    public Parts divided(double share, long seed) {
        boolean byPrompt = items.stream().map(Item::prompt).distinct().count() > 1;
        List<String> keys = new ArrayList<>(new TreeSet<>(items.stream()
                .map(item -> byPrompt ? item.prompt() : item.name())
                .toList()));
        Collections.shuffle(keys, new Random(seed));
        Set<String> rest = new HashSet<>(keys.subList(0, (int) Math.ceil(share * keys.size())));
        boolean[] in = new boolean[items.size()];
        for (int i = 0; i < in.length; i++) {
            in[i] = rest.contains(
                    byPrompt ? items.get(i).prompt() : items.get(i).name());
        }
        return new Parts(part(in, false), part(in, true));
    }

    private PreferenceData part(boolean[] in, boolean side) {
        return new PreferenceData(
                items,
                pairs.stream()
                        .filter(pair -> in[pair.a()] == side && in[pair.b()] == side)
                        .toList(),
                labels.stream().filter(label -> in[label.item()] == side).toList(),
                ratings.stream().filter(rating -> in[rating.item()] == side).toList());
    }

    /**
     * Draws as many prompts as there are, with repetition, or as many judgments where all have the same prompt, and returns what was
     * said of them, as often as they were drawn.
     *
     * @param seed of what is random
     */
    PreferenceData drawn(long seed) {
        List<String> prompts =
                new ArrayList<>(new TreeSet<>(items.stream().map(Item::prompt).toList()));
        Random random = new Random(seed);
        if (prompts.size() == 1) {
            return new PreferenceData(items, drawn(pairs, random), drawn(labels, random), drawn(ratings, random));
        }
        Map<String, Integer> times = new HashMap<>();
        prompts.forEach(prompt -> times.merge(prompts.get(random.nextInt(prompts.size())), 1, Integer::sum));
        ToIntFunction<Integer> often =
                item -> times.getOrDefault(items.get(item).prompt(), 0);
        return new PreferenceData(
                items,
                repeated(pairs, pair -> often.applyAsInt(pair.a())),
                repeated(labels, label -> often.applyAsInt(label.item())),
                repeated(ratings, rating -> often.applyAsInt(rating.item())));
    }

    private static <T> List<T> drawn(List<T> all, Random random) {
        return all.stream().map(one -> all.get(random.nextInt(all.size()))).toList();
    }

    private static <T> List<T> repeated(List<T> all, ToIntFunction<T> times) {
        return all.stream()
                .flatMap(one -> Collections.nCopies(times.applyAsInt(one), one).stream())
                .toList();
    }

    /** Returns only the judgments about an axis. */
    public PreferenceData about(String axis) {
        return new PreferenceData(
                items,
                pairs.stream().filter(pair -> pair.axis().equals(axis)).toList(),
                labels.stream().filter(label -> label.axis().equals(axis)).toList(),
                ratings.stream().filter(rating -> rating.axis().equals(axis)).toList());
    }
}
