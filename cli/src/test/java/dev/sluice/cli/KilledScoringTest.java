package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A batch whose process is killed (SIGKILL) at random moments and resumed each time ends in the same table as one that was not, and
 * scores nothing twice but the batch it was at. By hand, with more kills:
 * {@code mvn -pl cli -am test -Dtest=KilledScoringTest -Dsurefire.failIfNoSpecifiedTests=false -Dsluice.kills=5}.
 */
class KilledScoringTest {
    private static final int KILLS = Integer.getInteger("sluice.kills", 2);
    private static final long SEED = Long.getLong("sluice.kills.seed", 17);
    private static final int BATCH = 8;
    private static final int ITEMS = 120 * (KILLS + 1);

    @TempDir
    Path folder;

    @Test
    void aBatchThatIsKilledAndResumedEqualsOneThatWasNot() throws IOException, InterruptedException {
        Path media = media();
        CommandLineRun straight = score("straight", media);
        SplittableRandom random = new SplittableRandom(SEED);
        List<String> moments = new ArrayList<>();
        for (int kill = 0; kill < KILLS; kill++) {
            moments.add(killed(media, kill, random));
        }
        CommandLineRun resumed = score("killed", media, "--resume");
        assertThat(resumed.status()).isEqualTo(straight.status()).isEqualTo(1);
        assertThat(folder.resolve("killed.csv"))
                .as("killed %s (seed %s)", moments, SEED)
                .hasSameBinaryContentAs(folder.resolve("straight.csv"));
        assertThat(Files.readAllLines(folder.resolve("killed.csv"))).hasSize(1 + ITEMS);
        Map<String, Long> times = Files.readAllLines(folder.resolve("killed.tally")).stream()
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        assertThat(times).hasSize(ITEMS - ITEMS / 10);
        assertThat(times.values().stream().filter(count -> count > 1).count())
                .as("items scored twice, killed %s", moments)
                .isLessThanOrEqualTo((long) KILLS * BATCH);
        assertThat(folder.resolve(".killed.csv.journal")).doesNotExist();
    }

    /** Every tenth file is broken. */
    private Path media() throws IOException {
        Path media = Files.createDirectories(folder.resolve("media"));
        List<String> prompts = new ArrayList<>();
        for (int i = 0; i < ITEMS; i++) {
            String name = "%04d.png".formatted(i);
            byte[] png = ImageFiles.png(Media.image(1, 2, new byte[] {(byte) i, 1, 2, 3, 4, 5}));
            Files.write(media.resolve(name), i % 10 == 4 ? new byte[] {1, 2, 3} : png);
            prompts.add("{\"file\": \"%s\", \"prompt\": \"picture %s\"}".formatted(name, i));
        }
        Files.write(media.resolve("prompts.jsonl"), prompts);
        return media;
    }

    private List<String> command(String name, Path media) {
        return new ArrayList<>(List.of(
                "score",
                "--rewards",
                "tally:file=" + folder.resolve(name + ".tally"),
                "--media",
                media.toString(),
                "--out",
                folder.resolve(name + ".csv").toString(),
                "--batch",
                String.valueOf(BATCH),
                "--report",
                "none"));
    }

    private CommandLineRun score(String name, Path media, String... more) {
        // The name of the tally is part of what is scored: it must be the same for every process of a batch.
        List<String> words = command(name, media);
        words.addAll(List.of(more));
        return CommandLineRun.of(words.toArray());
    }

    private String killed(Path media, int kill, SplittableRandom random) throws IOException, InterruptedException {
        List<String> words = command("killed", media);
        words.add("--resume");
        return KilledProcess.run(
                List.of("-D" + TallyReward.MOST + "=" + 100),
                words,
                folder.resolve("killed.tally"),
                300,
                random,
                folder.resolve("kill-%s.log".formatted(kill)));
    }
}
