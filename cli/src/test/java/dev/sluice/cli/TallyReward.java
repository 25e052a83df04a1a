package dev.sluice.cli;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * Takes its time, and writes down what it scored. Where the system property {@value #MOST} is set, it waits for ever after so many samples,
 * so that a process that is to be killed cannot come to its end before.
 */
public final class TallyReward implements RewardProvider {
    static final String MOST = "sluice.tally.most";

    private static final int LIMIT = Integer.getInteger(MOST, Integer.MAX_VALUE);

    @Override
    public String name() {
        return "tally";
    }

    @Override
    public Map<String, List<String>> options() {
        return Map.of("file", List.of());
    }

    @Override
    public Reward open() {
        throw new IllegalArgumentException("tally needs the option file.");
    }

    @Override
    public Reward openChecked(Map<String, Object> options) {
        Path file = Path.of(options.get("file").toString());
        AtomicInteger scored = new AtomicInteger();
        return samples -> {
            try {
                Thread.sleep(scored.addAndGet(samples.size()) > LIMIT ? Long.MAX_VALUE : 4L * samples.size());
                String lines =
                        samples.stream().map(sample -> sample.prompt() + "\n").collect(Collectors.joining());
                Files.writeString(file, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return Scores.of(samples.stream().mapToDouble(TallyReward::score).toArray());
        };
    }

    private static double score(Sample sample) {
        return sample.prompt().hashCode() / 3.0 + sample.media().value(0, 0, 0, 0);
    }
}
