package dev.sluice.cli.internal.score;

import dev.sluice.rewards.BatchScoring;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A Parquet file of scores: texts and float64 columns, plain encoding, no compression, groups of rows.
 *
 * <p>Source: the format's specification (Apache Parquet, {@code parquet.thrift}); metadata in Thrift's compact protocol.
 */
final class ScoreParquet implements ScoreTable {
    private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
    private static final int ROWS_IN_GROUP = 1 << 16;
    private static final int DOUBLE = 5;
    private static final int BYTE_ARRAY = 6;
    private static final int PLAIN = 0;
    private static final int RLE = 3;

    private final OutputStream out;
    private final List<Column> columns = new ArrayList<>();
    private final List<List<Chunk>> groups = new ArrayList<>();
    private final List<Integer> groupRows = new ArrayList<>();
    private long position;
    private int rows;
    private long allRows;

    ScoreParquet(OutputStream out, List<String> rewards) throws IOException {
        this.out = out;
        columns.add(new Column("file", BYTE_ARRAY, false));
        columns.add(new Column("prompt", BYTE_ARRAY, false));
        rewards.forEach(name -> columns.add(new Column(name, DOUBLE, true)));
        columns.add(new Column("error", BYTE_ARRAY, true));
        write(MAGIC);
    }

    /** Where a column's values of a group of rows are. */
    private record Chunk(long offset, int bytes) {}

    /** The values of a group that is being filled. */
    private static final class Column {
        private final String name;
        private final int type;
        private final boolean optional;
        private final ByteArrayOutputStream values = new ByteArrayOutputStream();
        private final ByteArrayOutputStream present = new ByteArrayOutputStream();

        Column(String name, int type, boolean optional) {
            this.name = name;
            this.type = type;
            this.optional = optional;
        }

        void text(String text) {
            present.write(1);
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            values.writeBytes(little(4).putInt(bytes.length).array());
            values.writeBytes(bytes);
        }

        void number(double number) {
            present.write(1);
            values.writeBytes(little(8).putDouble(number).array());
        }

        void absent() {
            present.write(0);
        }

        /** Returns a data page's content: one bit a row that says whether there is a value, then the values. */
        byte[] page() {
            ByteArrayOutputStream page = new ByteArrayOutputStream();
            if (optional) {
                byte[] flags = present.toByteArray();
                int bytes = (flags.length + 7) / 8;
                byte[] bits = new byte[bytes];
                for (int i = 0; i < flags.length; i++) {
                    bits[i / 8] |= (byte) (flags[i] << i % 8);
                }
                Thrift run = new Thrift().varint((long) bytes << 1 | 1).raw(bits);
                page.writeBytes(little(4).putInt(run.bytes().length).array());
                page.writeBytes(run.bytes());
            }
            page.writeBytes(values.toByteArray());
            return page.toByteArray();
        }

        void clear() {
            values.reset();
            present.reset();
        }
    }

    private static ByteBuffer little(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void write(byte[] bytes) throws IOException {
        out.write(bytes);
        position += bytes.length;
    }

    @Override
    public void row(MediaItem item, BatchScoring.Row row) throws IOException {
        columns.get(0).text(item.file());
        columns.get(1).text(item.prompt().text());
        for (int i = 0; i < row.scores().length; i++) {
            if (Double.isNaN(row.scores()[i])) {
                columns.get(2 + i).absent();
            } else {
                columns.get(2 + i).number(row.scores()[i]);
            }
        }
        Column error = columns.get(columns.size() - 1);
        row.fault().ifPresentOrElse(error::text, error::absent);
        rows++;
        if (rows == ROWS_IN_GROUP) {
            endGroup();
        }
    }

    private void endGroup() throws IOException {
        List<Chunk> chunks = new ArrayList<>();
        for (Column column : columns) {
            long start = position;
            byte[] page = column.page();
            Thrift header = new Thrift()
                    .integer(1, 0)
                    .integer(2, page.length)
                    .integer(3, page.length)
                    .struct(5)
                    .integer(1, rows)
                    .integer(2, PLAIN)
                    .integer(3, RLE)
                    .integer(4, RLE)
                    .end()
                    .end();
            write(header.bytes());
            write(page);
            chunks.add(new Chunk(start, (int) (position - start)));
            column.clear();
        }
        groups.add(chunks);
        groupRows.add(rows);
        allRows += rows;
        rows = 0;
    }

    @Override
    public void finish() throws IOException {
        if (rows > 0) {
            endGroup();
        }
        byte[] footer = footer();
        write(footer);
        write(little(4).putInt(footer.length).array());
        write(MAGIC);
        out.flush();
    }

    private byte[] footer() {
        Thrift file = new Thrift().integer(1, 1).list(2, Thrift.STRUCT, columns.size() + 1);
        file.element().text(4, "scores").integer(5, columns.size()).end();
        for (Column column : columns) {
            file.element()
                    .integer(1, column.type)
                    .integer(3, column.optional ? 1 : 0)
                    .text(4, column.name);
            if (column.type == BYTE_ARRAY) {
                // UTF-8, in the old words and in the new
                file.integer(6, 0).struct(10).struct(1).end().end();
            }
            file.end();
        }
        file.number(3, allRows).list(4, Thrift.STRUCT, groups.size());
        for (int group = 0; group < groups.size(); group++) {
            group(file, groups.get(group), groupRows.get(group));
        }
        return file.text(6, "sluice").end().bytes();
    }

    private void group(Thrift file, List<Chunk> chunks, int count) {
        file.element().list(1, Thrift.STRUCT, chunks.size());
        for (int i = 0; i < chunks.size(); i++) {
            Chunk chunk = chunks.get(i);
            Column column = columns.get(i);
            file.element().number(2, chunk.offset).struct(3).integer(1, column.type);
            file.list(2, Thrift.I32, 2).zigzag(PLAIN).zigzag(RLE);
            file.list(3, Thrift.TEXT, 1).string(column.name);
            file.integer(4, 0).number(5, count).number(6, chunk.bytes).number(7, chunk.bytes);
            file.number(9, chunk.offset).end().end();
        }
        file.number(2, chunks.stream().mapToLong(Chunk::bytes).sum())
                .number(3, count)
                .end();
    }
}
