package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avutil.AV_LOG_QUIET;
import static org.bytedeco.ffmpeg.global.avutil.av_log_set_level;
import static org.bytedeco.ffmpeg.global.avutil.av_strerror;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.bytedeco.ffmpeg.avformat.AVIOInterruptCB;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.ffmpeg.global.swscale;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;

/** The native libraries, loaded when the first file needs them, and what they may open. */
final class Ffmpeg {
    /** No address, no other file by way of a playlist: FFmpeg itself refuses every other protocol. */
    static final String PROTOCOLS = "file";

    /** Kinds of files that hold their frames themselves. Playlists, lists of files and devices are not among them. */
    static final String DEMUXERS = "mov,matroska,gif,apng,avi,mpegts,mpeg,flv,ogg,ivf,yuv4mpegpipe";

    static final String DECODERS = "h264,hevc,vp8,vp9,libvpx,libvpx-vp9,libdav1d,libaom-av1,av1,ffv1,mpeg4,mpeg2video,"
            + "mpeg1video,mjpeg,gif,apng,png,prores,rawvideo,theora,msvideo1,qtrle,huffyuv,ffvhuff,utvideo,dvvideo,wmv1,wmv2,"
            + "msmpeg4v1,msmpeg4v2,msmpeg4,h263,flv,cinepak,webp";

    /** More than 8K; a larger header is a mistake or an attack on the memory. */
    static final long MOST_PIXELS = 40_000_000;

    private Ffmpeg() {}

    static {
        // JavaCPP otherwise refuses memory to FFmpeg once the whole process, tensors included, is larger than four
        // heaps.
        if (System.getProperty("org.bytedeco.javacpp.maxphysicalbytes") == null) {
            System.setProperty("org.bytedeco.javacpp.maxphysicalbytes", "0");
        }
        Loader.load(avutil.class);
        Loader.load(avcodec.class);
        Loader.load(avformat.class);
        Loader.load(swscale.class);
        av_log_set_level(AV_LOG_QUIET); // it would write to this process's standard error
    }

    /** Loads the libraries. */
    static void load() {
        // the static initialiser does it, once
    }

    /** Returns what an error code of FFmpeg means, in its words. */
    static String error(int code) {
        byte[] text = new byte[256];
        av_strerror(code, text, text.length);
        int end = 0;
        while (end < text.length && text[end] != 0) {
            end++;
        }
        return new String(text, 0, end, StandardCharsets.UTF_8);
    }

    /** Returns a file's address; with its protocol, so that no name can be taken for another one. */
    static BytePointer address(Path file) {
        byte[] bytes = ("file:" + file.toAbsolutePath() + "\0").getBytes(StandardCharsets.UTF_8);
        return new BytePointer(bytes);
    }

    /** Ends what reads the file once a time is over, which the context keeps as its opaque pointer. */
    static final class Deadline extends AVIOInterruptCB.Callback_Pointer {
        /** JavaCPP has places for ten callbacks in all, so there is one for all files. */
        static final Deadline CALLBACK = new Deadline();

        @Override
        public int call(Pointer opaque) {
            return System.nanoTime() - new LongPointer(opaque).get() > 0 ? 1 : 0;
        }
    }
}
