package dev.sluice.cli.internal.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.video.ImageFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.zip.CRC32;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class MalformedUploadsTest extends ScoreServerCase {
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
