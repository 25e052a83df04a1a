package dev.sluice.cli.internal.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scorer;
import dev.sluice.rewards.Scores;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A scoring server on this machine, with a reward that can be made to wait. */
abstract class ScoreServerCase {
    static final JsonMapper JSON = new JsonMapper();
    static final ServeLimits LIMITS = new ServeLimits(1 << 20, 10_000, 8, 4, Duration.ofSeconds(20), 16, 8);

    @TempDir
    Path folder;

    Path root;
    final HttpClient client = HttpClient.newHttpClient();
    final CountDownLatch open = new CountDownLatch(1);
    final AtomicInteger batches = new AtomicInteger();
    Scorer scorer;
    ScoreServer server;

    @BeforeEach
    void root() throws IOException {
        root = Files.createDirectories(folder.resolve("root"));
        ImageFiles.write(picture(), root.resolve("sub/good.png"));
        Files.writeString(folder.resolve("secret.png"), "secret");
        Map<String, Reward> rewards = new LinkedHashMap<>();
        rewards.put("size", RewardProvider.named("compressibility"));
        rewards.put("letters", samples -> {
            batches.incrementAndGet();
            if (samples.get(0).prompt().equals("wait")) {
                try {
                    open.await(20, TimeUnit.SECONDS);
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return Scores.of(samples.stream()
                    .mapToDouble(sample -> sample.prompt().equals("none") ? Double.NaN : letters(sample))
                    .toArray());
        });
        scorer = Scorer.of(rewards);
    }

    static double letters(Sample sample) {
        return sample.prompt().length() + sample.metadata().size();
    }

    void start(ServeLimits limits, Optional<String> token) throws IOException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        server = new ScoreServer(any, token, Optional.of(root), scorer, limits);
    }

    @AfterEach
    void stop() {
        open.countDown();
        if (server != null) {
            server.close();
        }
        scorer.close();
    }

    static Media picture() {
        byte[] rgb = new byte[3 * 40 * 50];
        new SplittableRandom(4).nextBytes(rgb);
        return Media.image(40, 50, rgb);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:%s%s".formatted(server.address().getPort(), path)));
    }

    HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    HttpRequest post(String path, String type, byte[] body) {
        return request(path)
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
    }

    HttpRequest json(String path, Object body) {
        return post(path, "application/json", JSON.writeValueAsBytes(body));
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path).build());
    }

    static double size() {
        return -ImageFiles.jpeg(picture(), 95).length / 500_000.0;
    }

    void assertGood(HttpResponse<String> response, double letters) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode body = JSON.readTree(response.body());
        assertThat(body.path("scores").path("size").doubleValue()).isEqualTo(size());
        assertThat(body.path("scores").path("letters").doubleValue()).isEqualTo(letters);
        assertThat(body.path("width").intValue()).isEqualTo(50);
        assertThat(body.path("frames").intValue()).isEqualTo(1);
    }
}
