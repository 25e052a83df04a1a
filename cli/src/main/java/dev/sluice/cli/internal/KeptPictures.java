package dev.sluice.cli.internal;

import dev.sluice.flow.AtomicFiles;
import dev.sluice.grpo.Evaluation;
import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Keeps some pictures of an evaluation, spread over all its prompts, and shows how far it is. Videos are kept as strips of
 * frames.
 */
public final class KeptPictures implements Evaluation.Listener {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final int kept;
    private final Progress progress;
    private final List<Evaluation.Judged> pictures = new ArrayList<>();

    /**
     * Creates a listener of one evaluation.
     *
     * @param kept how many pictures to keep
     */
    public KeptPictures(int kept, Progress progress) {
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
                ImageFiles.write(Pictures.strip(judged.media()), partial.resolve(name));
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("file", name);
                if (!judged.media().isImage()) {
                    line.put("frames", Pictures.onStrip(judged.media()));
                }
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
