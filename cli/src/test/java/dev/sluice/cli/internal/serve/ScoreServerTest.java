package dev.sluice.cli.internal.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.video.ImageFiles;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;

@Timeout(120)
class ScoreServerTest extends ScoreServerCase {
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
}
