package dev.sluice.cli.internal.score;

import dev.sluice.rewards.BatchScoring;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What has been scored, in order, one line for each batch: a batch is in it as a whole or not at all, so that a process which is
 * killed at any moment loses at most the batch it was at, and the next one continues with the same batches. The first line says
 * what is scored, and by what; a journal of anything else is refused.
 */
public final class ScoreJournal implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final long SYNC_NANOS = 5_000_000_000L;

    private final Path path;
    private final FileChannel channel;
    private int done;
    private long synced = System.nanoTime();

    private ScoreJournal(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** Takes rows in order. */
    @FunctionalInterface
    public interface Reader {
        /** Takes the row of an index. */
        void row(int index, BatchScoring.Row row) throws IOException;
    }

    /** Returns the journal's place for a table. */
    public static Path of(Path table) {
        return table.resolveSibling("." + table.getFileName() + ".journal");
    }

    /**
     * Opens a journal, and cuts off a last line that is not whole.
     *
     * @param fingerprint what is scored, and by what
     * @throws IOException if another process has it open, or it is of another batch
     */
    public static ScoreJournal open(Path path, String fingerprint) throws IOException {
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        try {
            lock(path, channel);
            ScoreJournal journal = new ScoreJournal(path, channel);
            String header = JSON.writeValueAsString(Map.of("journal", fingerprint));
            long end = journal.read(header, (index, row) -> {});
            channel.truncate(end);
            channel.position(end);
            if (end == 0) {
                journal.write(header);
            }
            return journal;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static void lock(Path path, FileChannel channel) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new IOException("%s is in use; another process scores the same batch.".formatted(path));
        }
    }

    /** Returns the number of rows. */
    public int done() {
        return done;
    }

    /** Adds the rows of a batch. */
    public void add(List<BatchScoring.Row> rows) throws IOException {
        List<List<Object>> line = new ArrayList<>();
        for (BatchScoring.Row row : rows) {
            List<Object> values = new ArrayList<>();
            for (double score : row.scores()) {
                values.add(Double.isNaN(score) ? null : score);
            }
            values.add(row.fault().orElse(null));
            line.add(values);
        }
        write(JSON.writeValueAsString(line));
        done += rows.size();
    }

    private void write(String line) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            // The system keeps what a killed process wrote; this is for when the machine stops.
            if (System.nanoTime() - synced > SYNC_NANOS) {
                channel.force(false);
                synced = System.nanoTime();
            }
        } catch (IOException e) {
            throw new IOException("%s could not be written: %s.".formatted(path, e.getMessage()), e);
        }
    }

    /** Hands on all rows. */
    public void read(Reader reader) throws IOException {
        read(null, reader);
    }

    /** Hands on all rows and returns where the last whole line ends. */
    private long read(String header, Reader reader) throws IOException {
        long end = 0;
        int rows = 0;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(path), 1 << 16)) {
            boolean first = true;
            for (byte[] line = line(in); line != null; line = line(in)) {
                String text = new String(line, StandardCharsets.UTF_8);
                if (first && header != null && !text.equals(header)) {
                    throw new IOException("""
                        %s belongs to other media, prompts, rewards or options.
                        Maybe name another --out, or add --overwrite.\
                        """.formatted(path));
                }
                if (!first) {
                    for (BatchScoring.Row row : rows(text, rows)) {
                        reader.row(rows++, row);
                    }
                }
                first = false;
                end += line.length + 1L;
            }
        }
        done = rows;
        return end;
    }

    private static byte[] line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int value = in.read(); value >= 0; value = in.read()) {
            if (value == '\n') {
                return line.toByteArray();
            }
            line.write(value);
        }
        return null;
    }

    private List<BatchScoring.Row> rows(String line, int first) throws IOException {
        List<BatchScoring.Row> rows = new ArrayList<>();
        try {
            for (JsonNode values : JSON.readTree(line)) {
                double[] scores = new double[values.size() - 1];
                for (int i = 0; i < scores.length; i++) {
                    scores[i] =
                            values.get(i).isNull() ? Double.NaN : values.get(i).doubleValue();
                }
                JsonNode fault = values.get(scores.length);
                rows.add(new BatchScoring.Row(
                        scores, fault.isNull() ? Optional.empty() : Optional.of(fault.asString())));
            }
            return rows;
        } catch (JacksonException | NegativeArraySizeException e) {
            throw new IOException(
                    "%s is broken at row %s.%nMaybe add --overwrite to begin anew.".formatted(path, first), e);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
