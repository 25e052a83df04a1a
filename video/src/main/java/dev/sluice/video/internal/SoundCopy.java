package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_rescale_ts;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_unref;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_get_name;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_parameters_copy;
import static org.bytedeco.ffmpeg.global.avformat.av_interleaved_write_frame;
import static org.bytedeco.ffmpeg.global.avformat.avformat_new_stream;
import static org.bytedeco.ffmpeg.global.avformat.avformat_query_codec;
import static org.bytedeco.ffmpeg.global.avutil.AV_NOPTS_VALUE;

import dev.sluice.video.ReadOptions;
import dev.sluice.video.Soundtrack;
import java.io.IOException;
import java.util.Optional;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;

/** The sound of a file on its way to another, still compressed. */
final class SoundCopy implements AutoCloseable {
    /** What the standard of a container names; more could be written that nothing plays. */
    private static final int STANDARD = 0;

    /** Compressed sound begins a little before it is heard. */
    private static final double LEAD_SECONDS = 0.1;

    private final Soundtrack soundtrack;
    private final FfmpegFile source;
    private final AVFormatContext muxer;
    private final AVStream target;
    private final double earliest;
    private final long shift;
    private final AVPacket packet = av_packet_alloc();
    private long before = AV_NOPTS_VALUE;
    private boolean held;
    private boolean over;

    private SoundCopy(Soundtrack soundtrack, double start, FfmpegFile source, AVFormatContext muxer) {
        this.soundtrack = soundtrack;
        this.source = source;
        this.muxer = muxer;
        boolean whole = soundtrack.from() == 0;
        earliest = whole ? -LEAD_SECONDS : 0;
        shift = Math.round(start / source.tick());
        target = avformat_new_stream(muxer, null);
        avcodec_parameters_copy(target.codecpar(), source.stream().codecpar());
        target.codecpar().codec_tag(0); // each container has its own
        if (!whole) {
            target.codecpar().initial_padding(0);
        }
        target.time_base(source.stream().time_base());
        over = !whole && !source.seek(shift);
    }

    /**
     * Adds a stream of sound to a file whose header is not written yet.
     *
     * @return empty if the file cannot hold sound of that kind
     * @throws IOException if the sound's file cannot be read
     */
    static Optional<SoundCopy> into(AVFormatContext muxer, Soundtrack soundtrack) throws IOException {
        double start = soundtrack.from() + firstFrame(soundtrack);
        FfmpegFile source = FfmpegFile.openSound(soundtrack.file(), ReadOptions.DEFAULT.patience());
        AVCodecParameters kind = source.stream().codecpar();
        boolean fits = kind.sample_rate() > 0 && avformat_query_codec(muxer.oformat(), kind.codec_id(), STANDARD) == 1;
        if (!fits) {
            source.close();
            return Optional.empty();
        }
        return Optional.of(new SoundCopy(soundtrack, start, source, muxer));
    }

    /** Returns the second, by the file's own clock, at which its first frame is shown. */
    private static double firstFrame(Soundtrack soundtrack) throws IOException {
        try (FfmpegFile video = FfmpegFile.open(soundtrack.file(), ReadOptions.DEFAULT.patience())) {
            long first = video.stream().start_time();
            return first == AV_NOPTS_VALUE ? 0 : first * video.tick();
        }
    }

    /** Returns FFmpeg's name of the compression. */
    String codec() {
        return avcodec_get_name(target.codecpar().codec_id()).getString();
    }

    /** Copies what is heard before a time, in seconds from the first frame that is written. */
    void copyUntil(double seconds) throws IOException {
        while (held || next()) {
            held = true;
            double time = (stamp() - shift) * source.tick();
            if (time >= seconds) {
                return;
            }
            held = false;
            if (time + packet.duration() * source.tick() <= earliest) {
                av_packet_unref(packet);
            } else {
                write();
            }
        }
    }

    private boolean next() throws IOException {
        try {
            over = over || !source.read(packet);
        } catch (IOException e) {
            if (!soundtrack.damagedToo()) {
                throw e;
            }
            over = true;
        }
        if (!over
                && packet.duration() == 0) { // not every container says it, and MP4 leaves out a last one that has none
            packet.duration(before == AV_NOPTS_VALUE ? 0 : Math.max(0, stamp() - before));
        }
        before = over ? before : stamp();
        return !over;
    }

    private long stamp() {
        return packet.pts() != AV_NOPTS_VALUE ? packet.pts() : packet.dts();
    }

    private void write() throws IOException {
        long time = stamp() - shift;
        time = soundtrack.from() == 0 ? time : Math.max(0, time);
        packet.pts(time).dts(time).pos(-1).stream_index(target.index());
        av_packet_rescale_ts(packet, source.stream().time_base(), target.time_base());
        int status = av_interleaved_write_frame(muxer, packet);
        if (status < 0) {
            throw new IOException(
                    "The sound of %s cannot be copied: %s.".formatted(soundtrack.file(), Ffmpeg.error(status)));
        }
    }

    @Override
    public void close() {
        av_packet_free(packet);
        source.close();
    }
}
