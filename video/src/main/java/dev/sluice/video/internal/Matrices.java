package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avutil.AVCOL_RANGE_MPEG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT470BG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_SMPTE170M;
import static org.bytedeco.ffmpeg.global.avutil.av_pix_fmt_desc_get;
import static org.bytedeco.ffmpeg.global.swscale.sws_getCoefficients;

import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avutil.AVPixFmtDescriptor;
import org.bytedeco.javacpp.IntPointer;

/** Which matrix leads from luma and chroma to colours. */
final class Matrices {
    private static final int RGB = 0;
    private static final int UNSPECIFIED = 2;

    private Matrices() {}

    /** Returns whether a file that says this says its matrix. */
    static boolean told(int matrix) {
        return matrix != UNSPECIFIED && matrix != RGB;
    }

    /** Returns what a file is taken to mean that does not say, as players do: BT.709 for high definition. */
    static int assumed(int height, int width) {
        return height >= 720 || width >= 1280 ? AVCOL_SPC_BT709 : AVCOL_SPC_SMPTE170M;
    }

    static boolean isBt601(int matrix) {
        return matrix == AVCOL_SPC_SMPTE170M || matrix == AVCOL_SPC_BT470BG;
    }

    /** Says in what is written how its colours are stored; of formats in RGB there is nothing to say. */
    static void tag(AVCodecContext context) {
        AVPixFmtDescriptor kind = av_pix_fmt_desc_get(context.pix_fmt());
        if (FfmpegInfo.isRgb(kind)) {
            return;
        }
        int matrix = assumed(context.height(), context.width());
        context.colorspace(matrix);
        context.color_primaries(matrix); // the three enumerations number these standards alike
        context.color_trc(matrix);
        context.color_range(AVCOL_RANGE_MPEG);
    }

    /** Returns swscale's numbers for a matrix. */
    static IntPointer coefficients(int matrix) {
        return sws_getCoefficients(matrix);
    }
}
