package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_FLAG_GLOBAL_HEADER;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_rescale_ts;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_encoder_by_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_parameters_from_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_packet;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_frame;
import static org.bytedeco.ffmpeg.global.avformat.AVFMT_GLOBALHEADER;
import static org.bytedeco.ffmpeg.global.avformat.AVIO_FLAG_WRITE;
import static org.bytedeco.ffmpeg.global.avformat.av_interleaved_write_frame;
import static org.bytedeco.ffmpeg.global.avformat.av_write_trailer;
import static org.bytedeco.ffmpeg.global.avformat.avformat_alloc_output_context2;
import static org.bytedeco.ffmpeg.global.avformat.avformat_free_context;
import static org.bytedeco.ffmpeg.global.avformat.avformat_new_stream;
import static org.bytedeco.ffmpeg.global.avformat.avformat_write_header;
import static org.bytedeco.ffmpeg.global.avformat.avio_close;
import static org.bytedeco.ffmpeg.global.avformat.avio_open2;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EAGAIN;
import static org.bytedeco.ffmpeg.global.avutil.AVERROR_EOF;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_free;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_set;

import dev.sluice.video.Soundtrack;
import dev.sluice.video.VideoFrame;
import dev.sluice.video.WriteOptions;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/** A file that FFmpeg encodes, on a thread of its own, while the next frame is converted. */
final class FfmpegSink implements FrameSink {
    private final Path file;
    private final Encoding encoding;
    private final WriteOptions options;
    private final int height;
    private final int width;
    private final AVRational base = new AVRational();
    private PartFile part;
    private AVFormatContext muxer;
    private AVCodecContext encoder;
    private AVStream stream;
    private AVPacket packet;
    private FrameFeeder feeder;
    private SoundCopy sound;
    private final ExecutorService thread;
    private final Deque<Future<?>> pending = new ArrayDeque<>();
    private String name;
    private long lastTick = Long.MIN_VALUE;
    private double end;

    FfmpegSink(
            Path file, Encoding encoding, int height, int width, WriteOptions options, Optional<Soundtrack> soundtrack)
            throws IOException {
        Ffmpeg.load();
        this.file = file;
        this.encoding = encoding;
        this.options = options;
        this.height = encoding.even() ? height + height % 2 : height;
        this.width = encoding.even() ? width + width % 2 : width;
        thread = Executors.newSingleThreadExecutor(work -> {
            Thread made = new Thread(work, "encode " + file.getFileName());
            made.setDaemon(true);
            return made;
        });
        Rates.set(base, options.framesPerSecond(), encoding.ticks());
        boolean opened = false;
        try {
            part = PartFile.of(file);
            openMuxer();
            openEncoder();
            openStream();
            if (soundtrack.isPresent()) {
                sound = SoundCopy.into(muxer, soundtrack.get()).orElse(null);
            }
            writeHeader();
            opened = true;
        } catch (IOException e) {
            throw e.getMessage().startsWith(file.toString())
                    ? e
                    : new IOException("%s cannot be written: %s.".formatted(file, e.getMessage()), e);
        } finally {
            if (!opened) {
                close();
            }
        }
    }

    private void openMuxer() throws IOException {
        muxer = new AVFormatContext((Pointer) null);
        byte[] format = (encoding.muxer() + "\0").getBytes(StandardCharsets.UTF_8);
        try (BytePointer address = Ffmpeg.address(part.path());
                BytePointer kind = new BytePointer(format)) {
            check(avformat_alloc_output_context2(muxer, null, kind, address));
            AVIOContext io = new AVIOContext((Pointer) null);
            check(avio_open2(io, address, AVIO_FLAG_WRITE, null, (AVDictionary) null));
            muxer.pb(io);
        }
    }

    private void openEncoder() throws IOException {
        for (Encoding.Candidate candidate : encoding.candidates()) {
            AVCodec codec = avcodec_find_encoder_by_name(candidate.name());
            if (codec == null) {
                continue;
            }
            AVCodecContext context = avcodec_alloc_context3(codec);
            configure(context, candidate.pixelFormat());
            AVDictionary settings = new AVDictionary((Pointer) null);
            candidate.settings().forEach((key, value) -> av_dict_set(settings, key, value, 0));
            int status = avcodec_open2(context, codec, settings);
            av_dict_free(settings);
            if (status >= 0) {
                encoder = context;
                name = candidate.name();
                feeder = new FrameFeeder(height, width, candidate.pixelFormat(), options.alpha(), options.threads());
                return;
            }
            avcodec_free_context(context);
        }
        String names =
                encoding.candidates().stream().map(Encoding.Candidate::name).collect(Collectors.joining(", "));
        throw new IOException("%s cannot be written: none of the encoders %s is there or takes frames of %s×%s pixels."
                .formatted(file, names, height, width));
    }

    private void configure(AVCodecContext context, int pixelFormat) {
        context.width(width).height(height).pix_fmt(pixelFormat);
        context.time_base(base);
        if (options.framesPerSecond() > 0) {
            AVRational rate = new AVRational();
            context.framerate(rate.num(base.den()).den(base.num()));
        }
        context.thread_count(options.threads());
        Matrices.tag(context);
        if ((muxer.oformat().flags() & AVFMT_GLOBALHEADER) != 0) {
            context.flags(context.flags() | AV_CODEC_FLAG_GLOBAL_HEADER);
        }
    }

    private void openStream() throws IOException {
        stream = avformat_new_stream(muxer, null);
        check(avcodec_parameters_from_context(stream.codecpar(), encoder));
        stream.time_base(base);
        if (options.framesPerSecond() > 0) {
            AVRational rate = new AVRational();
            stream.avg_frame_rate(rate.num(base.den()).den(base.num()));
        }
    }

    private void writeHeader() throws IOException {
        AVDictionary settings = new AVDictionary((Pointer) null);
        if (encoding.muxer().equals("mp4")) {
            av_dict_set(settings, "movflags", "+faststart", 0); // so that a page can play it while it loads
        }
        if (encoding.muxer().equals("apng")) {
            av_dict_set(settings, "plays", "0", 0);
        }
        int status = avformat_write_header(muxer, settings);
        av_dict_free(settings);
        check(status);
        packet = av_packet_alloc();
    }

    private void check(int status) throws IOException {
        if (status < 0) {
            throw new IOException("%s cannot be written: %s.".formatted(file, Ffmpeg.error(status)));
        }
    }

    @Override
    public String encoder() {
        return name;
    }

    @Override
    public Optional<String> sound() {
        return Optional.ofNullable(sound).map(SoundCopy::codec);
    }

    @Override
    public void write(VideoFrame frame) throws IOException {
        while (pending.size() > FrameFeeder.FRAMES - 2) { // so that none is written over that still waits
            await(pending.remove());
        }
        double tick = base.num() / (double) base.den();
        AVFrame made = feeder.feed(frame);
        long time = Math.round(frame.seconds() / tick);
        lastTick = Math.max(time, lastTick == Long.MIN_VALUE ? time : lastTick + 1);
        made.pts(lastTick);
        made.duration(Math.max(1, Math.round(frame.durationSeconds() / tick)));
        end = frame.seconds() + frame.durationSeconds();
        pending.add(thread.submit(() -> {
            send(made);
            if (sound != null) {
                sound.copyUntil(frame.seconds());
            }
            return null;
        }));
    }

    private void await(Future<?> work) throws IOException {
        try {
            work.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("Writing %s was interrupted.".formatted(file));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException failure) {
                throw failure;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private void send(AVFrame frame) throws IOException {
        check(avcodec_send_frame(encoder, frame));
        while (true) {
            int status = avcodec_receive_packet(encoder, packet);
            if (status == AVERROR_EAGAIN() || status == AVERROR_EOF()) {
                return;
            }
            check(status);
            if (packet.duration() == 0) {
                packet.duration(1);
            }
            packet.stream_index(stream.index());
            av_packet_rescale_ts(packet, base, stream.time_base());
            check(av_interleaved_write_frame(muxer, packet));
        }
    }

    @Override
    public void finish() throws IOException {
        while (!pending.isEmpty()) {
            await(pending.remove());
        }
        send(null);
        if (sound != null) {
            sound.copyUntil(end);
        }
        check(av_write_trailer(muxer));
        AVIOContext io = muxer.pb();
        muxer.pb(null);
        check(avio_close(io));
        try {
            part.finish();
        } catch (IOException e) {
            throw new IOException("%s cannot be written: %s.".formatted(file, e.getMessage()), e);
        }
    }

    @Override
    public void close() throws IOException {
        thread.shutdown();
        boolean interrupted = false;
        while (!thread.isTerminated()) { // at most a few frames, and their memory is still in use
            try {
                if (thread.awaitTermination(1, TimeUnit.MINUTES)) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (sound != null) {
            sound.close();
            sound = null;
        }
        if (feeder != null) {
            feeder.close();
            feeder = null;
        }
        if (packet != null) {
            av_packet_free(packet);
            packet = null;
        }
        if (encoder != null) {
            avcodec_free_context(encoder);
            encoder = null;
        }
        if (muxer != null && !muxer.isNull()) {
            if (muxer.pb() != null) {
                avio_close(muxer.pb());
            }
            avformat_free_context(muxer);
        }
        muxer = null;
        if (part != null) {
            part.close();
        }
    }
}
