package dev.sluice.cli.internal.score;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;

/** Writes structures in Thrift's compact protocol, as far as Parquet's metadata needs it. */
final class Thrift {
    static final int I32 = 5;
    static final int I64 = 6;
    static final int TEXT = 8;
    static final int STRUCT = 12;
    private static final int LIST = 9;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final Deque<Integer> fields = new ArrayDeque<>();
    private int field;

    /** Begins a field; its number is written as the distance to the one before. */
    private void field(int number, int type) {
        out.write(number - field << 4 | type);
        field = number;
    }

    Thrift integer(int number, int value) {
        field(number, I32);
        return zigzag(value);
    }

    Thrift number(int number, long value) {
        field(number, I64);
        return zigzag(value);
    }

    Thrift text(int number, String value) {
        field(number, TEXT);
        return string(value);
    }

    /** Begins a structure in a field; {@link #end} ends it. */
    Thrift struct(int number) {
        field(number, STRUCT);
        return element();
    }

    /** Begins a structure in a list; {@link #end} ends it. */
    Thrift element() {
        fields.push(field);
        field = 0;
        return this;
    }

    Thrift list(int number, int type, int size) {
        field(number, LIST);
        if (size < 15) {
            out.write(size << 4 | type);
        } else {
            out.write(0xF0 | type);
            varint(size);
        }
        return this;
    }

    /** Ends a structure, the outermost too. */
    Thrift end() {
        out.write(0);
        field = fields.isEmpty() ? 0 : fields.pop();
        return this;
    }

    Thrift string(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return varint(bytes.length).raw(bytes);
    }

    Thrift zigzag(long value) {
        return varint(value << 1 ^ value >> 63);
    }

    Thrift varint(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            out.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        out.write((int) rest);
        return this;
    }

    Thrift raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    byte[] bytes() {
        return out.toByteArray();
    }
}
