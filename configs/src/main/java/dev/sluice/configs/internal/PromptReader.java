package dev.sluice.configs.internal;

import dev.sluice.configs.PromptSource;
import dev.sluice.configs.Prompts;
import dev.sluice.flow.StartPicture;
import dev.sluice.grpo.Prompt;
import dev.sluice.rewards.ArmPrompt;
import dev.sluice.rewards.ArmWorld;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.SceneSplit;
import dev.sluice.rewards.ScenesWorld;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** Reads prompt files and the prompts of built-in worlds. */
public final class PromptReader {
    private static final SortedMap<String, Function<SceneSplit, List<Prompt>>> WORLDS = new TreeMap<>(Map.of(
            "scenes",
            split -> ScenesWorld.prompts(split).stream()
                    .map(PromptReader::prompt)
                    .toList(),
            "arm",
            split -> ArmWorld.prompts(split).stream().map(PromptReader::prompt).toList(),
            "arm-i2v",
            split -> ArmWorld.prompts(split).stream()
                    .flatMap(PromptReader::fromPictures)
                    .toList()));
    private static final String PROMPT = "prompt";
    private static final String IMAGE = "image";

    /** Pictures that a video of each prompt of the arm world starts from. */
    private static final int STARTS = 4;

    private static final JsonMapper JSON = JsonMapper.builder().build();

    private PromptReader() {}

    /** Returns the prompts of a world's split. */
    public static List<Prompt> world(PromptSource.World source) {
        if (!WORLDS.containsKey(source.world())) {
            throw new IllegalArgumentException("The world (%s) of the prompts %s is unknown; there is %s."
                    .formatted(source.world(), source, String.join(", ", WORLDS.keySet())));
        }
        List<String> splits = Arrays.stream(SceneSplit.values())
                .map(split -> split.name().toLowerCase(Locale.ROOT))
                .toList();
        int index = splits.indexOf(source.split());
        if (index < 0) {
            throw new IllegalArgumentException("The split (%s) of the prompts %s is unknown; %s has %s."
                    .formatted(source.split(), source, source.world(), String.join(", ", splits)));
        }
        return WORLDS.get(source.world()).apply(SceneSplit.values()[index]);
    }

    private static Prompt prompt(ArmPrompt arm) {
        Map<String, Object> metadata = new LinkedHashMap<>(arm.metadata());
        metadata.put(Prompt.TASK, arm.task());
        metadata.put(Prompts.UNSEEN, ArmWorld.unseenCombination(arm));
        return new Prompt(arm.text(), metadata);
    }

    private static Stream<Prompt> fromPictures(ArmPrompt arm) {
        return IntStream.range(0, STARTS).mapToObj(number -> prompt(arm).from(picture(ArmWorld.start(arm, number))));
    }

    private static StartPicture picture(Media image) {
        return new StartPicture(image.height(), image.width(), image.rgb());
    }

    private static Prompt prompt(ScenePrompt scene) {
        Map<String, Object> metadata = new LinkedHashMap<>(scene.metadata());
        metadata.put(Prompt.TASK, scene.task().tag());
        metadata.put(Prompts.UNSEEN, ScenesWorld.unseenCombination(scene));
        return new Prompt(scene.text(), metadata);
    }

    /** Returns the prompts of a file. */
    public static List<Prompt> file(Path file) throws IOException {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        if (!name.endsWith(".txt") && !name.endsWith(".jsonl")) {
            throw new IOException(
                    "%s must end in .txt (a prompt a line) or .jsonl (an object a line).".formatted(file));
        }
        if (!Files.isRegularFile(file)) {
            throw new IOException(
                    "The prompt file %s %s.".formatted(file, Files.exists(file) ? "is not a file" : "does not exist"));
        }
        List<String> lines;
        try {
            lines = new ArrayList<>(Files.readAllLines(file));
        } catch (CharacterCodingException e) {
            throw new IOException("%s is not UTF-8 text; one prompt a line is expected.".formatted(file), e);
        }
        if (lines.isEmpty()) {
            throw new IOException("%s is empty; one prompt a line is expected.".formatted(file));
        }
        if (lines.get(0).startsWith("\uFEFF")) { // some editors begin a file with it
            lines.set(0, lines.get(0).substring(1));
        }
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            String place = "%s:%s".formatted(file, i + 1);
            if (lines.get(i).isBlank()) {
                throw new IOException(
                        "%s: the line is empty; a prompt is expected.%nMaybe delete the line.".formatted(place));
            }
            prompts.add(
                    name.endsWith(".jsonl")
                            ? object(file, place, lines.get(i))
                            : Prompt.of(lines.get(i).strip()));
        }
        return prompts;
    }

    private static Prompt object(Path file, String place, String line) throws IOException {
        Map<String, Object> values;
        try {
            values = JSON.readValue(line, new TypeReference<LinkedHashMap<String, Object>>() {});
        } catch (JacksonException e) {
            throw new IOException(
                    "%s: a JSON object with a prompt is expected; found %s.".formatted(place, cut(line)), e);
        }
        if (values == null || !(values.remove(PROMPT) instanceof String text) || text.isBlank()) {
            throw new IOException("%s: the key prompt with a text is expected; found %s.".formatted(place, cut(line)));
        }
        if (values.containsValue(null)) {
            throw new IOException("%s: a value is null; leave its key out.".formatted(place));
        }
        if (values.containsKey("tag")) {
            values.putIfAbsent(Prompt.TASK, values.get("tag"));
        }
        Object image = values.remove(IMAGE);
        Prompt prompt = new Prompt(text, values);
        return image == null ? prompt : prompt.from(picture(file, place, image));
    }

    private static StartPicture picture(Path file, String place, Object image) throws IOException {
        if (!(image instanceof String name) || name.isBlank()) {
            throw new IOException("%s: the key image with the path of a picture is expected; found %s."
                    .formatted(place, cut(image.toString())));
        }
        try {
            return picture(ImageFiles.read(file.resolveSibling(name).normalize()));
        } catch (IOException e) {
            throw new IOException("%s: %s".formatted(place, e.getMessage()), e);
        }
    }

    private static String cut(String line) {
        return line.length() > 60 ? line.substring(0, 60) + "…" : line;
    }
}
