package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avformat.AV_DISPOSITION_ATTACHED_PIC;
import static org.bytedeco.ffmpeg.global.avformat.av_find_best_stream;
import static org.bytedeco.ffmpeg.global.avformat.av_read_frame;
import static org.bytedeco.ffmpeg.global.avformat.av_seek_frame;
import static org.bytedeco.ffmpeg.global.avformat.avformat_alloc_context;
import static org.bytedeco.ffmpeg.global.avformat.avformat_close_input;
import static org.bytedeco.ffmpeg.global.avformat.avformat_find_stream_info;
import static org.bytedeco.ffmpeg.global.avformat.avformat_open_input;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EXIT;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_INVALIDDATA;
import static org.bytedeco.ffmpeg.global.avutil.AVMEDIA_TYPE_AUDIO;
import static org.bytedeco.ffmpeg.global.avutil.AVMEDIA_TYPE_VIDEO;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/** A file that is open in FFmpeg, and its stream of video or sound, which is still compressed. */
final class FfmpegFile implements AutoCloseable {
    private static final String MOST_STREAMS = "64";

    /** What av_seek_frame is told to go to the last key frame before. */
    private static final int BACKWARD = 1;

    /** Of what no frame is wanted. */
    private static final int DISCARD_ALL = 48;

    private static final int EINVAL = -22;

    private final Path path;
    private final Duration patience;
    private final LongPointer deadline = new LongPointer(1);
    private AVFormatContext context;
    private AVStream stream;
    private boolean audio;

    private FfmpegFile(Path path, Duration patience) {
        this.path = path;
        this.patience = patience;
    }

    /** Opens a file that must have a video. */
    static FfmpegFile open(Path path, Duration patience) throws IOException {
        return open(path, patience, AVMEDIA_TYPE_VIDEO);
    }

    /** Opens a file that must have sound, whose packets are then read in place of the video's. */
    static FfmpegFile openSound(Path path, Duration patience) throws IOException {
        return open(path, patience, AVMEDIA_TYPE_AUDIO);
    }

    private static FfmpegFile open(Path path, Duration patience, int kind) throws IOException {
        Ffmpeg.load();
        FfmpegFile file = new FfmpegFile(path, patience);
        boolean opened = false;
        try {
            file.openContext();
            file.chooseStream(kind);
            opened = true;
        } finally {
            if (!opened) {
                file.close();
            }
        }
        return file;
    }

    private void openContext() throws IOException {
        expectAnswer();
        AVFormatContext made = avformat_alloc_context();
        made.interrupt_callback().callback(Ffmpeg.Deadline.CALLBACK);
        made.interrupt_callback().opaque(deadline);
        AVDictionary options = new AVDictionary((Pointer) null);
        av_dict_set(options, "protocol_whitelist", Ffmpeg.PROTOCOLS, 0);
        av_dict_set(options, "format_whitelist", Ffmpeg.DEMUXERS, 0);
        av_dict_set(options, "codec_whitelist", Ffmpeg.DECODERS, 0);
        av_dict_set(options, "max_streams", MOST_STREAMS, 0);
        try (BytePointer address = Ffmpeg.address(path)) {
            int status = avformat_open_input(made, address, null, options);
            if (status < 0) { // and FFmpeg has freed the context
                throw new IOException("%s is not a video that can be read: %s.".formatted(path, reason(status)));
            }
        } finally {
            av_dict_free(options);
        }
        context = made;
    }

    private void chooseStream(int kind) throws IOException {
        checkSizes();
        int status = probe();
        if (status < 0) {
            throw new IOException("%s is a broken video: %s.".formatted(path, reason(status)));
        }
        int best = av_find_best_stream(context, kind, -1, -1, (PointerPointer<?>) null, 0);
        // The cover of an audio file is a stream of one picture.
        if (best < 0 || (context.streams(best).disposition() & AV_DISPOSITION_ATTACHED_PIC) != 0) {
            throw new IOException("%s has no %s.".formatted(path, kind == AVMEDIA_TYPE_VIDEO ? "video" : "sound"));
        }
        checkSizes();
        stream = context.streams(best);
        for (int i = 0; i < context.nb_streams(); i++) {
            audio |= context.streams(i).codecpar().codec_type() == AVMEDIA_TYPE_AUDIO;
            if (i != best) {
                context.streams(i).discard(DISCARD_ALL);
            }
        }
    }

    /** Decodes a little where the header does not say enough; under the limit of pixels, too. */
    private int probe() {
        int count = context.nb_streams();
        PointerPointer<AVDictionary> options = new PointerPointer<>(Math.max(1, count));
        for (int i = 0; i < count; i++) {
            AVDictionary limit = new AVDictionary((Pointer) null);
            av_dict_set(limit, "max_pixels", Long.toString(Ffmpeg.MOST_PIXELS), 0);
            options.put(i, limit);
        }
        try {
            return avformat_find_stream_info(context, options);
        } finally {
            for (int i = 0; i < count; i++) {
                AVDictionary left = options.get(AVDictionary.class, i);
                if (left != null) { // what was used up is gone
                    av_dict_free(left);
                }
            }
            options.deallocate();
        }
    }

    private void checkSizes() throws IOException {
        for (int i = 0; i < context.nb_streams(); i++) {
            AVCodecParameters parameters = context.streams(i).codecpar();
            long pixels = (long) parameters.width() * parameters.height();
            if (pixels > Ffmpeg.MOST_PIXELS) {
                throw new IOException("%s has frames of %s×%s pixels; more than %s are not read."
                        .formatted(path, parameters.height(), parameters.width(), Ffmpeg.MOST_PIXELS));
            }
        }
    }

    /** Returns what an error code means. */
    String reason(int status) {
        if (status == EINVAL) {
            return "its kind is not one of those that are read";
        }
        if (status == AVERROR_INVALIDDATA()) {
            return "it is damaged, or of another kind";
        }
        if (status == AVERROR_EXIT()) {
            return "it took longer than %s s".formatted(patience.toMillis() / 1e3);
        }
        return Ffmpeg.error(status);
    }

    /** Starts the time that reading may take from now on. */
    void expectAnswer() {
        deadline.put(System.nanoTime() + patience.toNanos());
    }

    Path path() {
        return path;
    }

    AVStream stream() {
        return stream;
    }

    boolean hasAudio() {
        return audio;
    }

    /** Returns FFmpeg's name of the container, the first of several, such as {@code mov}. */
    String container() {
        String names = context.iformat().name().getString();
        int comma = names.indexOf(',');
        return comma < 0 ? names : names.substring(0, comma);
    }

    /** Returns the length in seconds that the header states for the whole file; 0 if it does not. */
    double statedSeconds() {
        long micros = context.duration();
        return micros > 0 ? micros / 1e6 : 0;
    }

    /** Returns the seconds that one tick of the stream's times lasts. */
    double tick() {
        AVRational base = stream.time_base();
        return base.num() / (double) base.den();
    }

    /**
     * Reads the next packet of the chosen stream.
     *
     * @return whether there was one
     * @throws IOException if the file cannot be read on
     */
    boolean read(AVPacket packet) throws IOException {
        expectAnswer();
        while (true) {
            int status = av_read_frame(context, packet);
            if (status == AVERROR_EOF()) {
                return false;
            }
            if (status < 0) {
                throw new IOException("%s is damaged: %s.".formatted(path, reason(status)));
            }
            if (packet.stream_index() == stream.index()) {
                return true;
            }
            org.bytedeco.ffmpeg.global.avcodec.av_packet_unref(packet);
        }
    }

    /** Goes to the last key frame at a time, in ticks, or before; returns whether the container could. */
    boolean seek(long time) {
        expectAnswer();
        return av_seek_frame(context, stream.index(), time, BACKWARD) >= 0;
    }

    @Override
    public void close() {
        if (context != null) {
            avformat_close_input(context);
            context = null;
            deadline.deallocate();
        }
    }
}
