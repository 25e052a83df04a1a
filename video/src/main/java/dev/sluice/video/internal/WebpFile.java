package dev.sluice.video.internal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a WebP file holds: a canvas and the pictures that are laid on it one after another. FFmpeg decodes one picture but not
 * an animation.
 *
 * <p>Source: the WebP container specification (RFC 9649, section 2.7).
 *
 * @param height rows of the canvas
 * @param width columns of the canvas
 * @param alpha whether anything may be transparent
 * @param animated whether it is an animation
 * @param pictures at least one
 */
record WebpFile(int height, int width, boolean alpha, boolean animated, List<Picture> pictures) {
    private static final int MOST_PICTURES = 100_000;

    /**
     * A part of the canvas.
     *
     * @param top first row
     * @param left first column
     * @param height rows
     * @param width columns
     * @param millis how long it is shown
     * @param blend whether it is laid over what is there, by its transparency; otherwise it replaces it
     * @param clear whether its place is made transparent after it was shown
     * @param still a WebP file of its own with this picture
     */
    record Picture(int top, int left, int height, int width, int millis, boolean blend, boolean clear, byte[] still) {}

    /** Reads a file's bytes; the name is for messages. */
    static WebpFile parse(byte[] bytes, String name) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        in.position(12);
        long stated = (in.getInt(4) & 0xFFFFFFFFL) + 8;
        if (stated > bytes.length) {
            throw new IOException(
                    "%s is cut off: it has %s bytes, but its header says %s.".formatted(name, bytes.length, stated));
        }
        int height = 0;
        int width = 0;
        boolean alpha = false;
        List<Picture> pictures = new ArrayList<>();
        while (in.remaining() >= 8) {
            Chunk chunk = Chunk.read(in, name);
            ByteBuffer data = chunk.data;
            if (chunk.type.equals("VP8X") && data.remaining() >= 10) {
                int flags = data.get(0);
                alpha = (flags & 0x10) != 0;
                width = 1 + three(data, 4);
                height = 1 + three(data, 7);
                if ((flags & 0x02) == 0) {
                    return new WebpFile(height, width, alpha, false, List.of(whole(bytes, height, width)));
                }
            } else if (chunk.type.equals("ANMF")) {
                pictures.add(picture(data, height, width, name));
                if (pictures.size() > MOST_PICTURES) {
                    throw new IOException("%s has more than %s frames.".formatted(name, MOST_PICTURES));
                }
            } else if (chunk.type.equals("VP8 ") && data.remaining() >= 10 && width == 0) {
                width = data.getShort(6) & 0x3FFF;
                height = data.getShort(8) & 0x3FFF;
                return new WebpFile(height, width, false, false, List.of(whole(bytes, height, width)));
            } else if (chunk.type.equals("VP8L") && data.remaining() >= 5 && width == 0) {
                int size = data.getInt(1);
                width = 1 + (size & 0x3FFF);
                height = 1 + (size >> 14 & 0x3FFF);
                return new WebpFile(height, width, (size >> 28 & 1) != 0, false, List.of(whole(bytes, height, width)));
            }
        }
        if (pictures.isEmpty()) {
            throw new IOException("%s has no frame.".formatted(name));
        }
        return new WebpFile(height, width, alpha, true, pictures);
    }

    private static Picture whole(byte[] bytes, int height, int width) {
        return new Picture(0, 0, height, width, 0, false, false, bytes);
    }

    private static int three(ByteBuffer data, int at) {
        return data.get(at) & 0xFF | (data.get(at + 1) & 0xFF) << 8 | (data.get(at + 2) & 0xFF) << 16;
    }

    private static Picture picture(ByteBuffer data, int height, int width, String name) throws IOException {
        if (data.remaining() < 16) {
            throw new IOException("%s is broken: a frame has no header.".formatted(name));
        }
        int left = 2 * three(data, 0);
        int top = 2 * three(data, 3);
        int columns = 1 + three(data, 6);
        int rows = 1 + three(data, 9);
        if (left + columns > width || top + rows > height) {
            throw new IOException("%s is broken: a frame of %s×%s pixels at %s, %s is not within its %s×%s."
                    .formatted(name, rows, columns, top, left, height, width));
        }
        int flags = data.get(15);
        byte[] chunks = new byte[data.remaining() - 16];
        data.get(16, chunks);
        byte[] still = still(chunks, rows, columns);
        return new Picture(top, left, rows, columns, three(data, 12), (flags & 2) == 0, (flags & 1) != 0, still);
    }

    /** Returns a file of the chunks of one picture; with its transparency in a chunk of its own, it needs the longer header. */
    private static byte[] still(byte[] chunks, int height, int width) {
        boolean beside = new String(chunks, 0, Math.min(4, chunks.length), StandardCharsets.ISO_8859_1).equals("ALPH");
        int extra = beside ? 18 : 0;
        ByteBuffer out = ByteBuffer.allocate(12 + extra + chunks.length).order(ByteOrder.LITTLE_ENDIAN);
        out.put("RIFF".getBytes(StandardCharsets.ISO_8859_1)).putInt(4 + extra + chunks.length);
        out.put("WEBP".getBytes(StandardCharsets.ISO_8859_1));
        if (beside) {
            out.put("VP8X".getBytes(StandardCharsets.ISO_8859_1)).putInt(10).putInt(0x10);
            for (int size : new int[] {width - 1, height - 1}) {
                out.put((byte) size).put((byte) (size >> 8)).put((byte) (size >> 16));
            }
        }
        return out.put(chunks).array();
    }

    /** A piece of the file. */
    private record Chunk(String type, ByteBuffer data) {
        static Chunk read(ByteBuffer in, String name) throws IOException {
            byte[] type = new byte[4];
            in.get(type);
            long size = in.getInt() & 0xFFFFFFFFL;
            if (size > in.remaining()) {
                throw new IOException("%s is cut off in the middle of a frame.".formatted(name));
            }
            ByteBuffer data = in.slice(in.position(), (int) size).order(ByteOrder.LITTLE_ENDIAN);
            in.position((int) Math.min(in.limit(), in.position() + size + (size & 1)));
            return new Chunk(new String(type, StandardCharsets.ISO_8859_1), data);
        }
    }
}
