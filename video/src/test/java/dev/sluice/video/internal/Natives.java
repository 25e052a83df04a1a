package dev.sluice.video.internal;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import org.bytedeco.ffmpeg.ffmpeg;
import org.bytedeco.javacpp.Loader;

/** What comes with FFmpeg's natives. */
public final class Natives {
    private Natives() {}

    /** Unpacks all of it; returns the path of the program, which finds its libraries beside it. */
    public static Path program() throws IOException {
        File folder = Loader.cacheResource("/org/bytedeco/ffmpeg/" + Loader.getPlatform() + "/");
        Path program = Path.of(Loader.load(ffmpeg.class));
        return folder == null ? program : folder.toPath().resolve(program.getFileName());
    }
}
