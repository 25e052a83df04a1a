package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.configs.RunFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds every run file that users start from to the schema. */
class BundledRunFilesTest {
    private static final Path FOLDER = DocumentationTest.HOME.resolve("configs");

    static List<Path> runFiles() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.filter(file -> file.toString().endsWith(".yaml"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theFolderHasThem() throws IOException {
        assertThat(runFiles()).hasSizeGreaterThanOrEqualTo(3);
    }

    @ParameterizedTest
    @MethodSource("runFiles")
    void aRunFileIsReadWithoutAFaultAndSaysWhatItIsFor(Path file) throws IOException {
        // Whether the model is there is another question than whether the file is right.
        boolean pretraining = file.getFileName().toString().contains("pretrain");
        Record options = pretraining
                ? RunFiles.pretrain(file, List.of())
                : RunFiles.train(file, List.of("model=" + DocumentationTest.HOME));
        assertThat(RunFiles.yaml(options)).isNotBlank();
        assertThat(Files.readString(file)).startsWith("#");
    }
}
