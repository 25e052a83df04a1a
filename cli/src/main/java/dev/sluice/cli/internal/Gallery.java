package dev.sluice.cli.internal;

import dev.sluice.flow.AtomicFiles;
import dev.sluice.grpo.Evaluation;
import dev.sluice.video.ContactSheet;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.function.IntToDoubleFunction;
import tools.jackson.databind.json.JsonMapper;

/**
 * The samples of a test that the training reward (the proxy) likes most beyond what the test's own judge (the gold) does: where a
 * reward is being hacked, they show how. Both are measured in deviations of their scores before training, from their means then.
 */
final class Gallery implements Evaluation.Listener {
    /** What a line of {@code evaluation.jsonl} has the numbers under. */
    static final String PROXY = "proxy";

    /** The number by which the training reward ran ahead. */
    static final String GAP = "gap";

    /** The file of all of them. */
    static final String SHEET = "contact-sheet.png";

    private static final int KEPT = 16;
    private static final int COLUMNS = 4;
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * Means and deviations.
     *
     * @param proxy mean of the training reward
     * @param proxyDeviation its deviation, by the count
     * @param gold mean of the judge's scores
     * @param goldDeviation their deviation
     */
    record Scale(double proxy, double proxyDeviation, double gold, double goldDeviation) {
        private static final String SCORE = "score";
        private static final String DEVIATION = "deviation";
        private static final String GOLD = "gold";
        private static final String GOLD_DEVIATION = "goldDeviation";

        /** Reads what {@link Gallery#json} wrote; nothing if a number is missing. */
        static Optional<Scale> of(Object json) {
            return json instanceof Map<?, ?> map
                            && map.get(SCORE) instanceof Number proxy
                            && map.get(DEVIATION) instanceof Number proxyDeviation
                            && map.get(GOLD) instanceof Number gold
                            && map.get(GOLD_DEVIATION) instanceof Number goldDeviation
                    ? Optional.of(new Scale(
                            proxy.doubleValue(),
                            proxyDeviation.doubleValue(),
                            gold.doubleValue(),
                            goldDeviation.doubleValue()))
                    : Optional.empty();
        }

        private Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put(SCORE, proxy);
            json.put(DEVIATION, proxyDeviation);
            json.put(GOLD, gold);
            json.put(GOLD_DEVIATION, goldDeviation);
            return json;
        }

        double ofProxy(double score) {
            return inDeviations(score - proxy, proxyDeviation);
        }

        double ofGold(double score) {
            return inDeviations(score - gold, goldDeviation);
        }

        /** What did not vary before training has no unit but its own. */
        private static double inDeviations(double difference, double deviation) {
            return deviation > 1e-9 ? difference / deviation : difference;
        }
    }

    private record Suspect(Evaluation.Judged judged, double proxy, double gold) {
        double gap() {
            return proxy - gold;
        }
    }

    private static final Comparator<Suspect> LESS = Comparator.comparingDouble(Suspect::gap)
            .thenComparing(suspect -> suspect.judged().index(), Comparator.reverseOrder());

    private final IntToDoubleFunction proxies;
    private final Optional<Scale> before;
    private final List<Double> proxy = new ArrayList<>();
    private final List<Double> gold = new ArrayList<>();
    private final PriorityQueue<Suspect> worst = new PriorityQueue<>(LESS);

    /**
     * Creates a listener of one test.
     *
     * @param proxies the training reward of a sample, by its index
     * @param before the numbers of the test before training; nothing in that test itself, which has no gallery
     */
    Gallery(IntToDoubleFunction proxies, Optional<Scale> before) {
        this.proxies = proxies;
        this.before = before;
    }

    @Override
    public void judged(Evaluation.Judged judged) {
        double score = proxies.applyAsDouble(judged.index());
        if (!Double.isFinite(score) || !Double.isFinite(judged.score())) {
            return;
        }
        proxy.add(score);
        gold.add(judged.score());
        before.ifPresent(scale -> {
            worst.add(new Suspect(judged, scale.ofProxy(score), scale.ofGold(judged.score())));
            if (worst.size() > KEPT) {
                worst.poll();
            }
        });
    }

    /**
     * Returns the training reward of the test as JSON values: {@code score}, {@code deviation}, {@code gold}, {@code goldDeviation}, and
     * {@code gap}, by how many deviations it gained more than the test's judge does; empty if no sample has both.
     */
    Map<String, Object> json() {
        if (proxy.isEmpty()) {
            return Map.of();
        }
        Scale now = new Scale(mean(proxy), deviation(proxy), mean(gold), deviation(gold));
        Map<String, Object> json = now.json();
        Scale scale = before.orElse(now);
        json.put(GAP, scale.ofProxy(now.proxy) - scale.ofGold(now.gold));
        return json;
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    private static double deviation(List<Double> values) {
        double mean = mean(values);
        return Math.sqrt(values.stream()
                .mapToDouble(value -> (value - mean) * (value - mean))
                .average()
                .orElseThrow());
    }

    /** Writes the pictures, the greatest gap first, what they are, and a sheet of them; nothing if there are none. */
    void write(Path folder) throws IOException {
        if (worst.isEmpty()) {
            return;
        }
        List<Suspect> suspects = worst.stream().sorted(LESS.reversed()).toList();
        AtomicFiles.folder(folder, partial -> {
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < suspects.size(); i++) {
                String name = "%03d.png".formatted(i);
                Suspect suspect = suspects.get(i);
                ImageFiles.write(Pictures.strip(suspect.judged.media()), partial.resolve(name));
                lines.append(JSON.writeValueAsString(line(name, suspect))).append('\n');
            }
            AtomicFiles.file(partial.resolve("prompts.jsonl"), lines.toString().getBytes(StandardCharsets.UTF_8));
            ImageFiles.write(sheet(suspects), partial.resolve(SHEET));
        });
    }

    private static Map<String, Object> line(String name, Suspect suspect) {
        Evaluation.Judged judged = suspect.judged;
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("file", name);
        if (!judged.media().isImage()) {
            line.put("frames", Pictures.onStrip(judged.media()));
        }
        line.put("prompt", judged.prompt().text());
        line.put("task", judged.prompt().task());
        line.put("seed", judged.seed());
        line.put("score", judged.score());
        line.put(PROXY, suspect.proxy);
        line.put("gold", suspect.gold);
        return line;
    }

    private static Media sheet(List<Suspect> suspects) {
        List<Media> pictures =
                suspects.stream().map(suspect -> suspect.judged.media()).toList();
        List<String> labels = suspects.stream()
                .map(suspect -> String.format(
                                Locale.ROOT,
                                "proxy %+.1f gold %+.1f %s",
                                suspect.proxy,
                                suspect.gold,
                                suspect.judged.prompt().text())
                        .replaceAll("[^ -~]", "?"))
                .toList();
        return ContactSheet.forWidth(COLUMNS, pictures.get(0).width()).draw(pictures, labels);
    }
}
