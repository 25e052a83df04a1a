package dev.sluice.video;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import net.imglib2.img.Img;
import net.imglib2.img.basictypeaccess.array.ByteArray;
import net.imglib2.img.cell.Cell;
import net.imglib2.img.cell.CellGrid;
import net.imglib2.img.cell.LazyCellImg;
import net.imglib2.type.numeric.integer.UnsignedByteType;

/**
 * A video as an ImgLib2 volume whose frames are decoded when they are touched, so that one of any length can be walked through
 * in bounded memory. A number of frames is kept, those used last; others are decoded again when they are touched again. Going
 * forwards costs what reading costs; a jump costs decoding from the key frame before.
 *
 * <p>May be used by several threads; they decode one after another.
 */
public final class LazyVideo implements AutoCloseable {
    private static final int CHANNELS = 3;

    private final VideoReader reader;
    private final int height;
    private final int width;
    private final Img<UnsignedByteType> volume;
    private final Map<Long, Cell<ByteArray>> kept;
    private long next;
    private long decoded;

    private LazyVideo(VideoReader reader, int frames, Media first, int keep) {
        this.reader = reader;
        height = first.height();
        width = first.width();
        kept = new LinkedHashMap<>(16, 0.75f, true) {
            @Override
            protected boolean removeEldestEntry(Map.Entry<Long, Cell<ByteArray>> eldest) {
                return size() > keep;
            }
        };
        CellGrid grid =
                new CellGrid(new long[] {CHANNELS, width, height, frames}, new int[] {CHANNELS, width, height, 1});
        volume = new LazyCellImg<>(grid, new UnsignedByteType(), this::frame);
    }

    /**
     * Opens a file or a folder of images.
     *
     * @param keep how many frames are kept, at least 1
     * @throws IOException with one sentence that names the file, if it cannot be read
     */
    public static LazyVideo open(Path file, ReadOptions options, int keep) throws IOException {
        if (!(keep >= 1)) {
            throw new IllegalArgumentException("keep (%s) must be at least 1.".formatted(keep));
        }
        // The volume asks for single frames, so that a thread ahead of it would mostly decode in vain.
        VideoReader reader = VideoReader.open(file, options.with(options.threads(), 0));
        boolean opened = false;
        try {
            int frames = reader.times().length;
            Media first = reader.next()
                    .orElseThrow(() -> new IOException("%s has no frame.".formatted(file)))
                    .image();
            LazyVideo video = new LazyVideo(reader, frames, first, keep);
            video.next = 1;
            opened = true;
            return video;
        } finally {
            if (!opened) {
                reader.close();
            }
        }
    }

    /**
     * Returns the volume.
     *
     * @return dimensions (channel, x, y, frame): 3 × width × height × frames, as {@link Pixels#view} has them; a frame that
     *     cannot be read is an {@link UncheckedIOException} where it is touched
     */
    public Img<UnsignedByteType> volume() {
        return volume;
    }

    /** Returns when each frame is shown, in seconds. */
    public double[] times() throws IOException {
        return reader.times();
    }

    /** Returns how many frames have been decoded for the volume so far. */
    public synchronized long decoded() {
        return decoded;
    }

    private synchronized Cell<ByteArray> frame(long index) {
        Cell<ByteArray> cell = kept.get(index);
        if (cell != null) {
            return cell;
        }
        try {
            if (index != next) {
                reader.seekFrame(index);
            }
            VideoFrame frame =
                    reader.next().orElseThrow(() -> new IOException("Frame %s is missing.".formatted(index)));
            next = index + 1;
            decoded++;
            cell = new Cell<>(
                    new int[] {CHANNELS, width, height, 1},
                    new long[] {0, 0, 0, index},
                    new ByteArray(frame.image().rgb()));
            kept.put(index, cell);
            return cell;
        } catch (IOException e) {
            next = -1;
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public synchronized void close() {
        kept.clear();
        reader.close();
    }
}
