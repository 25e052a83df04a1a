package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.JudgeServer;
import dev.sluice.rewards.JudgeServer.Asked;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.TestMedia;
import dev.sluice.video.Media;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** A judge that asks a server whose answers are known. */
abstract class JudgeCase {
    static final String BAD = "I would rather talk of the weather.";

    @TempDir
    Path folder;

    JudgeServer server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    void serve(Function<Asked, String> rule) {
        server = JudgeServer.start(rule);
    }

    final Scores score(String name, List<Sample> samples, Object... options) {
        Map<String, Object> all = new LinkedHashMap<>(Map.of("endpoint", server.endpoint(), "model", "m"));
        for (int i = 0; i < options.length; i += 2) {
            all.put(options[i].toString(), options[i + 1]);
        }
        try (Reward reward = RewardProvider.named(name, all)) {
            return reward.score(samples);
        }
    }

    static Media grey(int value) {
        return TestMedia.grey(8, 8, (y, x) -> value);
    }

    static Sample sample(int value) {
        return new Sample(grey(value), "a prompt", Map.of());
    }
}
