package dev.sluice.video.internal;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Whether a file is as long as its own structure says. FFmpeg gives the frames that are there of a file that was cut off, and
 * often does not say that some are missing.
 */
final class Completeness {
    private static final int MOST_BOXES = 100_000;
    private static final int TAIL = 64 * 1024;

    private Completeness() {}

    /** Refuses a file that was cut off; what cannot be told is taken for whole. */
    static void check(Path file) throws IOException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
            byte[] head = new byte[(int) Math.min(64, in.length())];
            in.readFully(head);
            String text = new String(head, StandardCharsets.ISO_8859_1);
            if (text.startsWith("ftyp", 4)) {
                boxes(in, file);
            } else if (text.startsWith("\u001a\u0045\u00df\u00a3")) {
                segment(in, file);
            } else if (text.startsWith("GIF8")) {
                ending(in, file, ";");
            } else if (text.startsWith("\u0089PNG")) {
                ending(in, file, "IEND");
            } else if (text.startsWith("RIFF")) {
                long stated = 8 + (Integer.reverseBytes(at(in, 4)) & 0xFFFFFFFFL);
                demand(stated <= in.length(), in, file, stated);
            }
        }
    }

    private static int at(RandomAccessFile in, long position) throws IOException {
        in.seek(position);
        return in.readInt();
    }

    private static void demand(boolean whole, RandomAccessFile in, Path file, long stated) throws IOException {
        if (!whole) {
            throw new IOException(
                    "%s is cut off: it has %s bytes, but its header says %s.".formatted(file, in.length(), stated));
        }
    }

    /** MP4: boxes one after another, each with its size before it. */
    private static void boxes(RandomAccessFile in, Path file) throws IOException {
        long position = 0;
        for (int i = 0; i < MOST_BOXES && position + 8 <= in.length(); i++) {
            long size = at(in, position) & 0xFFFFFFFFL;
            if (size == 1 && position + 16 <= in.length()) {
                in.seek(position + 8);
                size = in.readLong();
            }
            if (size == 0) { // to the end of the file
                return;
            }
            if (size < 8) {
                throw new IOException(
                        "%s is damaged: a box at byte %s has a size of %s.".formatted(file, position, size));
            }
            demand(size <= in.length() - position, in, file, position + size);
            position += size;
        }
    }

    /** Matroska: a header, then one segment with its size, which may be left open. */
    private static void segment(RandomAccessFile in, Path file) throws IOException {
        in.seek(4);
        long header = number(in);
        long start = in.getFilePointer() + header;
        if (header < 0 || start + 12 > in.length() || at(in, start) != 0x18538067) {
            return;
        }
        long size = number(in);
        if (size >= 0) {
            long end = in.getFilePointer() + size;
            demand(end <= in.length(), in, file, end);
        }
    }

    /** Reads a number whose length is in its first bits; all ones are unknown, here -1. */
    private static long number(RandomAccessFile in) throws IOException {
        int first = in.readUnsignedByte();
        int length = Integer.numberOfLeadingZeros(first) - 24;
        if (length >= 8) {
            return -1;
        }
        long value = first & (0x7F >> length);
        long ones = 0x7F >> length;
        for (int i = 0; i < length; i++) {
            value = value << 8 | in.readUnsignedByte();
            ones = ones << 8 | 0xFF;
        }
        return value == ones ? -1 : value;
    }

    private static void ending(RandomAccessFile in, Path file, String mark) throws IOException {
        byte[] tail = new byte[(int) Math.min(mark.length() == 1 ? 1 : TAIL, in.length())];
        in.seek(in.length() - tail.length);
        in.readFully(tail);
        if (!new String(tail, StandardCharsets.ISO_8859_1).contains(mark)) {
            throw new IOException("%s is cut off: its end is missing.".formatted(file));
        }
    }
}
