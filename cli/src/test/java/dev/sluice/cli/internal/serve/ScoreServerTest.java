package dev.sluice.cli.internal.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scorer;
import dev.sluice.rewards.Scores;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(120)
class ScoreServerTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final ServeLimits LIMITS = new ServeLimits(1 << 20, 10_000, 8, 4, Duration.ofSeconds(20), 16, 8);

    @TempDir
    private Path folder;

    private Path root;
    private final HttpClient client = HttpClient.newHttpClient();
    private final CountDownLatch open = new CountDownLatch(1);
    private final AtomicInteger batches = new AtomicInteger();
    private Scorer scorer;
    private ScoreServer server;

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

    private static double letters(Sample sample) {
        return sample.prompt().length() + sample.metadata().size();
    }

    private void start(ServeLimits limits, Optional<String> token) throws IOException {
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

    private static Media picture() {
        byte[] rgb = new byte[3 * 40 * 50];
        new SplittableRandom(4).nextBytes(rgb);
        return Media.image(40, 50, rgb);
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:%s%s".formatted(server.address().getPort(), path)));
    }

    private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest post(String path, String type, byte[] body) {
        return request(path)
                .header("Content-Type", type)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                .build();
    }

    private HttpRequest json(String path, Object body) {
        return post(path, "application/json", JSON.writeValueAsBytes(body));
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path).build());
    }

    private static double size() {
        return -ImageFiles.jpeg(picture(), 95).length / 500_000.0;
    }

    private void assertGood(HttpResponse<String> response, double letters) {
        assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
        JsonNode body = JSON.readTree(response.body());
        assertThat(body.path("scores").path("size").doubleValue()).isEqualTo(size());
        assertThat(body.path("scores").path("letters").doubleValue()).isEqualTo(letters);
        assertThat(body.path("width").intValue()).isEqualTo(50);
        assertThat(body.path("frames").intValue()).isEqualTo(1);
    }

    @Test
    void anUploadAPathAndBase64GetTheSameScores() throws Exception {
        start(LIMITS, Optional.empty());
        byte[] png = ImageFiles.png(picture());
        assertGood(send(post("/v1/score?x=1&prompt=a%20%C3%A9+b", "image/png", png)), 5);
        assertGood(send(json("/v1/score", Map.of("path", "sub/good.png", "prompt", "abc"))), 3);
        Map<String, Object> item =
                Map.of("data", Base64.getEncoder().encodeToString(png), "metadata", Map.of("tag", List.of(1)));
        assertGood(send(json("/v1/score", item)), 1);
    }

    @Test
    void aBadItemOfABatchStopsNoOther() throws Exception {
        start(LIMITS, Optional.empty());
        HttpResponse<String> response = send(json(
                "/v1/score/batch",
                Map.of(
                        "items",
                        List.of(
                                Map.of("path", "sub/good.png", "prompt", "ab"),
                                Map.of("path", "../secret.png"),
                                Map.of("path", "sub/good.png", "prompt", "none"),
                                Map.of("data", "AAAA")))));
        assertThat(response.statusCode()).isEqualTo(200);
        JsonNode results = JSON.readTree(response.body()).path("results");
        assertThat(results.get(0).path("scores").path("letters").doubleValue()).isEqualTo(2);
        assertThat(results.get(1).path("status").intValue()).isEqualTo(403);
        assertThat(results.get(2).path("error").asString()).isEqualTo("letters: the score is NaN");
        assertThat(results.get(2).path("scores").path("size").doubleValue()).isEqualTo(size());
        assertThat(results.get(3).path("status").intValue()).isEqualTo(415);
        assertThat(send(json("/v1/score", Map.of("path", "sub/good.png", "prompt", "none")))
                        .statusCode())
                .isEqualTo(422);
    }

    @Test
    void aTokenIsAskedForEverywhereButForHealth() throws Exception {
        start(LIMITS, Optional.of("s3cret"));
        byte[] png = ImageFiles.png(picture());
        assertThat(send(post("/v1/score", "image/png", png)).statusCode()).isEqualTo(401);
        assertThat(get("/metrics").statusCode()).isEqualTo(401);
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
        HttpRequest right = request("/v1/score")
                .header("Authorization", "Bearer s3cret")
                .POST(HttpRequest.BodyPublishers.ofByteArray(png))
                .build();
        assertGood(send(right), 0);
        HttpRequest wrong = request("/v1/score")
                .header("Authorization", "Bearer s3cres")
                .POST(HttpRequest.BodyPublishers.ofByteArray(png))
                .build();
        assertThat(send(wrong).headers().firstValue("WWW-Authenticate")).contains("Bearer");
    }

    @Test
    void itSaysWhatItIsAndCountsWhatItDoes() throws Exception {
        start(LIMITS, Optional.empty());
        send(json("/v1/score", Map.of("path", "sub/good.png")));
        assertThat(get("/nowhere").statusCode()).isEqualTo(404);
        assertThat(get("/v1/score").statusCode()).isEqualTo(405);
        String description = get("/openapi.yaml").body();
        assertThat(description).contains("/v1/score:", "/v1/score/batch:", "/healthz:", "/metrics:", "/openapi.yaml:");
        assertThat(get("/metrics").body().lines())
                .contains(
                        "sluice_requests_total{status=\"200\"} 2",
                        "sluice_requests_total{status=\"404\"} 1",
                        "sluice_samples_total 1",
                        "sluice_requests_in_progress 0",
                        "sluice_scoring_seconds_bucket{le=\"+Inf\"} 1",
                        "sluice_scoring_seconds_count 1");
        assertThat(get("/healthz").body()).contains("\"ok\"", "letters");
    }

    @Test
    void whatIsTooManyIsTurnedAwayAndTheRestIsScoredTogether() throws Exception {
        start(new ServeLimits(1 << 20, 10_000, 8, 4, Duration.ofSeconds(20), 6, 8), Optional.empty());
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        for (int i = 0; i < 18; i++) {
            all.add(client.sendAsync(
                    json("/v1/score", Map.of("path", "sub/good.png", "prompt", "wait")),
                    HttpResponse.BodyHandlers.ofString()));
        }
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (all.stream().filter(CompletableFuture::isDone).count() < 12 && System.nanoTime() < deadline) {
            Thread.sleep(10);
        }
        open.countDown();
        List<Integer> statuses =
                all.stream().map(one -> one.join().statusCode()).toList();
        assertThat(statuses).containsOnly(200, 429);
        assertThat(statuses.stream().filter(status -> status == 429).count()).isEqualTo(12);
        assertThat(batches.get()).isLessThanOrEqualTo(3);
        assertThat(send(json("/v1/score", Map.of("path", "sub/good.png"))).statusCode())
                .isEqualTo(200);
    }

    @Test
    void whatIsWorkedOnIsFinishedBeforeTheEndAndWhatTakesTooLongIsGivenUp() throws Exception {
        start(new ServeLimits(1 << 20, 10_000, 8, 4, Duration.ofSeconds(2), 6, 1), Optional.empty());
        CompletableFuture<HttpResponse<String>> slow = client.sendAsync(
                json("/v1/score", Map.of("path", "sub/good.png", "prompt", "wait")),
                HttpResponse.BodyHandlers.ofString());
        assertThat(slow.join().statusCode()).isEqualTo(503);
        open.countDown();
        CompletableFuture<HttpResponse<String>> last = client.sendAsync(
                json("/v1/score", Map.of("path", "sub/good.png", "prompt", "last")),
                HttpResponse.BodyHandlers.ofString());
        last.join();
        server.close();
        assertThat(last.join().statusCode()).isEqualTo(200);
    }

    /** A hundred uploads that are wrong in one way or another; each has an answer of 4xx, and the service goes on. */
    @Test
    void malformedUploadsAreRefusedAndDoNoHarm() throws Exception {
        start(LIMITS, Optional.empty());
        Files.createSymbolicLink(root.resolve("link.png"), folder.resolve("secret.png"));
        Map<String, HttpRequest> wrong = malformed();
        assertThat(wrong).hasSizeGreaterThanOrEqualTo(100);
        for (Map.Entry<String, HttpRequest> entry : wrong.entrySet()) {
            HttpResponse<String> response = send(entry.getValue());
            assertThat(response.statusCode())
                    .as("%s: %s", entry.getKey(), response.body())
                    .isBetween(400, 499);
            String error = JSON.readTree(response.body()).path("error").asString("");
            assertThat(error).as(entry.getKey()).isNotEmpty().doesNotContain("Exception", root.toString());
        }
        assertGood(send(json("/v1/score", Map.of("path", "sub/good.png"))), 0);
        assertThat(get("/metrics").body())
                .contains("sluice_requests_in_progress 0")
                .doesNotContain("status=\"5");
    }

    private Map<String, HttpRequest> malformed() throws IOException {
        Map<String, HttpRequest> wrong = new LinkedHashMap<>();
        byte[] png = ImageFiles.png(picture());
        byte[] jpeg = ImageFiles.jpeg(picture(), 90);
        SplittableRandom random = new SplittableRandom(9);
        for (int i = 0; i < 20; i++) {
            int cut = random.nextInt(1, png.length - 40);
            wrong.put("png cut at " + cut, post("/v1/score", "image/png", Arrays.copyOf(png, cut)));
            cut = random.nextInt(1, jpeg.length - 2);
            wrong.put("jpeg cut at " + cut, post("/v1/score", "image/jpeg", Arrays.copyOf(jpeg, cut)));
        }
        for (int i = 0; i < 15; i++) {
            byte[] noise = new byte[random.nextInt(1, 3000)];
            random.nextBytes(noise);
            wrong.put("noise " + i, post("/v1/score", "image/png", noise));
            byte[] broken = png.clone();
            for (int k = 0; k < 30; k++) {
                broken[random.nextInt(60, broken.length - 20)] ^= (byte) (1 << random.nextInt(8));
            }
            wrong.put("png with flipped bits " + i, post("/v1/score", "image/png", broken));
        }
        int[][] sizes = {{60_000, 60_000}, {Integer.MAX_VALUE, Integer.MAX_VALUE}, {101, 100}, {0, 5}, {-1, 7}};
        for (int[] size : sizes) {
            wrong.put("png of " + Arrays.toString(size), post("/v1/score", "image/png", header(size[0], size[1])));
        }
        wrong.put("zip bomb", post("/v1/score", "application/zip", zip()));
        wrong.put("zip that says png", post("/v1/score", "image/png", zip()));
        wrong.put(
                "gzip bomb",
                request("/v1/score")
                        .header("Content-Encoding", "gzip")
                        .POST(HttpRequest.BodyPublishers.ofByteArray(gzip()))
                        .build());
        wrong.put("too large", post("/v1/score", "image/png", new byte[(1 << 20) + 1]));
        wrong.put("empty", post("/v1/score", "image/png", new byte[0]));
        wrong.put("text", post("/v1/score", "text/plain", "hello".getBytes(StandardCharsets.UTF_8)));
        byte[] mp4 = Arrays.copyOf("\0\0\0\u0018ftypisom".getBytes(StandardCharsets.ISO_8859_1), 400);
        wrong.put("mp4 with nothing in it", post("/v1/score", "video/mp4", mp4));
        for (String path : List.of(
                "../secret.png",
                "sub/../../secret.png",
                folder.resolve("secret.png").toString(),
                "/etc/passwd",
                "link.png",
                "none.png",
                "\u0000.png",
                "sub",
                "")) {
            wrong.put("path " + path, json("/v1/score", Map.of("path", path)));
        }
        String good = "\"path\": \"sub/good.png\"";
        for (String text : List.of(
                "",
                "{",
                "[]",
                "null",
                "3",
                "{}",
                "{\"path\": 3}",
                "{\"data\": \"%%%\"}",
                "{\"data\": \"\"}",
                "{" + good + ", \"data\": \"AAAA\"}",
                "{" + good + ", \"promt\": \"x\"}",
                "{" + good + ", \"prompt\": 3}",
                "{" + good + ", \"metadata\": []}",
                "{" + good + ", \"metadata\": {\"a\": null}}",
                "[".repeat(5000))) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            wrong.put(
                    "json " + text.substring(0, Math.min(60, text.length())),
                    post("/v1/score", "application/json", bytes));
        }
        for (String items : List.of("[]", "{}", "3", "[1,2,3,4,5]")) {
            byte[] bytes = "{\"items\": %s}".formatted(items).getBytes(StandardCharsets.UTF_8);
            wrong.put("batch " + items, post("/v1/score/batch", "application/json", bytes));
        }
        wrong.put("batch of png", post("/v1/score/batch", "image/png", png));
        return wrong;
    }

    /** A PNG file that claims a size and has no pixels. */
    private static byte[] header(int width, int height) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + 25 + 12);
        bytes.put(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        byte[] body = ByteBuffer.allocate(17)
                .put("IHDR".getBytes(StandardCharsets.US_ASCII))
                .putInt(width)
                .putInt(height)
                .put(new byte[] {8, 2, 0, 0, 0})
                .array();
        CRC32 crc = new CRC32();
        crc.update(body);
        bytes.putInt(13).put(body).putInt((int) crc.getValue());
        return bytes.array();
    }

    private static byte[] zip() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(out)) {
            zip.putNextEntry(new ZipEntry("picture.png"));
            zip.write(new byte[20 << 20]);
        }
        return out.toByteArray();
    }

    private static byte[] gzip() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(new byte[20 << 20]);
        }
        return out.toByteArray();
    }
}
