package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avcodec.AV_PKT_FLAG_DISCARD;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_unref;
import static org.bytedeco.ffmpeg.global.avutil.AV_NOPTS_VALUE;

import dev.sluice.video.ReadOptions;
import dev.sluice.video.VideoFrame;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.ffmpeg.avcodec.AVPacket;

/**
 * When each frame of a file is shown.
 *
 * @param stamps times in ticks of the stream, ascending; empty if the file can only be told by decoding it
 * @param seconds the same from the first frame
 */
record FrameTimes(long[] stamps, double[] seconds) {
    int count() {
        return seconds.length;
    }

    boolean stamped() {
        return stamps.length > 0;
    }

    long stamp(int index) {
        return stamped() ? stamps[index] : 0;
    }

    /** Goes through the packets without decoding them; where they do not say enough, decodes. */
    static FrameTimes scanned(Path path, ReadOptions options) throws IOException {
        long[] stamps = new long[1024];
        int count = 0;
        double tick;
        boolean told = true;
        AVPacket packet = av_packet_alloc();
        try (FfmpegFile file = FfmpegFile.open(path, options.patience())) {
            tick = file.tick();
            while (told && file.read(packet)) {
                long stamp = packet.pts();
                if ((packet.flags() & AV_PKT_FLAG_DISCARD) == 0) {
                    told = stamp != AV_NOPTS_VALUE;
                    stamps = count == stamps.length ? Arrays.copyOf(stamps, 2 * count) : stamps;
                    stamps[count++] = stamp;
                }
                av_packet_unref(packet);
            }
        } finally {
            av_packet_free(packet);
        }
        stamps = Arrays.copyOf(stamps, count);
        Arrays.sort(stamps);
        for (int i = 1; told && i < count; i++) {
            told = stamps[i] != stamps[i - 1];
        }
        if (!told || count == 0) {
            return decoded(path, options);
        }
        long[] sorted = stamps;
        return new FrameTimes(
                sorted,
                Arrays.stream(sorted)
                        .mapToDouble(stamp -> (stamp - sorted[0]) * tick)
                        .toArray());
    }

    /** Decodes the whole file. */
    static FrameTimes decoded(Path path, ReadOptions options) throws IOException {
        double[] seconds = new double[1024];
        int count = 0;
        try (FfmpegSource source = new FfmpegSource(path, options)) {
            for (Optional<VideoFrame> frame = source.next(); frame.isPresent(); frame = source.next()) {
                seconds = count == seconds.length ? Arrays.copyOf(seconds, 2 * count) : seconds;
                seconds[count++] = frame.get().seconds();
            }
        }
        return new FrameTimes(new long[0], Arrays.copyOf(seconds, count));
    }
}
