package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.study.StudyFolder;
import dev.sluice.configs.RunFiles;
import dev.sluice.configs.StudyConfig;
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

    static List<Path> studies() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER.resolve("studies"))) {
            return files.sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("studies")
    void aStudysRunsAreReadWithoutAFaultAndTestedAlike(Path file) throws IOException {
        StudyConfig study = RunFiles.study(file, List.of());
        List<StudyConfig.Planned> plan = study.plan();
        assertThat(plan)
                .hasSize(study.runs().size() * study.seeds().size())
                .extracting(StudyConfig.Planned::name)
                .doesNotHaveDuplicates();
        new StudyFolder(study.folder()).check(plan);
        assertThat(Files.readString(file)).startsWith("#");
    }

    @Test
    void theFolderHasThem() throws IOException {
        assertThat(runFiles()).hasSizeGreaterThanOrEqualTo(3);
    }

    @ParameterizedTest
    @MethodSource("runFiles")
    void aRunFileIsReadWithoutAFaultAndSaysWhatItIsFor(Path file) throws IOException {
        // Whether the model is there is another question than whether the file is right.
        String name = file.getFileName().toString();
        Record options = name.contains("pretrain")
                ? RunFiles.pretrain(file, List.of())
                : name.contains("idm")
                        ? RunFiles.idm(file, List.of())
                        : name.contains("reward")
                                ? RunFiles.reward(file, List.of())
                                : RunFiles.train(file, List.of("model=" + DocumentationTest.HOME));
        assertThat(RunFiles.yaml(options)).isNotBlank();
        assertThat(Files.readString(file)).startsWith("#");
    }

    static List<Path> trainingFiles() throws IOException {
        return runFiles().stream()
                .filter(file -> !file.getFileName()
                        .toString()
                        .matches(".*(pretrain|idm|reward|arm-i2v).*")) // no model that starts from a picture is bundled
                .toList();
    }

    /** Of eight steps, three with noise, two are left of the last five: 5 calls for each of 96 pictures, and 7 at the end. */
    @Test
    void aShorterTailIsCheaper() {
        for (int from : new int[] {0, 3}) {
            CommandLineRun dry = CommandLineRun.of(
                            "train",
                            FOLDER.resolve("scenes-mix-grpo-flash.yaml"),
                            "--dry-run",
                            "--set",
                            "device=cpu",
                            "--set",
                            "exploration.sliding.from=" + from)
                    .succeeded();
            assertThat(dry.out()).contains("each iteration: %s forward to sample".formatted(from == 0 ? 480 : 672));
        }
    }

    /** The bundled model, the prompts, the rewards and all choices go together. */
    @ParameterizedTest
    @MethodSource("trainingFiles")
    void aRunFileOpensAllThatItNames(Path file) {
        CommandLineRun dry = CommandLineRun.of(
                        "train", file, "--dry-run", "--set", "lanes=1", "--set", "threads=1", "--set", "device=cpu")
                .succeeded();
        assertThat(dry.out()).contains("# trained parameters: ", "# passes of one picture for each iteration: ");
    }
}
