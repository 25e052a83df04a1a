package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What rewards go along with, from the command line. */
class RewardProbeCommandTest {
    private static final int FILES = 12;

    @TempDir
    private Path folder;

    private Path media;

    /** Grey pictures, three of each prompt. */
    @BeforeEach
    void pictures() throws IOException {
        media = Files.createDirectories(folder.resolve("media"));
        List<String> prompts = new ArrayList<>();
        for (int i = 0; i < FILES; i++) {
            byte[] rgb = new byte[3 * 256];
            Arrays.fill(rgb, (byte) (20 * (i * 5 % FILES)));
            for (int k = 0; k < 3 * i; k++) {
                rgb[7 * k] = (byte) (30 + 11 * k);
            }
            ImageFiles.write(Media.image(16, 16, rgb), media.resolve("%02d.png".formatted(i)));
            prompts.add(
                    "{\"file\": \"%02d.png\", \"prompt\": \"picture %s%s\"}".formatted(i, i / 3, "!".repeat(i / 3)));
        }
        Files.write(media.resolve("prompts.jsonl"), prompts);
    }

    private static JsonNode json(Path file) throws IOException {
        return JsonMapper.builder().build().readTree(Files.readAllBytes(file));
    }

    @Test
    void aRewardThatIsBrightnessIsFoundOutAndAGroupsRewardIsScoredByItsPrompts() throws IOException {
        String table = CommandLineRun.of(
                        "reward", "probe", "bright", "compressibility", "diversity", "--media", media, "--out", folder)
                .succeeded()
                .out();
        assertThat(table.lines().filter(line -> line.matches("bright +mean luma +12 +4 .*")))
                .singleElement()
                .asString()
                .containsPattern("(1\\.000 \\[1\\.000, 1\\.000] *){3}$");
        assertThat(table).doesNotContain("judge").contains("Written: ");
        JsonNode found = json(folder.resolve("probe.json"));
        JsonNode luma = found.path("bright").path("mean luma");
        assertThat(luma.path("pearson").path("value").asDouble()).isCloseTo(1, within(1e-9));
        assertThat(found.path("bright").path("prompt length").path("within").isNull())
                .isTrue();
        assertThat(found.path("compressibility")
                        .path("jpeg size")
                        .path("pearson")
                        .path("value")
                        .asDouble())
                .isCloseTo(-1, within(1e-9));
        assertThat(found.path("compressibility")
                        .path("sharpness")
                        .path("spearman")
                        .path("value")
                        .asDouble())
                .as("what is restless makes large files")
                .isLessThan(-0.5);
        assertThat(found.path("diversity").path("mean luma").path("items").asInt())
                .isEqualTo(FILES);
    }

    @Test
    void aJudgeThatNamesTheFirstIsFoundOut() throws IOException {
        AtomicInteger requests = new AtomicInteger();
        byte[] body = "{\"choices\": [{\"message\": {\"content\": \"<answer>Image 1 is better</answer>\"}}]}"
                .getBytes(StandardCharsets.UTF_8);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
        server.createContext("/", exchange -> {
            try (exchange) {
                exchange.getRequestBody().readAllBytes();
                requests.incrementAndGet();
                exchange.sendResponseHeaders(200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
        try {
            String judge = "judge-pairwise:model=m,endpoint=http://127.0.0.1:%s/v1"
                    .formatted(server.getAddress().getPort());
            String table = CommandLineRun.of("reward", "probe", judge, "--media", media, "--swaps", 3)
                    .succeeded()
                    .out();
            assertThat(table.lines()
                            .filter(line ->
                                    line.startsWith("judge-pairwise  3 ") || line.matches("judge-pairwise +3 .*")))
                    .singleElement()
                    .asString()
                    .contains("0.000 [0.000, 0.000]", "1.000 [1.000, 1.000]")
                    .endsWith("1.000 [1.000, 1.000]");
            // Of each of four prompts three pairs in both orders, and three pairs in both orders and against
            // themselves.
            assertThat(requests).hasValue(4 * 3 * 2 + 3 * 3);
            String evaluation = CommandLineRun.of("reward", "evaluate", judge, "--pairs", "scenes:test", "--drawn", 8)
                    .succeeded()
                    .out();
            assertThat(evaluation)
                    .as("both orders, so that it is always a tie, which is no right answer")
                    .containsPattern("judge-pairwise +overall +8 .*0\\.000 \\[0\\.000, 0\\.000]");
            assertThat(requests).hasValue(4 * 3 * 2 + 3 * 3 + 8 * 2);
            assertThat(CommandLineRun.of("reward", "probe", judge, "--media", media, "--swaps", 0)
                            .succeeded()
                            .out())
                    .doesNotContain("swapped");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void whatCannotBeScoredIsNamedAndBadInputIsOneSentence() throws IOException {
        Files.writeString(media.resolve("03.png"), "no picture");
        CommandLineRun run = CommandLineRun.of("reward", "probe", "bright", "diversity", "--media", media);
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.out()).contains("1 items lack a score (03.png: ").contains("  11  ");
        Files.delete(media.resolve("prompts.jsonl"));
        CommandLineRun.of("reward", "probe", "diversity", "--media", media).refused("needs to know the prompts.");
        CommandLineRun.of("reward", "probe", "brigth", "--media", media).refused("The reward (brigth) is unknown");
        CommandLineRun.of("reward", "probe", "bright", "--media", folder.resolve("none"))
                .refused("does not exist.");
        CommandLineRun.of("reward", "probe", "bright", "--media", media, "--swaps", -1)
                .refused("--swaps (-1) must be");
        CommandLineRun.of("reward", "probe", "bright", "--media", media, "--out", media.resolve("00.png"))
                .refused("is a file; a folder is expected.");
    }
}
