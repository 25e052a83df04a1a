package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avcodec.*;
import static org.bytedeco.ffmpeg.global.avformat.*;
import static org.bytedeco.ffmpeg.global.avutil.*;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.SortedMap;
import java.util.TreeMap;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** Matroska files with samples of known value, made without any conversion. */
public final class RawClip {
    private static final int RATE = 16_000;

    private RawClip() {}

    /** Writes one frame, losslessly, whose planes are flat. */
    public static void flat(Path file, int height, int width, int format, int matrix, int range, int... values) {
        Ffmpeg.load();
        AVFrame frame = av_frame_alloc();
        frame.width(width).height(height).format(format).colorspace(matrix).color_range(range);
        ok(av_frame_get_buffer(frame, 0));
        boolean deep = av_pix_fmt_desc_get(format).comp(0).depth() > 8;
        for (int plane = 0; plane < values.length; plane++) {
            int bytes = frame.linesize(plane) * rows(format, plane, height);
            byte[] samples = new byte[bytes];
            for (int i = 0; i < bytes; i++) {
                samples[i] = (byte) (deep && i % 2 == 1 ? values[plane] >> 8 : values[plane]);
            }
            frame.data(plane).put(samples, 0, bytes);
        }
        AVCodecContext encoder = avcodec_alloc_context3(avcodec_find_encoder_by_name("ffv1"));
        encoder.width(width).height(height).pix_fmt(format).colorspace(matrix).color_range(range);
        encoder.time_base(av_make_q(1, 10));
        ok(avcodec_open2(encoder, avcodec_find_encoder_by_name("ffv1"), (AVDictionary) null));
        AVFormatContext muxer = muxer(file, "matroska");
        AVStream stream = avformat_new_stream(muxer, null);
        ok(avcodec_parameters_from_context(stream.codecpar(), encoder));
        ok(avformat_write_header(muxer, (AVDictionary) null));
        frame.pts(0);
        ok(avcodec_send_frame(encoder, frame));
        ok(avcodec_send_frame(encoder, null));
        AVPacket packet = av_packet_alloc();
        ok(avcodec_receive_packet(encoder, packet));
        packet.duration(100);
        ok(av_interleaved_write_frame(muxer, packet));
        finish(muxer);
        av_packet_free(packet);
        av_frame_free(frame);
        avcodec_free_context(encoder);
    }

    /** Writes a file with sound and no picture. */
    public static void soundOnly(Path file) {
        Ffmpeg.load();
        AVFormatContext muxer = muxer(file, "matroska");
        AVStream stream = avformat_new_stream(muxer, null);
        stream.codecpar()
                .codec_type(AVMEDIA_TYPE_AUDIO)
                .codec_id(AV_CODEC_ID_PCM_S16LE)
                .sample_rate(8000);
        stream.codecpar().bits_per_coded_sample(16).block_align(2);
        av_channel_layout_default(stream.codecpar().ch_layout(), 1);
        ok(avformat_write_header(muxer, (AVDictionary) null));
        AVPacket packet = av_packet_alloc();
        for (int i = 0; i < 10; i++) {
            ok(av_new_packet(packet, 1600));
            packet.data().put(new byte[1600], 0, 1600);
            packet.pts(100L * i).dts(100L * i).duration(100);
            ok(av_interleaved_write_frame(muxer, packet));
        }
        finish(muxer);
        av_packet_free(packet);
    }

    /** Writes the frames of a file, with a tone in AAC of so many seconds beside them. */
    public static void withTone(Path video, Path file, String kind, int seconds) throws IOException {
        AVFormatContext muxer = muxer(file, kind);
        AVCodecContext encoder = avcodec_alloc_context3(avcodec_find_encoder_by_name("aac"));
        encoder.sample_rate(RATE).sample_fmt(AV_SAMPLE_FMT_FLTP).bit_rate(24_000);
        encoder.time_base(av_make_q(1, RATE)).flags(AV_CODEC_FLAG_GLOBAL_HEADER);
        av_channel_layout_default(encoder.ch_layout(), 1);
        ok(avcodec_open2(encoder, avcodec_find_encoder_by_name("aac"), (AVDictionary) null));
        AVPacket packet = av_packet_alloc();
        try (FfmpegFile source = FfmpegFile.open(video, Duration.ofSeconds(10))) {
            AVStream pictures = avformat_new_stream(muxer, null);
            ok(avcodec_parameters_copy(pictures.codecpar(), source.stream().codecpar()));
            pictures.codecpar().codec_tag(0);
            AVStream sound = avformat_new_stream(muxer, null);
            ok(avcodec_parameters_from_context(sound.codecpar(), encoder));
            ok(avformat_write_header(muxer, (AVDictionary) null));
            while (source.read(packet)) {
                packet.stream_index(0).pos(-1);
                av_packet_rescale_ts(packet, source.stream().time_base(), pictures.time_base());
                ok(av_interleaved_write_frame(muxer, packet));
            }
            for (int first = 0; first < seconds * RATE; first += encoder.frame_size()) {
                ok(avcodec_send_frame(encoder, tone(first, encoder.frame_size())));
                drain(encoder, packet, muxer, sound);
            }
            ok(avcodec_send_frame(encoder, null));
            drain(encoder, packet, muxer, sound);
        }
        finish(muxer);
        av_packet_free(packet);
        avcodec_free_context(encoder);
    }

    private static AVFrame tone(int first, int samples) {
        AVFrame frame = av_frame_alloc();
        frame.nb_samples(samples).format(AV_SAMPLE_FMT_FLTP).sample_rate(RATE).pts(first);
        av_channel_layout_default(frame.ch_layout(), 1);
        ok(av_frame_get_buffer(frame, 0));
        FloatPointer values = new FloatPointer(frame.data(0));
        for (int i = 0; i < samples; i++) {
            values.put(i, (float) (0.3 * Math.sin(2 * Math.PI * 440 * (first + i) / RATE)));
        }
        return frame;
    }

    private static void drain(AVCodecContext encoder, AVPacket packet, AVFormatContext muxer, AVStream sound) {
        while (avcodec_receive_packet(encoder, packet) >= 0) {
            packet.stream_index(1);
            av_packet_rescale_ts(packet, encoder.time_base(), sound.time_base());
            ok(av_interleaved_write_frame(muxer, packet));
        }
    }

    /** Returns the seconds at which packets of sound begin, and sums of their bytes. */
    public static SortedMap<Double, Integer> sound(Path file) throws IOException {
        SortedMap<Double, Integer> packets = new TreeMap<>();
        AVPacket packet = av_packet_alloc();
        try (FfmpegFile source = FfmpegFile.openSound(file, Duration.ofSeconds(10))) {
            while (source.read(packet)) {
                byte[] bytes = new byte[packet.size()];
                packet.data().get(bytes);
                packets.put(packet.pts() * source.tick(), Arrays.hashCode(bytes));
                av_packet_unref(packet);
            }
        }
        av_packet_free(packet);
        return packets;
    }

    private static int rows(int format, int plane, int height) {
        boolean chroma = plane == 1 || plane == 2;
        return chroma ? -(-height >> av_pix_fmt_desc_get(format).log2_chroma_h()) : height;
    }

    private static AVFormatContext muxer(Path file, String name) {
        AVFormatContext muxer = new AVFormatContext((Pointer) null);
        AVIOContext io = new AVIOContext((Pointer) null);
        try (BytePointer address = Ffmpeg.address(file);
                BytePointer kind = new BytePointer((name + "\0").getBytes(StandardCharsets.UTF_8))) {
            ok(avformat_alloc_output_context2(muxer, null, kind, address));
            ok(avio_open2(io, address, AVIO_FLAG_WRITE, null, (AVDictionary) null));
        }
        muxer.pb(io);
        return muxer;
    }

    private static void finish(AVFormatContext muxer) {
        ok(av_write_trailer(muxer));
        ok(avio_close(muxer.pb()));
        avformat_free_context(muxer);
    }

    private static void ok(int status) {
        if (status < 0) {
            throw new IllegalStateException(Ffmpeg.error(status));
        }
    }
}
