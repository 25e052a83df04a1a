package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServeCommandTest {
    @TempDir
    private Path folder;

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--host 0.0.0.0 | --host (0.0.0.0) can be reached from other machines, so that a token is needed.",
                "--port 70000 | --port (70000) must be in [0, 65535].",
                "--root nowhere | --root (nowhere) must be a folder.",
                "--queue 0 | queue (0) must be at least 1",
                "--max-megabytes 5000 | --max-megabytes (5000) must be at most 1024.",
                "--rewards beauty | The reward (beauty) is unknown",
                "--rewards diversity | The reward diversity compares the samples of a group;",
                "--token-file nowhere | nowhere does not exist.",
            })
    void aWrongOptionIsRefused(String options, String message) {
        Stream<String> words = Stream.concat(Stream.of("serve", "--rewards", "red"), Stream.of(options.split(" ")));
        CommandLineRun.of(words.toArray()).refused(message);
    }

    @Test
    void aPortThatIsTakenIsRefused() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CommandLineRun.of("serve", "--rewards", "red", "--port", taken.getLocalPort())
                    .refused("127.0.0.1:%s cannot be listened on".formatted(taken.getLocalPort()));
        }
    }

    /** In a process of its own, which is asked to end as a service manager asks. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void itAnswersUntilItIsAskedToEnd() throws Exception {
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.sluice.cli.Main",
                        "serve",
                        "--rewards",
                        "red",
                        "--port",
                        "0")
                .redirectError(log.toFile())
                .start();
        try (BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            String line = out.readLine();
            assertThat(line).as(Files.readString(log)).matches("Listening on http://127.0.0.1:\\d+; scores by red");
            URI health = URI.create(line.substring("Listening on ".length(), line.indexOf(';')) + "/healthz");
            HttpResponse<String> response = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(health).build(), HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            process.destroy();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(Files.readString(log)).isEmpty();
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
