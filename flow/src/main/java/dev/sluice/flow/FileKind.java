package dev.sluice.flow;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** What a file that is no safetensors file seems to be, by its first bytes. */
final class FileKind {
    private FileKind() {}

    /** Refuses a file that begins like one of another kind. */
    static void requireSafetensors(Path file, ByteBuffer start) throws IOException {
        String text = StandardCharsets.ISO_8859_1.decode(start).toString();
        String kind = null;
        if (text.startsWith("version https://git-lfs")) {
            kind = "a Git LFS pointer: the weights themselves were not downloaded; run git lfs pull";
        } else if (text.startsWith("PK\u0003\u0004")) {
            kind = "a zip archive, probably a PyTorch checkpoint";
        } else if (text.startsWith("GGUF")) {
            kind = "a GGUF file";
        } else if (text.startsWith("\u0089HDF")) {
            kind = "an HDF5 file";
        } else if (text.stripLeading().startsWith("<")) {
            kind = "an HTML or XML page, probably an error page of a download";
        }
        if (kind != null) {
            throw new IOException("%s is not a safetensors file but %s.".formatted(file, kind));
        }
    }
}
