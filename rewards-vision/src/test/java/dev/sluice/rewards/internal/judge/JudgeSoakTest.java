package dev.sluice.rewards.internal.judge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.JudgeServer;
import dev.sluice.rewards.JudgeServer.Reply;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.TestMedia;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Many samples before a server of which every fifth answer is trouble: each must get its own score, and none another's. By hand:
 * {@code mvn -pl rewards-vision -am test -Dtest=JudgeSoakTest -Dsluice.test.excluded=gpu -Dsurefire.failIfNoSpecifiedTests=false
 * -Dsluice.soak=5000}.
 */
@Tag("bench")
class JudgeSoakTest {
    private static final int SAMPLES = Integer.getInteger("sluice.soak", 2000);
    private static final int BATCH = 250;
    private static final String PAGE = "<html>Bad gateway</html>";

    @TempDir
    Path folder;

    private static Optional<Reply> trouble() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return switch (random.nextInt(30)) {
            case 0 -> Optional.of(new Reply(429, Map.of("Retry-After", "0"), "", 0));
            case 1 -> Optional.of(new Reply(500, PAGE));
            case 2 -> Optional.of(new Reply(-1, ""));
            case 3 -> Optional.of(new Reply(200, PAGE));
            case 4 -> Optional.of(new Reply(200, JudgeServer.said("Thought process:")));
            case 5 -> Optional.of(new Reply(503, Map.of(), "", 20));
            default -> Optional.empty();
        };
    }

    private static long used() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    @Test
    void everySampleGetsItsOwnScore() {
        AtomicInteger requests = new AtomicInteger();
        try (JudgeServer server = JudgeServer.start(asked -> {
            requests.incrementAndGet();
            int number = Integer.parseInt(asked.text().replaceAll("(?s).*\\[sample (\\d+)].*", "$1"));
            return JudgeServer.said("Final Score: " + (1 + number % 5));
        })) {
            Map<String, Object> options = Map.of(
                    "endpoint",
                    server.endpoint(),
                    "model",
                    "m",
                    "rubric",
                    "final-score",
                    "concurrency",
                    "64",
                    "cache",
                    folder.resolve("cache"));
            long begin = System.nanoTime();
            int missing = 0;
            long after = 0;
            try (Reward reward = RewardProvider.named("judge-score", options)) {
                for (int first = 0; first < SAMPLES; first += BATCH) {
                    Scores scores = reward.score(samples(first));
                    if (first == 0) {
                        server.trouble(JudgeSoakTest::trouble); // a server that never answered well is given up at once
                        after = used();
                    }
                    for (int i = 0; i < BATCH; i++) {
                        if (scores.valid(i)) {
                            assertThat(scores.values()[i])
                                    .as("sample %s", first + i)
                                    .isEqualTo((first + i) % 5 / 4.0);
                        } else {
                            missing++;
                        }
                    }
                    server.asked().clear();
                }
                double seconds = (System.nanoTime() - begin) * 1e-9;
                long grown = used() - after;
                System.out.printf(
                        "%s samples, %s without a score, %s good answers, %.1f s, heap grown by %.1f MB%n",
                        SAMPLES, missing, requests.get(), seconds, grown / 1e6);
                assertThat(missing).isLessThanOrEqualTo(SAMPLES / 100);
                assertThat(grown).isLessThan(20_000_000);
                int before = requests.get();
                server.trouble(Optional::empty);
                for (int first = 0; first < SAMPLES; first += BATCH) {
                    reward.score(samples(first));
                }
                assertThat(requests.get() - before).as("asked for again").isLessThanOrEqualTo(missing);
            }
        }
    }

    private static List<Sample> samples(int first) {
        List<Sample> samples = new ArrayList<>();
        for (int i = first; i < first + BATCH; i++) {
            int shade = i % 256;
            samples.add(new Sample(TestMedia.grey(16, 16, (y, x) -> shade), "sample " + i, Map.of()));
        }
        return samples;
    }
}
