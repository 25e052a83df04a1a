package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_AV1;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_VP8;
import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_VP9;
import static org.bytedeco.ffmpeg.global.avcodec.AV_PKT_FLAG_CORRUPT;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_unref;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_decoder;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_decoder_by_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_flush_buffers;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_parameters_to_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_frame;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_packet;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EAGAIN;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.AV_NOPTS_VALUE;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_unref;

import dev.sluice.video.Media;
import dev.sluice.video.ReadOptions;
import dev.sluice.video.VideoFrame;
import dev.sluice.video.VideoInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.Pointer;

/** Frames of a file that FFmpeg decodes. */
final class FfmpegSource implements FrameSource {
    /** AV_FRAME_FLAG_CORRUPT, which the bindings lack. */
    private static final int CORRUPT = 1;

    /** After so many, what is left of a damaged file is not worth the time. */
    private static final int MOST_FAULTS = 1000;

    /** Containers whose frames are changes of what was there before, so that there is no other place to begin. */
    private static final Set<String> FROM_THE_START = Set.of("gif", "apng", "yuv4mpegpipe", "ivf");

    private final Path path;
    private final ReadOptions options;
    private FfmpegFile file;
    private final VideoInfo info;
    private AVCodecContext decoder;
    private final AVPacket packet = av_packet_alloc();
    private final AVFrame frame = av_frame_alloc();
    private final FrameConverter converter;
    private final double tick;
    private FrameTimes times;
    private long origin;
    private long index;
    private double end;
    private long skipTo = AV_NOPTS_VALUE;
    private boolean draining;
    private int faults;

    FfmpegSource(Path path, ReadOptions options) throws IOException {
        this.path = path;
        this.options = options;
        file = FfmpegFile.open(path, options.patience());
        boolean opened = false;
        try {
            tick = file.tick();
            origin = file.stream().start_time();
            decoder = openDecoder();
            info = FfmpegInfo.of(file, decoder);
            converter = new FrameConverter(info, options);
            opened = true;
        } finally {
            if (!opened) {
                file.close();
            }
        }
    }

    private AVCodecContext openDecoder() throws IOException {
        int id = file.stream().codecpar().codec_id();
        AVCodec codec = null;
        if (id == AV_CODEC_ID_AV1) { // FFmpeg's own needs a device
            codec = avcodec_find_decoder_by_name("libdav1d");
            codec = codec != null ? codec : avcodec_find_decoder_by_name("libaom-av1");
        } else if (FfmpegInfo.alphaBeside(file)) { // FFmpeg's own drop the transparency
            codec = avcodec_find_decoder_by_name(id == AV_CODEC_ID_VP9 ? "libvpx-vp9" : "libvpx");
        }
        codec = codec != null ? codec : avcodec_find_decoder(id);
        if (codec == null) {
            throw new IOException(
                    "%s is compressed with %s, which is not read.".formatted(path, FfmpegInfo.codec(file)));
        }
        AVCodecContext context = avcodec_alloc_context3(codec);
        avcodec_parameters_to_context(context, file.stream().codecpar());
        context.pkt_timebase(file.stream().time_base());
        context.thread_count(options.threads());
        context.max_pixels(Ffmpeg.MOST_PIXELS);
        int status = avcodec_open2(context, codec, new AVDictionary((Pointer) null));
        if (status < 0) {
            avcodec_free_context(context);
            throw new IOException("%s is a broken video: %s.".formatted(path, file.reason(status)));
        }
        return context;
    }

    @Override
    public VideoInfo info() {
        return info;
    }

    @Override
    public Optional<VideoFrame> next() throws IOException {
        while (decode()) {
            try {
                long time = time();
                if (skipTo != AV_NOPTS_VALUE && time < skipTo) {
                    continue;
                }
                if (skipTo != AV_NOPTS_VALUE && time > skipTo) { // the container went too far
                    restart(index);
                    continue;
                }
                skipTo = AV_NOPTS_VALUE;
                return Optional.of(take(time));
            } finally {
                av_frame_unref(frame);
            }
        }
        if (index == 0) {
            throw new IOException("%s has no frame that can be decoded.".formatted(path));
        }
        checkEnd();
        return Optional.empty();
    }

    private long time() {
        long stamp = frame.best_effort_timestamp();
        if (stamp == AV_NOPTS_VALUE) {
            double rate = info.framesPerSecond() > 0 ? info.framesPerSecond() : 25;
            stamp = (origin == AV_NOPTS_VALUE ? 0 : origin) + Math.round(index / rate / tick);
        }
        if (origin == AV_NOPTS_VALUE) {
            origin = stamp;
        }
        return stamp;
    }

    private VideoFrame take(long time) throws IOException {
        if (!options.damagedToo() && (frame.decode_error_flags() != 0 || (frame.flags() & CORRUPT) != 0)) {
            throw new IOException("%s is damaged at frame %s.".formatted(path, index));
        }
        double seconds = (time - origin) * tick;
        double duration = frame.duration() > 0
                ? frame.duration() * tick
                : info.framesPerSecond() > 0 ? 1 / info.framesPerSecond() : 0;
        end = seconds + duration;
        FrameConverter.Pixels pixels = converter.convert(frame, path);
        Media image = Media.image(pixels.height(), pixels.width(), pixels.rgb());
        return new VideoFrame(index++, seconds, duration, image, pixels.alpha());
    }

    /** Decodes the next frame into {@link #frame}; returns whether there was one. */
    private boolean decode() throws IOException {
        while (true) {
            int status = avcodec_receive_frame(decoder, frame);
            if (status >= 0) {
                return true;
            }
            if (status == AVERROR_EOF()) {
                return false;
            }
            if (status != AVERROR_EAGAIN()) {
                damage(status);
            }
            if (draining) {
                continue;
            }
            send();
        }
    }

    private void send() throws IOException {
        try {
            boolean more = readPacket();
            if (more && (packet.flags() & AV_PKT_FLAG_CORRUPT) != 0) {
                damage(0);
            }
            int status = avcodec_send_packet(decoder, more ? packet : null);
            draining = !more;
            if (status < 0) {
                damage(status);
            }
        } finally {
            av_packet_unref(packet);
        }
    }

    private boolean readPacket() throws IOException {
        try {
            return file.read(packet);
        } catch (IOException e) {
            if (!options.damagedToo()) {
                throw e;
            }
            return false;
        }
    }

    private void damage(int status) throws IOException {
        faults++;
        if (!options.damagedToo() || faults > MOST_FAULTS) {
            String why = status < 0 ? ": " + file.reason(status) : "";
            throw new IOException("%s is damaged after frame %s%s.".formatted(path, index, why));
        }
    }

    /** Refuses a file that ends well before the time its header states, as a file that was cut off does. */
    private void checkEnd() throws IOException {
        double stated = info.seconds();
        double frameTime = info.framesPerSecond() > 0 ? 1 / info.framesPerSecond() : 0.1;
        if (!options.damagedToo() && stated > 0 && end + Math.max(0.1, 2.5 * frameTime) < stated && !file.hasAudio()) {
            throw new IOException("%s ends after %.2f s, but its header says %.2f s; it may be cut off."
                    .formatted(path, end, stated));
        }
    }

    @Override
    public double[] times() throws IOException {
        return table().seconds();
    }

    private synchronized FrameTimes table() throws IOException {
        if (times == null) {
            boolean hidden = decoder.codec_id() == AV_CODEC_ID_VP8;
            times = hidden ? FrameTimes.decoded(path, options) : FrameTimes.scanned(path, options);
        }
        return times;
    }

    @Override
    public void seekFrame(long wanted) throws IOException {
        FrameTimes table = table();
        if (wanted >= table.count()) {
            throw new IOException(
                    "%s has %s frames, but frame %s was asked for.".formatted(path, table.count(), wanted));
        }
        long time = table.stamp(Math.toIntExact(wanted));
        if (table.stamped() && !FROM_THE_START.contains(file.container()) && file.seek(time)) {
            avcodec_flush_buffers(decoder);
            draining = false;
            index = wanted;
            skipTo = time;
        } else {
            restart(wanted);
        }
    }

    /** Opens the file anew and goes through it up to a frame. */
    private void restart(long wanted) throws IOException {
        avcodec_free_context(decoder);
        file.close();
        file = FfmpegFile.open(path, options.patience());
        decoder = openDecoder();
        draining = false;
        skipTo = AV_NOPTS_VALUE;
        index = 0;
        while (index < wanted && next().isPresent()) {
            continue;
        }
    }

    @Override
    public void close() {
        converter.close();
        av_frame_free(frame);
        av_packet_free(packet);
        if (!decoder.isNull()) {
            avcodec_free_context(decoder);
        }
        file.close();
    }
}
