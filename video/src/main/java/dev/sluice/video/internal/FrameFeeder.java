package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_PAL8;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGBA;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_buffer;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_make_writable;
import static org.bytedeco.ffmpeg.global.swscale.SWS_ACCURATE_RND;
import static org.bytedeco.ffmpeg.global.swscale.SWS_BICUBIC;
import static org.bytedeco.ffmpeg.global.swscale.SWS_FULL_CHR_H_INP;
import static org.bytedeco.ffmpeg.global.swscale.SWS_FULL_CHR_H_INT;
import static org.bytedeco.ffmpeg.global.swscale.sws_alloc_context;
import static org.bytedeco.ffmpeg.global.swscale.sws_freeContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_init_context;
import static org.bytedeco.ffmpeg.global.swscale.sws_scale_frame;
import static org.bytedeco.ffmpeg.global.swscale.sws_setColorspaceDetails;

import dev.sluice.video.Media;
import dev.sluice.video.VideoFrame;
import java.io.IOException;
import java.util.Arrays;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;

/** Brings frames to what an encoder takes. */
final class FrameFeeder implements AutoCloseable {
    /** Frames that it makes in turn. */
    static final int FRAMES = 3;

    private static final int ONE = 1 << 16;

    private final int height;
    private final int width;
    private final int channels;
    private final boolean palette;
    private AVFrame source;
    private final AVFrame[] targets = new AVFrame[FRAMES];
    private int turn;
    private SwsContext converter;

    /**
     * Creates a feeder.
     *
     * @param height rows of the encoded frames, which may be one more than those of what is fed
     * @param width columns of the encoded frames, likewise
     * @param pixelFormat what the encoder takes
     * @param alpha whether there is transparency
     * @param threads threads that convert; 0 is one for each core
     */
    FrameFeeder(int height, int width, int pixelFormat, boolean alpha, int threads) throws IOException {
        this.height = height;
        this.width = width;
        channels = alpha ? 4 : 3;
        palette = pixelFormat == AV_PIX_FMT_PAL8;
        boolean made = false;
        try {
            for (int i = 0; i < FRAMES; i++) {
                targets[i] = frame(pixelFormat);
            }
            if (!palette) {
                source = frame(alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24);
                makeConverter(pixelFormat, threads);
            }
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    private AVFrame frame(int format) throws IOException {
        AVFrame frame = av_frame_alloc();
        frame.width(width).height(height).format(format);
        if (av_frame_get_buffer(frame, 0) < 0) {
            av_frame_free(frame);
            throw new IOException("there is no memory for frames of %s×%s pixels".formatted(height, width));
        }
        return frame;
    }

    private void makeConverter(int pixelFormat, int threads) throws IOException {
        converter = sws_alloc_context();
        converter.src_w(width).src_h(height).src_format(source.format());
        converter.dst_w(width).dst_h(height).dst_format(pixelFormat);
        converter.flags(SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP);
        converter.threads(threads);
        if (sws_init_context(converter, null, null) < 0) {
            throw new IOException("frames of %s×%s pixels cannot be converted".formatted(height, width));
        }
        IntPointer matrix = Matrices.coefficients(Matrices.assumed(height, width));
        sws_setColorspaceDetails(converter, matrix, 1, matrix, 0, 0, ONE, ONE);
    }

    /** Returns the frame in the encoder's form; it is the feeder's own and good for two more calls. */
    AVFrame feed(VideoFrame frame) throws IOException {
        AVFrame target = targets[turn++ % FRAMES];
        if (av_frame_make_writable(target) < 0) {
            throw new IOException("there is no memory for frames of %s×%s pixels".formatted(height, width));
        }
        byte[] values = padded(frame);
        if (palette) {
            index(values, target);
            return target;
        }
        Resizer.fill(source, values, channels * width);
        if (sws_scale_frame(converter, target, source) < 0) {
            throw new IOException("frames of %s×%s pixels cannot be converted".formatted(height, width));
        }
        return target;
    }

    private void index(byte[] values, AVFrame target) {
        Palette colours = Palette.of(values);
        byte[] indices = colours.indices();
        Resizer.fill(target, indices, width);
        byte[] table = new byte[4 * 256];
        for (int i = 0; i < colours.argb().length; i++) {
            for (int b = 0;
                    b < 4;
                    b++) { // whole numbers in the order of this machine, which is little-endian on all that are built
                // for
                table[4 * i + b] = (byte) (colours.argb()[i] >>> 8 * b);
            }
        }
        BytePointer to = target.data(1);
        to.put(table, 0, table.length);
    }

    /** Returns RGB or RGBA values of the encoded size, whose last column and row may be repeated. */
    private byte[] padded(VideoFrame frame) {
        Media image = frame.image();
        if (channels == 3 && image.height() == height && image.width() == width) {
            return image.rgb();
        }
        byte[] values = new byte[channels * height * width];
        if (channels == 4) {
            Arrays.fill(values, (byte) 255);
        }
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int from = Math.min(y, image.height() - 1) * image.width() + Math.min(x, image.width() - 1);
                int to = channels * (y * width + x);
                System.arraycopy(image.rgb(), 3 * from, values, to, 3);
                if (channels == 4 && frame.alpha().isPresent()) {
                    values[to + 3] = frame.alpha().get()[from];
                }
            }
        }
        return values;
    }

    @Override
    public void close() {
        if (converter != null) {
            sws_freeContext(converter);
            converter = null;
        }
        if (source != null) {
            av_frame_free(source);
            source = null;
        }
        for (int i = 0; i < FRAMES; i++) {
            if (targets[i] != null) {
                av_frame_free(targets[i]);
                targets[i] = null;
            }
        }
    }
}
