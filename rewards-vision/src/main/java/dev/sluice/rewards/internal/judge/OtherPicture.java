package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.Sample;
import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A picture or video that a sample is judged against: one file for all samples, or one of a folder that the sample's metadata
 * names, or that {@code prompts.jsonl} in the folder, as {@code sluice sample} writes it, has for the sample's prompt. What
 * metadata names is looked for in the folder only, because metadata may come from others.
 *
 * @param key the metadata's key, which is the option's name as well
 * @param file the one file, if there is one
 * @param folder where the others are, if there is one
 * @param byPrompt what the folder has for prompts
 */
record OtherPicture(String key, Optional<Path> file, Optional<Path> folder, Map<String, List<Path>> byPrompt) {
    private static final String INDEX = "prompts.jsonl";
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /**
     * Finds out where the others are.
     *
     * @param key the option that names the one file; the one that names the folder has an s
     * @throws IllegalArgumentException if there is not exactly one of them, or it is not there
     */
    static OtherPicture of(RewardOptions options, String key) {
        Optional<Path> file = options.text(key).map(Path::of);
        Optional<Path> folder = options.text(key + "s").map(Path::of);
        if (file.isPresent() == folder.isPresent()) {
            throw new IllegalArgumentException(
                    "The reward %s needs either the option %s, a file for all samples, or %ss, a folder."
                            .formatted(options.reward(), key, key));
        }
        if (file.isPresent() && !Files.exists(file.get())) {
            throw new IllegalArgumentException(
                    "%s.%s (%s) does not exist.".formatted(options.reward(), key, file.get()));
        }
        if (folder.isPresent() && !Files.isDirectory(folder.get())) {
            throw new IllegalArgumentException(
                    "%s.%ss (%s) must be a folder.".formatted(options.reward(), key, folder.get()));
        }
        return new OtherPicture(
                key, file, folder, folder.map(OtherPicture::index).orElse(Map.of()));
    }

    private static Map<String, List<Path>> index(Path folder) {
        Path index = folder.resolve(INDEX);
        Map<String, List<Path>> byPrompt = new LinkedHashMap<>();
        if (!Files.isRegularFile(index)) {
            return byPrompt;
        }
        try {
            int number = 0;
            for (String line : Files.readAllLines(index)) {
                number++;
                try {
                    JsonNode entry = JSON.readTree(line);
                    if (entry.path("file").isString() && entry.path("prompt").isString()) {
                        byPrompt.computeIfAbsent(entry.path("prompt").asString(), prompt -> new ArrayList<>())
                                .add(folder.resolve(entry.path("file").asString()));
                    }
                } catch (JacksonException e) {
                    throw new IllegalArgumentException(
                            "%s, line %s is no valid JSON: %s.".formatted(index, number, e.getOriginalMessage()), e);
                }
            }
        } catch (IOException e) {
            throw new IllegalArgumentException("%s cannot be read: %s.".formatted(index, e), e);
        }
        return byPrompt;
    }

    /** Returns how many there are for a sample, at most so many; 1 where that is not known before it is looked for. */
    int count(Sample sample, int most) {
        boolean named = file.isPresent() || sample.metadata().containsKey(key);
        return named ? 1 : Math.max(1, Math.min(most, found(sample).size()));
    }

    private List<Path> found(Sample sample) {
        return byPrompt.getOrDefault(sample.prompt(), List.of());
    }

    /**
     * Reads one of those of a sample.
     *
     * @throws AnswerFault if there is none, or it cannot be read
     */
    Media of(Sample sample, int number) {
        try {
            return MediaFiles.read(path(sample, number));
        } catch (IOException e) {
            throw new AnswerFault(String.valueOf(e.getMessage()));
        }
    }

    private Path path(Sample sample, int number) {
        if (file.isPresent()) {
            return file.get();
        }
        if (!sample.metadata().containsKey(key)) {
            List<Path> found = found(sample);
            if (number >= found.size()) {
                throw new AnswerFault(
                        "there is no %s: neither does the metadata name one, nor has %s one for the prompt"
                                .formatted(key, folder.orElseThrow().resolve(INDEX)));
            }
            return found.get(number);
        }
        if (!(sample.metadata().get(key) instanceof String name)) {
            throw new AnswerFault("the metadata's %s must be the name of a file".formatted(key));
        }
        try {
            Path root = folder.orElseThrow().toRealPath();
            Path named = root.resolve(name).toRealPath();
            if (!named.startsWith(root) || named.equals(root)) {
                throw new AnswerFault("the %s (%s) must lie in the folder %s".formatted(key, name, folder.get()));
            }
            return named;
        } catch (IOException | IllegalArgumentException e) {
            if (e instanceof AnswerFault fault) {
                throw fault;
            }
            throw new AnswerFault("the %s (%s) is not in the folder %s".formatted(key, name, folder.get()));
        }
    }
}
