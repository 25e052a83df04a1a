package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT470BG;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_BT709;
import static org.bytedeco.ffmpeg.global.avutil.AVCOL_SPC_SMPTE170M;

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

    /** Returns swscale's numbers for a matrix. */
    static IntPointer coefficients(int matrix) {
        return org.bytedeco.ffmpeg.global.swscale.sws_getCoefficients(matrix);
    }
}
