package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_BGR0;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_BGRA;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_PAL8;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGB24;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_RGBA;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUV420P;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_YUVA420P;

import dev.sluice.video.VideoFormat;
import dev.sluice.video.WriteOptions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What FFmpeg is told to write a format.
 *
 * @param muxer FFmpeg's name of the container
 * @param candidates encoders, the first that is there is taken
 * @param ticks ticks a second of times that are not at a constant rate
 * @param even whether frames must have an even height and width
 */
record Encoding(String muxer, List<Candidate> candidates, int ticks, boolean even) {
    /**
     * An encoder that may be there.
     *
     * @param name FFmpeg's name
     * @param pixelFormat what it is given
     * @param settings its options
     */
    record Candidate(String name, int pixelFormat, Map<String, String> settings) {}

    static Encoding of(VideoFormat format, WriteOptions options) {
        boolean alpha = options.alpha();
        int rgb = alpha ? AV_PIX_FMT_BGRA : AV_PIX_FMT_BGR0;
        return switch (format) {
            case MP4 -> new Encoding("mp4", h264(options.quality()), 90_000, true);
            case WEBM -> new Encoding("webm", List.of(vp9(options.quality(), alpha)), 1_000, false);
            case MKV ->
                new Encoding(
                        "matroska",
                        List.of(new Candidate("ffv1", rgb, settings("level", 3, "slicecrc", 1, "g", 1))),
                        1_000,
                        false);
            case GIF -> new Encoding("gif", List.of(new Candidate("gif", AV_PIX_FMT_PAL8, Map.of())), 100, false);
            case WEBP -> new Encoding("webp", List.of(webp(options.quality())), 1_000, false);
            case APNG ->
                new Encoding(
                        "apng",
                        List.of(new Candidate("apng", alpha ? AV_PIX_FMT_RGBA : AV_PIX_FMT_RGB24, Map.of())),
                        1_000,
                        false);
            default -> throw new IllegalArgumentException("FFmpeg does not write %s.".formatted(format));
        };
    }

    private static List<Candidate> h264(int quality) {
        int quantiser = (int) Math.round(50 - 0.4 * quality);
        return List.of(
                new Candidate("libx264", AV_PIX_FMT_YUV420P, settings("crf", quantiser, "preset", "medium")),
                // A constant quantiser; the rate only must not be what limits it.
                new Candidate(
                        "libopenh264",
                        AV_PIX_FMT_YUV420P,
                        settings(
                                "rc_mode",
                                "quality",
                                "qmin",
                                quantiser,
                                "qmax",
                                quantiser,
                                "b",
                                200_000_000,
                                "allow_skip_frames",
                                0,
                                "profile",
                                "high",
                                "g",
                                48)),
                vp9(quality, false));
    }

    private static Candidate vp9(int quality, boolean alpha) {
        int level = (int) Math.round(63 - 0.59 * quality);
        Map<String, String> settings =
                settings("crf", level, "b", 0, "deadline", "good", "cpu-used", 4, "row-mt", 1, "g", 48);
        if (alpha) {
            settings.put("auto-alt-ref", "0");
        }
        return new Candidate("libvpx-vp9", alpha ? AV_PIX_FMT_YUVA420P : AV_PIX_FMT_YUV420P, settings);
    }

    private static Candidate webp(int quality) {
        boolean lossless = quality == 100;
        return new Candidate(
                "libwebp_anim",
                AV_PIX_FMT_BGRA,
                settings("lossless", lossless ? 1 : 0, "quality", lossless ? 50 : quality, "loop", 0));
    }

    private static Map<String, String> settings(Object... namesAndValues) {
        Map<String, String> settings = new TreeMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            settings.put(namesAndValues[i].toString(), namesAndValues[i + 1].toString());
        }
        return settings;
    }
}
