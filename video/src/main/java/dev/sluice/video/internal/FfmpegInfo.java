package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avcodec.AV_PKT_DATA_DISPLAYMATRIX;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_side_data_get;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_get_name;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_JPEG;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_FLAG_ALPHA;
import static org.bytedeco.ffmpeg.global.avutil.AV_PIX_FMT_FLAG_RGB;
import static org.bytedeco.ffmpeg.global.avutil.av_color_space_name;
import static org.bytedeco.ffmpeg.global.avutil.av_dict_get;
import static org.bytedeco.ffmpeg.global.avutil.av_display_rotation_get;
import static org.bytedeco.ffmpeg.global.avutil.av_get_pix_fmt_name;
import static org.bytedeco.ffmpeg.global.avutil.av_pix_fmt_desc_get;

import dev.sluice.video.VideoInfo;
import java.io.IOException;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avutil.AVDictionaryEntry;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;

/** Reads off what an open file says of its video. */
final class FfmpegInfo {
    private FfmpegInfo() {}

    static VideoInfo of(FfmpegFile file, AVCodecContext decoder) throws IOException {
        AVCodecParameters parameters = file.stream().codecpar();
        int width = parameters.width();
        int height = parameters.height();
        if (!(width >= 1 && height >= 1)) {
            throw new IOException(
                    "%s is a broken video: it does not say the size of its frames.".formatted(file.path()));
        }
        int rotation = rotation(parameters);
        boolean turned = rotation % 180 != 0;
        double aspect = ratio(file.stream().sample_aspect_ratio());
        aspect = aspect > 0 ? aspect : ratio(parameters.sample_aspect_ratio());
        aspect = aspect > 0 && Double.isFinite(aspect) ? aspect : 1;
        double rate = ratio(file.stream().avg_frame_rate());
        rate = rate > 0 ? rate : Math.max(0, ratio(file.stream().r_frame_rate()));
        if (file.container().equals("gif") && file.statedSeconds() > 0) { // its rate is a guess from the first frames
            rate = Math.max(0, file.stream().nb_frames()) / file.statedSeconds();
        }
        double own = file.stream().duration() > 0 ? file.stream().duration() * file.tick() : 0;
        return new VideoInfo(
                container(file),
                codec(file),
                turned ? width : height,
                turned ? height : width,
                rotation,
                turned ? 1 / aspect : aspect,
                Double.isFinite(rate) ? rate : 0,
                Math.max(0, file.stream().nb_frames()),
                own > 0 ? own : file.statedSeconds(),
                colours(decoder.pix_fmt(), parameters, alphaBeside(file)),
                file.hasAudio());
    }

    private static String container(FfmpegFile file) {
        String name = file.container();
        return name.equals("mov") ? "mp4" : name;
    }

    static String codec(FfmpegFile file) {
        return avcodec_get_name(file.stream().codecpar().codec_id()).getString();
    }

    /** Returns whether a second stream within the packets holds the transparency, as in WebM. */
    static boolean alphaBeside(FfmpegFile file) {
        AVDictionaryEntry entry = av_dict_get(file.stream().metadata(), "alpha_mode", null, 0);
        return entry != null && "1".equals(entry.value().getString());
    }

    private static VideoInfo.Colours colours(int format, AVCodecParameters parameters, boolean alphaBeside) {
        AVPixFmtDescriptor kind = av_pix_fmt_desc_get(format);
        if (kind == null) {
            return new VideoInfo.Colours("unknown", 8, alphaBeside, "bt601", true, false);
        }
        boolean rgb = isRgb(kind);
        int matrix = parameters.color_space();
        boolean assumed = !rgb && !Matrices.told(matrix);
        int used = assumed ? Matrices.assumed(parameters.height(), parameters.width()) : matrix;
        String name = av_get_pix_fmt_name(format).getString();
        boolean full = rgb || parameters.color_range() == AVCOL_RANGE_JPEG || name.startsWith("yuvj");
        boolean alpha = alphaBeside || (kind.flags() & AV_PIX_FMT_FLAG_ALPHA) != 0;
        return new VideoInfo.Colours(name, kind.comp(0).depth(), alpha, rgb ? "rgb" : name(used), assumed, full);
    }

    static boolean isRgb(AVPixFmtDescriptor kind) {
        return (kind.flags() & AV_PIX_FMT_FLAG_RGB) != 0
                || kind.name().getString().equals("pal8");
    }

    private static String name(int matrix) {
        if (Matrices.isBt601(matrix)) {
            return "bt601";
        }
        BytePointer name = av_color_space_name(matrix);
        String text = name == null ? "unknown" : name.getString();
        return text.startsWith("bt2020") ? "bt2020" : text;
    }

    /** FFmpeg's matrix turns anticlockwise, a file's rotation clockwise; what is not a quarter turn is left as it is. */
    private static int rotation(AVCodecParameters parameters) {
        AVPacketSideData data = av_packet_side_data_get(
                parameters.coded_side_data(), parameters.nb_coded_side_data(), AV_PKT_DATA_DISPLAYMATRIX);
        if (data == null || data.size() < 36) {
            return 0;
        }
        double degrees = -av_display_rotation_get(new IntPointer(data.data()));
        return Double.isFinite(degrees) ? Math.floorMod(Math.round(degrees / 90) * 90, 360) : 0;
    }

    private static double ratio(AVRational ratio) {
        return ratio.den() == 0 ? 0 : ratio.num() / (double) ratio.den();
    }
}
