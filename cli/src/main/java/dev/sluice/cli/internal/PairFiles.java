package dev.sluice.cli.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.configs.PromptSource;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.grpo.PairCollection;
import dev.sluice.grpo.Prompt;
import dev.sluice.grpo.StoredPairs;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Preference pairs as files: {@code pairs.jsonl} has an object a line, with a {@code prompt} and the paths of a {@code preferred} and a
 * {@code rejected} picture, which start from the file's folder.
 */
public final class PairFiles {
    /** The name of the file of a folder that this wrote. */
    public static final String INDEX = "pairs.jsonl";

    private static final String PREFERRED = "preferred";
    private static final String REJECTED = "rejected";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Path folder;
    private final List<String> lines = new ArrayList<>();

    private PairFiles(Path folder) {
        this.folder = folder;
    }

    /**
     * Makes a folder for pairs.
     *
     * @throws IOException if there is something in it, or it cannot be made
     */
    public static PairFiles create(Path folder) throws IOException {
        PictureFolder.check(folder, false);
        Files.createDirectories(folder);
        return new PairFiles(folder);
    }

    /** Writes the pictures of a pair. */
    public void add(PairCollection.Pair pair) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("prompt", pair.prompt().text());
        line.put(PREFERRED, "%05d-%s.png".formatted(size(), PREFERRED));
        line.put(REJECTED, "%05d-%s.png".formatted(size(), REJECTED));
        line.put("scores", List.of(pair.better(), pair.worse()));
        ImageFiles.write(pair.preferred(), folder.resolve(line.get(PREFERRED).toString()));
        ImageFiles.write(pair.rejected(), folder.resolve(line.get(REJECTED).toString()));
        pair.prompt().metadata().forEach(line::putIfAbsent);
        lines.add(JSON.writeValueAsString(line));
    }

    /** Returns the number of pairs. */
    public int size() {
        return lines.size();
    }

    /** Writes the list of the pairs; without it the folder has none. */
    public void finish() throws IOException {
        AtomicFiles.file(
                folder.resolve(INDEX),
                lines.stream()
                        .map(line -> line + "\n")
                        .reduce("", String::concat)
                        .getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Refuses a list whose pictures are not there.
     *
     * @param source where the prompts come from
     * @param prompts one for each of its lines
     * @throws IOException that names the line
     */
    static void check(PromptSource.PromptFile source, List<Prompt> prompts) throws IOException {
        for (int i = 0; i < prompts.size(); i++) {
            for (boolean preferred : new boolean[] {true, false}) {
                String key = preferred ? PREFERRED : REJECTED;
                String place = "%s:%s".formatted(source.path(), i + 1);
                if (!(prompts.get(i).metadata().get(key) instanceof String)) {
                    throw new IOException("%s: the key %s with the path of a picture is expected; found %s."
                            .formatted(place, key, prompts.get(i).metadata().get(key)));
                }
                Path picture = path(source, prompts.get(i), preferred);
                if (!Files.isRegularFile(picture)) {
                    throw new IOException("%s: the %s picture %s does not exist.".formatted(place, key, picture));
                }
            }
        }
    }

    private static Path path(PromptSource.PromptFile source, Prompt prompt, boolean preferred) {
        String text = prompt.metadata().get(preferred ? PREFERRED : REJECTED).toString();
        return source.path().resolveSibling(text).normalize();
    }

    /** Returns the pairs of a list that was checked, as a pipeline's latents of one size. */
    static StoredPairs open(PromptSource.PromptFile source, FlowPipeline pipeline, int height, int width) {
        requirePictures(pipeline);
        return (owner, prompt, preferred) -> {
            Path file = path(source, prompt, preferred);
            Media picture = ImageFiles.read(file);
            if (picture.height() != height || picture.width() != width) {
                throw new IOException("%s has %s×%s pixels; pictures of %s×%s are expected."
                        .formatted(file, picture.width(), picture.height(), width, height));
            }
            return latents(owner, pipeline, picture);
        };
    }

    /** Refuses a model of videos. */
    public static void requirePictures(FlowPipeline pipeline) {
        if (pipeline.video()) {
            throw new IllegalArgumentException(
                    "model (%s) makes videos; pairs are of pictures.".formatted(pipeline.folder()));
        }
    }

    private static NDArray latents(NDManager owner, FlowPipeline pipeline, Media picture) {
        try (NDManager scratch = owner.newSubManager()) {
            NDArray planes =
                    scratch.create(Pixels.planes(picture, 0), new Shape(1, 3, picture.height(), picture.width()));
            NDArray latents = pipeline.latents(planes).squeeze(0);
            latents.attach(owner);
            return latents;
        }
    }
}
