package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A judge from the command line, against a server on this machine. */
class JudgeCommandTest {
    private static final int FILES = 6;

    @TempDir
    Path folder;

    private final AtomicInteger requests = new AtomicInteger();
    /** The number of the first picture that the server refuses the key for: a count of requests would count late ones. */
    private volatile int good = Integer.MAX_VALUE;

    private HttpServer server;
    private Path media;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.createContext("/", this::answer);
        server.start();
        media = Files.createDirectories(folder.resolve("media"));
        List<String> prompts = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            byte[] rgb = new byte[3 * 16];
            Arrays.fill(rgb, (byte) (40 * i));
            ImageFiles.write(Media.image(4, 4, rgb), media.resolve(i + ".png"));
            prompts.add("{\"file\": \"%s.png\", \"prompt\": \"picture %s\"}".formatted(i, i));
        }
        Files.write(media.resolve("prompts.jsonl"), prompts);
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            requests.incrementAndGet();
            String number = asked.replaceAll("(?s).*\\[picture (\\d)].*", "$1");
            boolean refused = Integer.parseInt(number) >= good;
            String body = refused
                    ? "{\"error\": {\"message\": \"expired\"}}"
                    : "{\"choices\": [{\"message\": {\"content\": \"Final Score: %s\"}}]}"
                            .formatted(number.equals("5") ? "none" : 1 + Integer.parseInt(number));
            byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(refused ? 401 : 200, bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }

    private String judge(String name) {
        return "%s:endpoint=http://127.0.0.1:%s/v1,model=m"
                .formatted(name, server.getAddress().getPort());
    }

    private CommandLineRun score(String reward, String out, Object... more) {
        List<Object> words = new ArrayList<>(List.of(
                "score", "--rewards", reward, "--media", media, "--out", folder.resolve(out), "--report", "none"));
        words.addAll(List.of("--batch", 2, "--threads", 1));
        words.addAll(Arrays.asList(more));
        return CommandLineRun.of(words.toArray());
    }

    @Test
    void filesAreScoredAndOneThatIsNotUnderstoodHasItsReason() throws IOException {
        String reward = judge("judge-score") + ",rubric=final-score,cache=" + folder.resolve("cache");
        CommandLineRun run = score(reward, "a.csv");
        assertThat(run.status()).as(run.err()).isEqualTo(1);
        List<String> lines = Files.readAllLines(folder.resolve("a.csv"));
        assertThat(lines.get(0)).isEqualTo("file,prompt,judge-score,error");
        assertThat(lines.get(2)).isEqualTo("1.png,picture 1,0.25,");
        assertThat(lines.get(5)).isEqualTo("4.png,picture 4,1.0,");
        assertThat(lines.get(6)).contains("5.png", "no \"\"Final Score:\"\" with a number after it: Final Score: none");
        assertThat(requests).hasValue(FILES + 1);
        score(reward, "b.csv");
        assertThat(requests)
                .as("only the one without an answer is asked for again, twice")
                .hasValue(FILES + 3);
        assertThat(folder.resolve("b.csv")).hasSameBinaryContentAs(folder.resolve("a.csv"));
    }

    @Test
    void aJudgeThatIsGoneStopsTheBatchWhichGoesOnLater() throws IOException {
        String reward = judge("judge-score") + ",rubric=final-score,concurrency=1";
        good = 0;
        score(reward, "a.csv").refused("refuses requests without a key (status 401: expired).");
        assertThat(Files.list(folder).map(Path::getFileName).map(Path::toString))
                .containsExactly("media");
        good = 4;
        CommandLineRun stopped = score(reward, "a.csv");
        assertThat(stopped.status()).isEqualTo(2);
        assertThat(stopped.err())
                .contains(
                        "status 401: expired", "4 items are scored and kept; the same command with --resume goes on.");
        good = Integer.MAX_VALUE;
        assertThat(score(reward, "a.csv", "--resume").status()).isEqualTo(1);
        score(reward, "b.csv");
        assertThat(folder.resolve("a.csv")).hasSameBinaryContentAs(folder.resolve("b.csv"));
    }

    @Test
    void whatCannotBeDoneIsSaidBeforeAnythingIsAsked() throws IOException {
        score("judge-score", "a.csv").refused("The reward judge-score needs the option endpoint, as in");
        score(judge("judge-score") + ",modle=x", "a.csv").refused("Maybe model was meant.");
        score("exemplars:folder=x,measure=kernel", "a.csv").refused("compares all samples of a call as one set");
        score(judge("judge-yes") + ",reference=no.png", "a.csv")
                .refused("judge-yes.reference (no.png) does not exist.");
        score(judge("judge-score") + ",keyVariable=SLUICE_NO_SUCH_KEY", "a.csv")
                .refused(
                        "judge-score.keyVariable (SLUICE_NO_SUCH_KEY) must name an environment variable that holds a key,"
                                + " but it is empty or not set.");
        assertThat(requests).hasValue(0);
        assertThat(Files.list(folder).map(Path::getFileName).map(Path::toString))
                .containsExactly("media");
    }

    @Test
    void aRunFileHasJudgesAsItHasOtherRewards() {
        String endpoint = "http://127.0.0.1:%s/v1".formatted(server.getAddress().getPort());
        String rewards =
                "rewards=[{name: judge-pairwise, weight: 1, options: {endpoint: '%s', model: m, opponents: 2}}]"
                        .formatted(endpoint);
        Path file = DocumentationTest.HOME.resolve("configs/scenes-flow-grpo.yaml");
        CommandLineRun.of("train", file, "--dry-run", "--set", rewards, "--set", "batch.chunkSize=8")
                .refused("must hold whole groups of 16, because the reward judge-pairwise compares samples");
        CommandLineRun.of("train", file, "--dry-run", "--set", rewards.replace("opponents: 2", "opponents: none"))
                .refused("judge-pairwise.opponents (none) must be a whole number of at least 1");
        assertThat(requests).hasValue(0);
    }
}
