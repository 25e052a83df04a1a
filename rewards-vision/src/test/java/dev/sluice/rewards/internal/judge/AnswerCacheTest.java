package dev.sluice.rewards.internal.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** More kills by hand: {@code -Dsluice.kills=20}. */
class AnswerCacheTest {
    private static final int KILLS = Integer.getInteger("sluice.kills", 2);
    private static final URI ADDRESS = URI.create("http://127.0.0.1/v1/chat/completions");
    private static final JsonMapper JSON = JsonMapper.builder().build();

    @TempDir
    Path folder;

    private static String key(int number) {
        return AnswerCache.key(ADDRESS, ("question " + number).getBytes(StandardCharsets.UTF_8));
    }

    private static JsonNode answer(int number) {
        return JSON.createObjectNode().put("number", number).put("long", "x".repeat(20_000));
    }

    /** Keeps answers until it is killed. */
    public static void main(String[] args) throws IOException {
        AnswerCache cache = AnswerCache.open(Path.of(args[0]));
        for (int number = 0; ; number++) {
            cache.store(key(number % 500), answer(number % 500));
            Files.writeString(Path.of(args[1]), "at work");
        }
    }

    @Test
    void whatIsKeptIsFoundUnderItsWholeRequest() throws IOException {
        AnswerCache cache = AnswerCache.open(folder.resolve("a/b"));
        assertThat(cache.find(key(1))).isEmpty();
        cache.store(key(1), answer(1));
        assertThat(AnswerCache.open(folder.resolve("a/b")).find(key(1))).contains(answer(1));
        assertThat(cache.find(key(2))).isEmpty();
        byte[] question = "question 1".getBytes(StandardCharsets.UTF_8);
        assertThat(AnswerCache.key(URI.create("http://127.0.0.2/v1/chat/completions"), question))
                .isNotEqualTo(key(1));
    }

    @Test
    void whatIsDamagedIsAsIfItWereNotThere() throws IOException {
        AnswerCache cache = AnswerCache.open(folder);
        cache.store(key(1), answer(1));
        Path file = only();
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, 1, whole.length / 2, whole.length - 1}) {
            Files.write(file, java.util.Arrays.copyOf(whole, length));
            assertThat(cache.find(key(1)))
                    .as("%s of %s bytes", length, whole.length)
                    .isEmpty();
        }
        Files.writeString(file, Files.readString(file).isEmpty() ? "{}" : "{\"key\": \"other\", \"answer\": {}}");
        assertThat(cache.find(key(1))).isEmpty();
        cache.store(key(1), answer(1));
        assertThat(cache.find(key(1))).contains(answer(1));
    }

    private Path only() throws IOException {
        try (Stream<Path> walk = Files.walk(folder)) {
            return walk.filter(Files::isRegularFile).findFirst().orElseThrow();
        }
    }

    @Test
    void aPlaceWhereNothingCanBeKeptIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        assertThatThrownBy(() -> AnswerCache.open(file)).hasMessage("The cache %s must be a folder.".formatted(file));
        assertThatThrownBy(() -> AnswerCache.open(file.resolve("below")))
                .hasMessageStartingWith("The cache %s cannot be made.".formatted(file.resolve("below")));
    }

    @Test
    void aKillLeavesNoHalfAnswer() throws IOException, InterruptedException {
        SplittableRandom random = new SplittableRandom(5);
        for (int kill = 0; kill < KILLS; kill++) {
            Path sign = folder.resolve("sign-" + kill);
            Process process = new ProcessBuilder(List.of(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:+UseSerialGC",
                            "-XX:TieredStopAtLevel=1",
                            "-cp",
                            System.getProperty("java.class.path"),
                            AnswerCacheTest.class.getName(),
                            folder.resolve("cache").toString(),
                            sign.toString()))
                    .inheritIO()
                    .start();
            try {
                for (long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
                        !Files.exists(sign) && System.nanoTime() < end; ) {
                    Thread.sleep(2);
                }
                assertThat(sign).exists();
                Thread.sleep(random.nextLong(200));
                assertThat(process.isAlive()).isTrue();
            } finally {
                process.destroyForcibly().waitFor();
            }
        }
        AnswerCache cache = AnswerCache.open(folder.resolve("cache"));
        int kept = 0;
        for (int number = 0; number < 500; number++) {
            Path file =
                    folder.resolve("cache").resolve(key(number).substring(0, 2)).resolve(key(number) + ".json");
            if (Files.exists(file)) {
                assertThat(cache.find(key(number))).as(file.toString()).contains(answer(number));
                kept++;
            }
        }
        assertThat(kept).isPositive();
    }
}
