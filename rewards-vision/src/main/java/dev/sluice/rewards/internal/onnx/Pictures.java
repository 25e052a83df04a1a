package dev.sluice.rewards.internal.onnx;

import dev.sluice.video.Media;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;

/** Prepares pictures for a network, in native memory that is used again. */
final class Pictures {
    /** Pictures that a network is given at once; more take memory and no less time. */
    static final int BATCH = 16;

    private static final int LEAST_SIDE = 32;
    private static final int GREATEST_ASPECT = 8;

    private final Preparation preparation;
    private final Queue<FloatBuffer> free = new ConcurrentLinkedQueue<>();

    Pictures(Preparation preparation) {
        this.preparation = preparation;
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

    /** Computes something of the pixels of at most {@link #BATCH} pictures, which hold until it returns. */
    <T> T with(List<Media> media, Function<OnnxNetwork.Floats, T> computation) {
        int size = preparation.size();
        int each = 3 * size * size;
        FloatBuffer buffer = Optional.ofNullable(free.poll())
                .orElseGet(() -> ByteBuffer.allocateDirect(Float.BYTES * BATCH * each)
                        .order(ByteOrder.nativeOrder())
                        .asFloatBuffer());
        try {
            for (int i = 0; i < media.size(); i++) {
                buffer.put(i * each, preparation.planes(media.get(i)));
            }
            long[] shape = {media.size(), 3, size, size};
            return computation.apply(new OnnxNetwork.Floats(buffer.slice(0, media.size() * each), shape));
        } finally {
            free.add(buffer);
        }
    }
}
