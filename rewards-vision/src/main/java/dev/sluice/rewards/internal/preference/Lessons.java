package dev.sluice.rewards.internal.preference;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.RewardArchitecture;
import dev.sluice.rewards.Sample;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What the items of a training look like, and what their prompts have judgments about. */
public final class Lessons {
    private static final int BATCH = 64;
    private static final double LEAST_DEVIATION = 0.1;

    private final PreferenceData data;
    private final List<Encoder.Seen> seen;
    private final RewardArchitecture architecture;
    private final Map<String, boolean[]> irrelevant = new HashMap<>();

    private Lessons(PreferenceData data, List<Encoder.Seen> seen, RewardArchitecture architecture) {
        this.data = data;
        this.seen = seen;
        this.architecture = architecture;
    }

    /**
     * The samples of an update.
     *
     * @param seen what they look like, each once
     * @param pairs comparisons of them, by their places
     * @param ratings of them, by their places
     * @param irrelevant aspects that a sample's prompt has no judgment about
     */
    public record Batch(
            List<Encoder.Seen> seen, List<Comparison> pairs, List<Rating> ratings, boolean[][] irrelevant) {}

    /**
     * Reads all items that have a judgment.
     *
     * @throws IOException if one cannot be read
     * @throws IllegalArgumentException if one cannot be judged
     */
    public static Lessons read(PreferenceData data, Encoder encoder, RewardArchitecture architecture)
            throws IOException {
        Set<Integer> wanted = new HashSet<>();
        data.pairs().forEach(pair -> wanted.addAll(List.of(pair.a(), pair.b())));
        data.labels().forEach(label -> wanted.add(label.item()));
        data.ratings().forEach(rating -> wanted.add(rating.item()));
        List<Encoder.Seen> seen = new ArrayList<>();
        List<Sample> waiting = new ArrayList<>();
        List<Integer> places = new ArrayList<>();
        for (int i = 0; i < data.items().size(); i++) {
            seen.add(null);
            if (wanted.contains(i)) {
                PreferenceData.Item item = data.items().get(i);
                Sample sample = item.source().read();
                String fault = encoder.fault(sample);
                if (!fault.isEmpty()) {
                    throw new IllegalArgumentException("%s cannot be learned from: %s.".formatted(item.name(), fault));
                }
                waiting.add(sample);
                places.add(i);
            }
            if (waiting.size() == BATCH || i == data.items().size() - 1) {
                List<Encoder.Seen> some = encoder.see(waiting);
                for (int k = 0; k < some.size(); k++) {
                    seen.set(places.get(k), some.get(k));
                }
                waiting.clear();
                places.clear();
            }
        }
        Lessons lessons = new Lessons(data, seen, architecture);
        if (architecture.head() instanceof RewardArchitecture.Head.Experts) {
            lessons.relate();
        }
        return lessons;
    }

    /** An aspect is relevant to a prompt if there is a judgment about it, or none about any aspect. */
    private void relate() {
        Map<String, Set<String>> judged = new HashMap<>();
        data.pairs()
                .forEach(pair -> judged.computeIfAbsent(prompt(pair.a()), key -> new HashSet<>())
                        .add(aspect(pair.axis())));
        data.labels()
                .forEach(label -> judged.computeIfAbsent(prompt(label.item()), key -> new HashSet<>())
                        .add(aspect(label.axis())));
        data.ratings()
                .forEach(rating -> judged.computeIfAbsent(prompt(rating.item()), key -> new HashSet<>())
                        .add(aspect(rating.axis())));
        List<String> aspects = architecture.aspects();
        judged.forEach((prompt, about) -> {
            boolean any = aspects.stream().anyMatch(about::contains);
            boolean[] flags = new boolean[aspects.size()];
            for (int a = 0; a < flags.length; a++) {
                flags[a] = any && !about.contains(aspects.get(a));
            }
            irrelevant.put(prompt, flags);
        });
    }

    private String prompt(int item) {
        return data.items().get(item).prompt();
    }

    private static String aspect(String axis) {
        return axis.split("/", 2)[0];
    }

    /** Writes the mean and the deviation of a frozen encoder's numbers into the weights that are for it. */
    public void measure(Weights weights) {
        if (!weights.contains("features.mean")) {
            return;
        }
        int size = Math.toIntExact(weights.get("features.mean").size());
        double[] sum = new double[size];
        double[] squares = new double[size];
        int count = 0;
        for (Encoder.Seen one : seen) {
            for (float[] view : one == null ? new float[0][] : one.views()) {
                count++;
                for (int k = 0; k < size; k++) {
                    sum[k] += view[k];
                    squares[k] += (double) view[k] * view[k];
                }
            }
        }
        float[] mean = new float[size];
        float[] deviation = new float[size];
        double all = 0;
        for (int k = 0; k < size; k++) {
            mean[k] = (float) (sum[k] / count);
            double variance = Math.max(0, squares[k] / count - sum[k] / count * (sum[k] / count));
            deviation[k] = (float) Math.sqrt(variance);
            all += variance;
        }
        // What hardly ever varies must not become large where it does, in pictures that are yet to come.
        float least = (float) (all > 0 ? LEAST_DEVIATION * Math.sqrt(all / size) : 1);
        for (int k = 0; k < size; k++) {
            deviation[k] += least;
        }
        assign(weights.get("features.mean"), mean);
        assign(weights.get("features.deviation"), deviation);
    }

    private static void assign(NDArray target, float[] values) {
        try (NDManager scratch = target.getManager().newSubManager()) {
            InPlace.assign(target, scratch.create(values, target.getShape()));
        }
    }

    /** Returns the samples of some comparisons and ratings, each once, in the order in which they come. */
    public Batch batch(List<Comparison> comparisons, List<Rating> ratings) {
        Map<Integer, Integer> places = new LinkedHashMap<>();
        List<Comparison> pairs = new ArrayList<>();
        for (Comparison one : comparisons) {
            places.putIfAbsent(one.winner(), places.size());
            places.putIfAbsent(one.loser(), places.size());
            pairs.add(new Comparison(
                    places.get(one.winner()),
                    places.get(one.loser()),
                    one.column(),
                    one.tie(),
                    one.margin(),
                    one.weight()));
        }
        List<Rating> rated = new ArrayList<>();
        for (Rating one : ratings) {
            places.putIfAbsent(one.item(), places.size());
            rated.add(new Rating(places.get(one.item()), one.column(), one.target(), one.weight()));
        }
        List<Encoder.Seen> some = places.keySet().stream().map(seen::get).toList();
        boolean[][] closed = irrelevant.isEmpty()
                ? new boolean[0][]
                : places.keySet().stream()
                        .map(item -> irrelevant.get(prompt(item)))
                        .toArray(boolean[][]::new);
        return new Batch(some, pairs, rated, closed);
    }

    /** Returns what names the judgments. */
    public String fingerprint() {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            data.items().forEach(item -> update(digest, item.name(), item.prompt(), item.generator()));
            data.pairs()
                    .forEach(pair -> update(digest, pair.a(), pair.b(), pair.axis(), pair.verdict(), pair.scores()));
            data.labels().forEach(label -> update(digest, label));
            data.ratings().forEach(rating -> update(digest, rating));
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private static void update(MessageDigest digest, Object... parts) {
        for (Object part : parts) {
            digest.update((part + "\n").getBytes(StandardCharsets.UTF_8));
        }
    }
}
