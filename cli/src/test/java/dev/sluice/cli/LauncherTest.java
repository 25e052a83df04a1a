package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What the launcher says where it cannot start; a JDK stands in as a folder with a file {@code release}. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    private static final Path LAUNCHER = DocumentationTest.HOME.resolve("sluice");

    @TempDir
    private Path folder;

    private record Ended(int status, String text) {}

    private Ended launch(Path launcher, Map<String, String> environment) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder("/bin/sh", launcher.toString(), "--help");
        builder.directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Process process = builder.start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        return new Ended(process.exitValue(), text);
    }

    /** Writes a java that prints its arguments. */
    private Path jdk(String version) throws IOException {
        Path java = Files.createDirectories(folder.resolve("jdk/bin")).resolve("java");
        Files.writeString(java, "#!/bin/sh\nprintf '<%s>\\n' \"$@\"\nexit 7\n");
        assertThat(java.toFile().setExecutable(true)).isTrue();
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"" + version + "\"\n");
        return folder.resolve("jdk");
    }

    @Test
    void aWrongJavaHomeIsOneSentence() throws Exception {
        Ended ended = launch(LAUNCHER, Map.of("JAVA_HOME", "/nowhere"));
        assertThat(ended.status()).isEqualTo(2);
        assertThat(ended.text()).contains("JAVA_HOME (/nowhere)").hasLineCount(1);
    }

    @Test
    void anOldJavaIsOneSentence() throws Exception {
        Ended ended = launch(LAUNCHER, Map.of("JAVA_HOME", jdk("11.0.2").toString()));
        assertThat(ended.status()).isEqualTo(2);
        assertThat(ended.text())
                .contains("is Java 11; install a JDK of version 17 or later")
                .hasLineCount(1);
    }

    @Test
    void throughALinkFromAnotherFolderItFindsItsHomeAndKeepsTheExitStatus() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("a link"), LAUNCHER);
        Ended ended = launch(
                link,
                Map.of("JAVA_HOME", jdk("17.0.1").toString(), "SLUICE_NO_BUILD", "1", "SLUICE_JAVA_OPTS", "-Xmx3g"));
        Files.delete(link);
        assertThat(ended.status()).isEqualTo(7);
        assertThat(ended.text().lines())
                .contains("<-Dsluice.home=" + DocumentationTest.HOME.toRealPath() + ">", "<-Xmx3g>")
                .endsWith("<dev.sluice.cli.Main>", "<--help>");
    }
}
