package dev.sluice.cli.internal;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * A file of one JSON object a line, flushed line by line, each with the {@code step} it belongs to. When a run is resumed
 * the lines after its checkpoint are cut off, so that the file ends up equal to that of a run that never stopped.
 */
public final class JsonLines implements AutoCloseable {
    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final String STEP = "step";

    private final Path path;
    private final OutputStream out;

    private JsonLines(Path path, OutputStream out) {
        this.path = path;
        this.out = out;
    }

    /**
     * Opens a file for more lines.
     *
     * @param lastStep lines of later steps are removed; −1 to begin anew
     */
    public static JsonLines open(Path path, long lastStep) throws IOException {
        if (lastStep < 0) {
            return new JsonLines(path, Files.newOutputStream(path));
        }
        if (Files.exists(path)) {
            truncate(path, lastStep);
        }
        return new JsonLines(path, Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    /** A killed process may leave half a line, which goes too. */
    private static void truncate(Path path, long lastStep) throws IOException {
        byte[] bytes = Files.readAllBytes(path);
        int kept = 0;
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                String line = new String(bytes, start, i - start, StandardCharsets.UTF_8);
                if (!keeps(line, lastStep)) {
                    break;
                }
                start = i + 1;
                kept = start;
            }
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
            channel.truncate(kept);
        }
    }

    private static boolean keeps(String line, long lastStep) {
        try {
            return parse(line).get(STEP) instanceof Number step && step.longValue() <= lastStep;
        } catch (JacksonException e) {
            return false;
        }
    }

    private static Map<String, Object> parse(String line) {
        return MAPPER.readValue(line, new TypeReference<LinkedHashMap<String, Object>>() {});
    }

    /** Returns the objects of a file; a last line that was cut short is left out. */
    public static List<Map<String, Object>> read(Path path) throws IOException {
        List<Map<String, Object>> lines = new ArrayList<>();
        List<String> texts = Files.readAllLines(path);
        for (int i = 0; i < texts.size(); i++) {
            try {
                lines.add(parse(texts.get(i)));
            } catch (JacksonException e) {
                if (i < texts.size() - 1) {
                    throw new IOException("%s: line %s is not a JSON object.".formatted(path, i + 1), e);
                }
            }
        }
        return lines;
    }

    /** Adds a line; numbers that are not finite become null. */
    public void add(long step, Map<String, ?> values) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put(STEP, step);
        values.forEach((key, value) ->
                line.put(key, value instanceof Double number && !Double.isFinite(number) ? null : value));
        try {
            out.write((MAPPER.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
        } catch (IOException e) {
            throw new IOException("%s could not be written: %s".formatted(path, e.getMessage()), e);
        }
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
