package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_UNSPECIFIED;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_FLAG_ALPHA;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGBA;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_get_buffer;
import static org.bytedeco.ffmpeg.global.avutil.av_pix_fmt_desc_get;
import static org.bytedeco.ffmpeg.global.swscale.SWS_ACCURATE_RND;
import static org.bytedeco.ffmpeg.global.swscale.SWS_BICUBIC;
import static org.bytedeco.ffmpeg.global.swscale.SWS_FULL_CHR_H_INT;
import static org.bytedeco.ffmpeg.global.swscale.sws_alloc_context;
import static org.bytedeco.ffmpeg.global.swscale.sws_freeContext;
import static org.bytedeco.ffmpeg.global.swscale.sws_init_context;
import static org.bytedeco.ffmpeg.global.swscale.sws_scale_frame;
import static org.bytedeco.ffmpeg.global.swscale.sws_setColorspaceDetails;

import dev.sluice.video.Layout;
import dev.sluice.video.ReadOptions;
import dev.sluice.video.VideoInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.swscale.SwsContext;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;

/**
 * Brings decoded frames to 8-bit RGB of the size that is asked for: the matrix and range of the file, scaling, rotation,
 * bars, transparency.
 */
final class FrameConverter implements AutoCloseable {
    private static final int ONE = 1 << 16;
    private static final int EXACT = SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT;

    private final VideoInfo info;
    private final ReadOptions options;
    private final Layout.Placement placement;
    private final boolean turned;
    private Kind kind;
    private SwsContext scaler;
    private AVFrame scaled;
    private byte[] bytes = new byte[0];

    FrameConverter(VideoInfo info, ReadOptions options) {
        this.info = info;
        this.options = options;
        placement = options.layout().place(info.height(), info.width(), info.pixelAspect());
        turned = info.rotation() % 180 != 0;
    }

    /** What a scaler is made for. */
    private record Kind(int height, int width, int format, int matrix, boolean fullRange, boolean alpha) {
        static Kind of(AVFrame frame) {
            AVPixFmtDescriptor about = av_pix_fmt_desc_get(frame.format());
            boolean rgb = FfmpegInfo.isRgb(about);
            String name = about.name().getString();
            boolean grey = about.nb_components() <= 2 && !rgb;
            boolean full = rgb
                    || frame.color_range() == AVCOL_RANGE_JPEG
                    || name.startsWith("yuvj")
                    || (grey && frame.color_range() == AVCOL_RANGE_UNSPECIFIED);
            int matrix = Matrices.told(frame.colorspace())
                    ? frame.colorspace()
                    : Matrices.assumed(frame.height(), frame.width());
            boolean alpha = (about.flags() & AV_PIX_FMT_FLAG_ALPHA) != 0;
            return new Kind(frame.height(), frame.width(), frame.format(), matrix, full, alpha);
        }
    }

    /**
     * A frame as it is wanted.
     *
     * @param height rows
     * @param width columns
     * @param rgb red, green and blue of each
     * @param alpha opacities, if they are wanted and there
     */
    record Pixels(int height, int width, byte[] rgb, Optional<byte[]> alpha) {}

    Pixels convert(AVFrame frame, Path path) throws IOException {
        Kind now = Kind.of(frame);
        if (!now.equals(kind)) {
            freeScaler();
            makeScaler(now, path);
            kind = now;
        }
        if (sws_scale_frame(scaler, scaled, frame) < 0) {
            throw new IOException("%s has frames of a kind that cannot be converted.".formatted(path));
        }
        return arranged();
    }

    private void makeScaler(Kind now, Path path) throws IOException {
        int width = turned ? placement.scaledHeight() : placement.scaledWidth();
        int height = turned ? placement.scaledWidth() : placement.scaledHeight();
        int format = now.alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24;
        scaler = sws_alloc_context();
        scaler.src_w(now.width).src_h(now.height).src_format(now.format);
        scaler.dst_w(width).dst_h(height).dst_format(format);
        boolean scales = width != now.width || height != now.height;
        scaler.flags(scales || !options.quickColours() ? EXACT : SWS_BICUBIC);
        scaler.threads(options.threads());
        int status = sws_init_context(scaler, null, null);
        IntPointer matrix = Matrices.coefficients(now.matrix);
        if (status >= 0) {
            sws_setColorspaceDetails(scaler, matrix, now.fullRange ? 1 : 0, matrix, 1, 0, ONE, ONE);
            scaled = av_frame_alloc();
            scaled.width(width).height(height).format(format);
            status = av_frame_get_buffer(scaled, 0);
        }
        if (status < 0) {
            throw new IOException("%s has frames of a kind that cannot be converted: %s."
                    .formatted(path, info.colours().pixelFormat()));
        }
    }

    private Pixels arranged() {
        int channels = kind.alpha ? 4 : 3;
        int height = scaled.height();
        int width = scaled.width();
        int line = channels * width;
        byte[] target = info.rotation() == 0 && placement.exact() && channels == 3
                ? new byte[line * height]
                : room(line * height);
        copy(scaled.data(0), scaled.linesize(0), line, height, target);
        if (target != bytes) {
            return new Pixels(height, width, target, Optional.empty());
        }
        return new Arranger(placement, info.rotation(), options.keepAlpha()).arrange(target, height, width, channels);
    }

    private byte[] room(int size) {
        if (bytes.length != size) {
            bytes = new byte[size];
        }
        return bytes;
    }

    private static void copy(BytePointer from, int stride, int line, int height, byte[] to) {
        if (stride == line) {
            from.get(to, 0, line * height);
            return;
        }
        for (int y = 0; y < height; y++) {
            from.position((long) y * stride).get(to, y * line, line);
        }
    }

    private void freeScaler() {
        if (scaler != null) {
            sws_freeContext(scaler);
            scaler = null;
        }
        if (scaled != null) {
            av_frame_free(scaled);
            scaled = null;
        }
    }

    @Override
    public void close() {
        freeScaler();
    }
}
