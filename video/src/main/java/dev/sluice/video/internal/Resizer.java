package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGBA;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_buffer;

import dev.sluice.video.Layout;
import dev.sluice.video.ReadOptions;
import dev.sluice.video.VideoInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.BytePointer;

/** Brings pixels that are in memory to a size. */
public final class Resizer {
    private Resizer() {}

    /**
     * Returns pixels as the options want them.
     *
     * @param path for messages
     * @param rgb height × width × 3 values
     * @param alpha height × width opacities, or nothing
     */
    static FrameConverter.Pixels fit(
            Path path, int height, int width, byte[] rgb, Optional<byte[]> alpha, ReadOptions options)
            throws IOException {
        Layout.Placement placement = options.layout().place(height, width, 1);
        if (placement.equals(Layout.AS_STORED.place(height, width, 1)) && (alpha.isEmpty() || options.keepAlpha())) {
            return new FrameConverter.Pixels(height, width, rgb, alpha);
        }
        VideoInfo info = stored("image", "", height, width, 0, 1, alpha.isPresent());
        if (placement.scaledHeight() == height && placement.scaledWidth() == width) {
            byte[] packed = packed(rgb, alpha);
            return new Arranger(placement, 0, options.keepAlpha())
                    .arrange(packed, height, width, alpha.isPresent() ? 4 : 3);
        }
        Ffmpeg.load();
        AVFrame frame = frame(height, width, packed(rgb, alpha), alpha.isPresent());
        try (FrameConverter converter = new FrameConverter(info, options)) {
            return converter.convert(frame, path);
        } finally {
            av_frame_free(frame);
        }
    }

    /** Returns what can be said of pixels that no codec hides. */
    static VideoInfo stored(
            String container, String codec, int height, int width, double rate, long frames, boolean alpha) {
        VideoInfo.Colours colours = new VideoInfo.Colours(alpha ? "rgba" : "rgb24", 8, alpha, "rgb", false, true);
        double seconds = rate > 0 ? frames / rate : 0;
        return new VideoInfo(container, codec, height, width, 0, 1, rate, frames, seconds, colours, false);
    }

    private static byte[] packed(byte[] rgb, Optional<byte[]> alpha) {
        if (alpha.isEmpty()) {
            return rgb;
        }
        byte[] packed = new byte[rgb.length / 3 * 4];
        for (int i = 0; i < packed.length / 4; i++) {
            System.arraycopy(rgb, 3 * i, packed, 4 * i, 3);
            packed[4 * i + 3] = alpha.get()[i];
        }
        return packed;
    }

    /** Returns a native frame of RGB or RGBA values; the caller frees it. */
    static AVFrame frame(int height, int width, byte[] values, boolean alpha) throws IOException {
        AVFrame frame = av_frame_alloc();
        frame.width(width).height(height).format(alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24);
        if (av_frame_get_buffer(frame, 0) < 0) {
            av_frame_free(frame);
            throw new IOException("There is no memory for a frame of %s×%s pixels.".formatted(height, width));
        }
        fill(frame, values, (alpha ? 4 : 3) * width);
        return frame;
    }

    /** Copies lines of values into a native frame's first plane. */
    static void fill(AVFrame frame, byte[] values, int line) {
        BytePointer to = frame.data(0);
        int stride = frame.linesize(0);
        for (int y = 0; y < frame.height(); y++) {
            to.position((long) y * stride).put(values, y * line, line);
        }
    }
}
