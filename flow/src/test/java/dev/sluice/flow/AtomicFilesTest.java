package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
    @TempDir
    Path folder;

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whatIsWrittenMayBeReadByWhomAnyOtherFileMay() throws IOException {
        Path plainFile = Files.createFile(folder.resolve("plain"));
        Path plainFolder = Files.createDirectory(folder.resolve("folder"));
        AtomicFiles.file(folder.resolve("a.bin"), new byte[] {1});
        AtomicFiles.folder(folder.resolve("b"), place -> Files.writeString(place.resolve("c"), "c"));
        assertThat(Files.getPosixFilePermissions(folder.resolve("a.bin")))
                .isEqualTo(Files.getPosixFilePermissions(plainFile));
        assertThat(Files.getPosixFilePermissions(folder.resolve("b")))
                .isEqualTo(Files.getPosixFilePermissions(plainFolder));
    }

    @Test
    void aFailureLeavesTheOldFileAndNothingBeside() throws IOException {
        Path file = folder.resolve("a.bin");
        AtomicFiles.file(file, new byte[] {1});
        assertThatIOException()
                .isThrownBy(() -> AtomicFiles.file(file, channel -> {
                    throw new IOException("the disk is full");
                }))
                .withMessageContaining("a.bin could not be written: the disk is full");
        assertThat(Files.readAllBytes(file)).containsExactly(1);
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left).containsExactly(file);
        }
    }
}
