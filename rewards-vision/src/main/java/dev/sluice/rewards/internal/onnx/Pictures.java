package dev.sluice.rewards.internal.onnx;

import dev.sluice.video.Media;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.stream.IntStream;

/** Prepares pictures side by side for a network, in native memory that is used again. */
final class Pictures {
    /** Pictures that a network is given at once; more take memory and no less time. */
    static final int BATCH = 16;

    private static final int LEAST_SIDE = 32;
    private static final int GREATEST_ASPECT = 8;

    private final Preparation preparation;
    private final int threads;
    private FloatBuffer buffer = FloatBuffer.allocate(0);

    Pictures(Preparation preparation, int threads) {
        this.preparation = preparation;
        this.threads = threads;
    }

    /** Returns why media cannot be judged; empty if they can. */
    static String fault(Media media) {
        int shorter = Math.min(media.height(), media.width());
        int longer = Math.max(media.height(), media.width());
        if (shorter < LEAST_SIDE) {
            return "%s×%s pixels are too few; each side must have at least %s"
                    .formatted(media.height(), media.width(), LEAST_SIDE);
        }
        if (longer > GREATEST_ASPECT * shorter) {
            return "%s×%s pixels are too long; one side may be at most %s times the other"
                    .formatted(media.height(), media.width(), GREATEST_ASPECT);
        }
        return "";
    }

    /** Returns the pixels of at most {@link #BATCH} pictures; they hold until the next call. */
    OnnxNetwork.Floats of(List<Media> media) {
        int size = preparation.size();
        int each = 3 * size * size;
        if (buffer.capacity() < media.size() * each) {
            buffer = ByteBuffer.allocateDirect(4 * media.size() * each)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
        }
        IntStream indices = IntStream.range(0, media.size());
        (threads > 1 ? indices.parallel() : indices)
                .forEach(i -> buffer.put(i * each, preparation.planes(media.get(i))));
        return new OnnxNetwork.Floats(buffer.slice(0, media.size() * each), new long[] {media.size(), 3, size, size});
    }
}
