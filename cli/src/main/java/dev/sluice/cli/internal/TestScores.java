package dev.sluice.cli.internal;

import dev.sluice.configs.Prompts;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.grpo.Evaluation;
import dev.sluice.grpo.Interval;
import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/** Gathers the samples of one evaluation: their scores on unseen combinations, and the pictures that are kept. */
public final class TestScores implements Evaluation.Listener {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final int kept;
    private final Progress progress;
    private final List<Evaluation.Judged> pictures = new ArrayList<>();
    private final Map<String, List<Double>> unseen = new TreeMap<>();

    /**
     * Creates a listener of one evaluation.
     *
     * @param kept how many pictures to keep
     */
    public TestScores(int kept, Progress progress) {
        this.kept = kept;
        this.progress = progress;
    }

    @Override
    public void judged(Evaluation.Judged judged) {
        progress.phase("test %s/%s".formatted(judged.index() + 1, judged.count()));
        int many = Math.min(kept, judged.count());
        // Spread over all samples: the ones where the share of the pictures moves on.
        if ((long) judged.index() * many / judged.count() != (long) (judged.index() - 1) * many / judged.count()
                || (judged.index() == 0 && many > 0)) {
            pictures.add(judged);
        }
        if (Boolean.TRUE.equals(judged.prompt().metadata().get(Prompts.UNSEEN)) && Double.isFinite(judged.score())) {
            unseen.computeIfAbsent(judged.prompt().text(), text -> new ArrayList<>())
                    .add(judged.score());
        }
    }

    /** Returns an evaluation as a line of {@code evaluation.jsonl}. */
    public Map<String, Object> line(Evaluation.Report report) {
        Map<String, Object> line = new LinkedHashMap<>(interval(report.overall()));
        line.put("task_mean", report.taskMean());
        line.put("invalid", report.invalid());
        Map<String, Object> tasks = new LinkedHashMap<>();
        report.tasks().forEach((task, interval) -> tasks.put(task, interval(interval)));
        line.put("tasks", tasks);
        if (!unseen.isEmpty()) {
            double[][] clusters = unseen.values().stream()
                    .map(scores -> scores.stream().mapToDouble(score -> score).toArray())
                    .toArray(double[][]::new);
            line.put("unseen", interval(Interval.of(clusters)));
        }
        return line;
    }

    private static Map<String, Object> interval(Interval interval) {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put("score", finite(interval.mean()));
        map.put("low", finite(interval.low()));
        map.put("high", finite(interval.high()));
        map.put("count", interval.count());
        return map;
    }

    private static Double finite(double value) {
        return Double.isFinite(value) ? value : null;
    }

    /** Writes the kept pictures and what they are. */
    public void write(Path folder) throws IOException {
        if (pictures.isEmpty()) {
            return;
        }
        AtomicFiles.folder(folder, partial -> {
            StringBuilder lines = new StringBuilder();
            for (int i = 0; i < pictures.size(); i++) {
                Evaluation.Judged judged = pictures.get(i);
                String name = "%03d.png".formatted(i);
                ImageFiles.write(judged.media(), partial.resolve(name));
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("file", name);
                line.put("prompt", judged.prompt().text());
                line.put("task", judged.prompt().task());
                line.put("seed", judged.seed());
                line.put("score", finite(judged.score()));
                lines.append(JSON.writeValueAsString(line)).append('\n');
            }
            AtomicFiles.file(partial.resolve("prompts.jsonl"), lines.toString().getBytes(StandardCharsets.UTF_8));
        });
    }
}
