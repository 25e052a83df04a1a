package dev.sluice.video.internal;

import dev.sluice.video.ReadOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Chooses who reads a file, by what it begins with. */
public final class Sources {
    private static final int HEAD = 64 * 1024;

    private Sources() {}

    /** Opens a file or a folder of images. */
    public static FrameSource open(Path file, ReadOptions options) throws IOException {
        if (!Files.exists(file)) {
            throw new IOException("%s does not exist.".formatted(file));
        }
        if (!Files.isReadable(file)) {
            throw new IOException("%s may not be read by this user.".formatted(file));
        }
        if (Files.isDirectory(file)) {
            List<Path> images = ImageFolder.files(file);
            return new StillSource(images, ImageFolder.kind(images), options.sequenceRate(), options);
        }
        if (!Files.isRegularFile(file)) { // a pipe or a device would be waited for
            throw new IOException("%s is neither a file nor a folder.".formatted(file));
        }
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD);
        }
        if (head.length == 0) {
            throw new IOException("%s is empty.".formatted(file));
        }
        String text = new String(head, StandardCharsets.ISO_8859_1);
        // An animated PNG says so before its first pixels.
        boolean png = text.startsWith("\u0089PNG\r\n\u001a\n") && !animated(text);
        if (png || text.startsWith("\u00ff\u00d8\u00ff")) {
            return new StillSource(List.of(file), png ? "png" : "jpeg", 0, options);
        }
        if (!options.damagedToo()) {
            Completeness.check(file);
        }
        if (text.startsWith("RIFF") && text.startsWith("WEBP", 8)) {
            return new WebpSource(file, options);
        }
        return new FfmpegSource(file, options);
    }

    private static boolean animated(String png) {
        int control = png.indexOf("acTL");
        int pixels = png.indexOf("IDAT");
        return control > 0 && (pixels < 0 || control < pixels);
    }
}
