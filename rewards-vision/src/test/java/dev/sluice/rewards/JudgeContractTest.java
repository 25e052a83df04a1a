package dev.sluice.rewards;

import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** The judges against a server that likes light pictures. */
class JudgeContractTest {
    @TempDir
    static Path folder;

    private static JudgeServer server;

    @BeforeAll
    static void start() throws IOException {
        ImageFiles.write(TestMedia.grey(8, 8, (y, x) -> 100), folder.resolve("other.png"));
        server = JudgeServer.start(JudgeContractTest::answer);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static String answer(JudgeServer.Asked asked) {
        if (asked.body().path("logprobs").asBoolean(false)) {
            double yes = 1
                    / (1
                            + Math.exp(-4
                                    * (asked.light(0)
                                            - asked.light(asked.pictures().size() - 1))));
            Map<String, Double> token = new LinkedHashMap<>();
            token.put(yes > 0.5 ? "Yes" : "No", Math.max(yes, 1 - yes));
            token.put(yes > 0.5 ? "No" : "Yes", Math.min(yes, 1 - yes));
            return JudgeServer.spoken(List.of(token));
        }
        if (asked.text().contains("<answer>")) {
            double difference = asked.light(0) - asked.light(1);
            String verdict = difference > 0 ? "Image 1 is better" : difference < 0 ? "Image 2 is better" : "Tie";
            return JudgeServer.said("<answer>%s</answer>".formatted(verdict));
        }
        if (asked.text().contains("\"score\"")) {
            double light = asked.light(asked.pictures().size() - 1);
            return JudgeServer.said("{\"reasoning\": \"it is light\", \"score\": [%s, 25]}".formatted(25 * light));
        }
        return JudgeServer.said(
                "visual quality: %s\nprompt alignment: 3\nplausibility: 5".formatted(1 + 4 * asked.light(0)));
    }

    private abstract static class OfTheServer extends RewardContract {
        @Override
        Map<String, Object> options() {
            Map<String, Object> options = new LinkedHashMap<>(more());
            options.put("endpoint", server.endpoint());
            options.put("model", "test");
            return options;
        }

        Map<String, Object> more() {
            return Map.of();
        }

        @Override
        List<Sample> worstToBest() {
            return List.of(grey(40), grey(120), grey(220));
        }

        static Sample grey(int value) {
            return new Sample(TestMedia.grey(32, 32, (y, x) -> value), "a light", Map.of());
        }
    }

    @Nested
    class Score extends OfTheServer {
        @Override
        String name() {
            return "judge-score";
        }
    }

    @Nested
    class Yes extends OfTheServer {
        @Override
        String name() {
            return "judge-yes";
        }

        @Override
        Map<String, Object> more() {
            return Map.of("reference", folder.resolve("other.png"));
        }
    }

    @Nested
    class Pairwise extends GroupRewardContract {
        @Override
        String name() {
            return "judge-pairwise";
        }

        @Override
        Map<String, Object> options() {
            return Map.of("endpoint", server.endpoint(), "model", "test");
        }

        @Override
        List<Sample> worstToBest() {
            return List.of(OfTheServer.grey(40), OfTheServer.grey(120), OfTheServer.grey(220));
        }
    }

    @Nested
    class Edit extends OfTheServer {
        @Override
        String name() {
            return "judge-edit";
        }

        @Override
        Map<String, Object> more() {
            return Map.of("source", folder.resolve("other.png"), "passes", "2");
        }
    }
}
