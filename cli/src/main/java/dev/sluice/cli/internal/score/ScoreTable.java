package dev.sluice.cli.internal.score;

import dev.sluice.rewards.BatchScoring;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * Writes a table of scores: {@code file}, {@code prompt}, a column for each reward, {@code error}. What a score or an error is not
 * there for is left empty.
 */
public interface ScoreTable {
    /** Writes a row. */
    void row(MediaItem item, BatchScoring.Row row) throws IOException;

    /** Writes what stands at the end; the stream is left open. */
    void finish() throws IOException;

    /** The formats, by the ending of the file. */
    enum Format {
        /** RFC 4180, UTF-8, with a heading. */
        CSV,
        /** A JSON object a line. */
        JSONL,
        /** Columns, as data frames read them. */
        PARQUET;

        /**
         * Returns the format that a file's name ends in.
         *
         * @throws IllegalArgumentException if it ends in none
         */
        public static Format of(Path file) {
            String name = file.getFileName().toString();
            for (Format format : values()) {
                if (name.endsWith("." + format.name().toLowerCase(Locale.ROOT))) {
                    return format;
                }
            }
            throw new IllegalArgumentException("--out (%s) must end in .csv, .jsonl or .parquet.".formatted(file));
        }

        /** Starts a table. */
        public ScoreTable on(OutputStream out, List<String> rewards) throws IOException {
            OutputStream buffered = new BufferedOutputStream(out, 1 << 16);
            return switch (this) {
                case CSV -> new Csv(buffered, rewards);
                case JSONL -> new JsonLines(buffered, rewards);
                case PARQUET -> new ScoreParquet(buffered, rewards);
            };
        }
    }

    /** Comma-separated values. */
    final class Csv implements ScoreTable {
        private final OutputStream out;

        Csv(OutputStream out, List<String> rewards) throws IOException {
            this.out = out;
            line(Stream.of(List.of("file", "prompt"), rewards, List.of("error")).flatMap(List::stream));
        }

        private void line(Stream<String> cells) throws IOException {
            out.write((cells.map(Csv::cell).collect(Collectors.joining(",")) + "\n").getBytes(StandardCharsets.UTF_8));
        }

        private static String cell(String text) {
            boolean quoted = text.chars().anyMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r');
            return quoted ? '"' + text.replace("\"", "\"\"") + '"' : text;
        }

        @Override
        public void row(MediaItem item, BatchScoring.Row row) throws IOException {
            Stream<String> scores =
                    DoubleStream.of(row.scores()).mapToObj(score -> Double.isNaN(score) ? "" : Double.toString(score));
            Stream<String> names = Stream.of(item.file(), item.prompt().text());
            line(Stream.of(names, scores, Stream.of(row.fault().orElse(""))).flatMap(part -> part));
        }

        @Override
        public void finish() throws IOException {
            out.flush();
        }
    }

    /** An object a line. */
    final class JsonLines implements ScoreTable {
        private static final JsonMapper JSON = JsonMapper.builder().build();

        private final OutputStream out;
        private final List<String> rewards;

        JsonLines(OutputStream out, List<String> rewards) {
            this.out = out;
            this.rewards = rewards;
        }

        @Override
        public void row(MediaItem item, BatchScoring.Row row) throws IOException {
            Map<String, Object> values = new LinkedHashMap<>();
            values.put("file", item.file());
            values.put("prompt", item.prompt().text());
            for (int i = 0; i < rewards.size(); i++) {
                double score = row.scores()[i];
                values.put(rewards.get(i), Double.isNaN(score) ? null : score);
            }
            row.fault().ifPresent(fault -> values.put("error", fault));
            out.write((JSON.writeValueAsString(values) + "\n").getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public void finish() throws IOException {
            out.flush();
        }
    }
}
