package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.video.Media;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BatchScoringTest {
    private static final int COUNT = 97;

    private final AtomicInteger alive = new AtomicInteger();
    private final AtomicInteger mostAlive = new AtomicInteger();

    /** Every seventh is broken; reading takes different times. */
    private List<SampleSource> sources(int pixels) {
        SplittableRandom random = new SplittableRandom(3);
        List<SampleSource> sources = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            int index = i;
            int pause = random.nextInt(3);
            sources.add(() -> {
                try {
                    Thread.sleep(pause);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                if (index % 7 == 3) {
                    throw new IOException("item %s is broken.".formatted(index));
                }
                mostAlive.accumulateAndGet(alive.incrementAndGet(), Math::max);
                return new Sample(Media.image(1, pixels, new byte[3 * pixels]), "" + index, Map.of());
            });
        }
        return sources;
    }

    private static Scorer numbers(List<Integer> batches) {
        Map<String, Reward> rewards = new LinkedHashMap<>();
        rewards.put("number", samples -> {
            batches.add(samples.size());
            return Scores.of(samples.stream()
                    .mapToDouble(sample -> Double.parseDouble(sample.prompt()))
                    .toArray());
        });
        rewards.put("even", samples -> {
            if (samples.stream().anyMatch(sample -> sample.prompt().equals("13"))) {
                throw new IllegalStateException("13 is bad luck");
            }
            double[] values = samples.stream()
                    .mapToDouble(sample -> Integer.parseInt(sample.prompt()) % 2 == 0 ? 1 : Double.NaN)
                    .toArray();
            return new Scores(values, Map.of());
        });
        return Scorer.of(rewards);
    }

    private static List<BatchScoring.Row> run(BatchScoring scoring, List<SampleSource> sources, int from)
            throws IOException {
        List<BatchScoring.Row> rows = new ArrayList<>();
        scoring.run(numbers(new ArrayList<>()), sources, from, (first, batch) -> {
            assertThat(first).isEqualTo(from + rows.size());
            rows.addAll(batch);
        });
        return rows;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void rowsComeInOrderAndABadItemStopsNoOther(int readers) throws IOException {
        List<BatchScoring.Row> rows = run(new BatchScoring(10, readers, 1 << 20), sources(4), 0);
        assertThat(rows).hasSize(COUNT);
        for (int i = 0; i < COUNT; i++) {
            BatchScoring.Row row = rows.get(i);
            if (i % 7 == 3) {
                assertThat(row.fault()).contains("item %s is broken.".formatted(i));
                assertThat(row.scores()).containsExactly(Double.NaN, Double.NaN);
            } else if (i == 13) {
                assertThat(row.fault()).contains("even: 13 is bad luck");
                assertThat(row.scores()).containsExactly(13, Double.NaN);
            } else if (i % 2 == 0) {
                assertThat(row.fault()).isEqualTo(Optional.empty());
                assertThat(row.scores()).containsExactly(i, 1);
            } else {
                assertThat(row.fault()).contains("even: the score is NaN");
                assertThat(row.scores()).containsExactly(i, Double.NaN);
            }
        }
    }

    @Test
    void aBatchEndsWhereItHoldsTheBytesAllowed() throws IOException {
        List<Integer> batches = new ArrayList<>();
        // 3,000 bytes each: three make more than 8,000
        new BatchScoring(10, 2, 8000).run(numbers(batches), sources(1000), 0, (first, rows) -> {});
        assertThat(batches).allMatch(size -> size <= 3);
    }

    @Test
    void readingStaysAheadByNoMoreThanAllowed() throws IOException {
        new BatchScoring(4, 3, 1 << 30).run(numbers(new ArrayList<>()), sources(4), 0, (first, rows) -> {
            rows.forEach(row -> {
                if (!Double.isNaN(row.scores()[0])) {
                    alive.decrementAndGet();
                }
            });
        });
        // two batches ahead, and the one that is scored
        assertThat(mostAlive.get()).isLessThanOrEqualTo(4 + 8).isGreaterThan(1);
        assertThat(alive.get()).isZero();
    }

    @Test
    void aFailingSinkEndsIt() {
        assertThatThrownBy(() -> new BatchScoring(4, 3, 100)
                        .run(numbers(new ArrayList<>()), sources(4), 0, (first, rows) -> {
                            throw new IOException("the disk is full");
                        }))
                .isInstanceOf(IOException.class)
                .hasMessage("the disk is full");
    }

    @Test
    void aGroupIsScoredInOneCallHoweverLargeItIs() throws IOException {
        List<Integer> calls = new ArrayList<>();
        List<SampleSource> sources = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Sample sample = new Sample(Media.image(1, 1, new byte[3]), "" + 2 * i, Map.of());
            sources.add(() -> sample);
        }
        int[] groups = {0, 0, 0, 1, 2, 2, 3, 4, 4, 4};
        BatchScoring pairs = new BatchScoring(2, 2, 1 << 20);
        List<Integer> firsts = new ArrayList<>();
        pairs.run(numbers(calls), sources, groups, 0, (first, rows) -> firsts.add(first));
        assertThat(calls).containsExactly(3, 3, 4);
        assertThat(firsts).containsExactly(0, 3, 6);
        calls.clear();
        pairs.run(
                numbers(calls),
                sources,
                groups,
                6,
                (first, rows) -> assertThat(rows).hasSize(4));
        assertThat(calls).as("what was scored before does not count").containsExactly(4);
        assertThatThrownBy(() -> pairs.run(numbers(calls), sources, new int[3], 0, (first, rows) -> {}))
                .hasMessage("groups and sources have 3 and 10 entries; they must be equal.");
    }

    @Test
    void aSpecIsReadAndWritten() {
        RewardSpec spec = RewardSpec.parse("scenes:mode=official");
        assertThat(spec).isEqualTo(new RewardSpec("scenes", Map.of("mode", "official")));
        assertThat(spec).hasToString("scenes:mode=official");
        assertThat(RewardSpec.parse("a:path=x=y,b=").options()).isEqualTo(Map.of("path", "x=y", "b", ""));
        RewardSpec words = RewardSpec.parse("goal:goal=a red,, round cup,alpha=1");
        assertThat(words.options()).isEqualTo(Map.of("goal", "a red, round cup", "alpha", "1"));
        assertThat(words).hasToString("goal:goal=a red,, round cup,alpha=1");
        for (String wrong : List.of("", ":", "a:", "a:b", "a:b=1,", ":b=1")) {
            assertThatThrownBy(() -> RewardSpec.parse(wrong)).hasMessageContaining("must be a name");
        }
        assertThat(RewardSpec.parse("scenes").withDefaults(Map.of("mode", "strict", "threads", 2)))
                .hasToString("scenes:mode=strict");
    }

    @Test
    void aRewardThatIsThereTwiceIsCalledByItsWholeText() {
        try (Scorer scorer = Scorer.open("scenes", "compressibility")) {
            assertThat(scorer.names()).containsExactly("scenes", "compressibility");
        }
        try (Scorer scorer = Scorer.open("scenes:mode=strict", "scenes")) {
            assertThat(scorer.names()).containsExactly("scenes:mode=strict", "scenes");
        }
        assertThatThrownBy(() -> Scorer.open("scenes", "scenes")).hasMessage("The reward scenes is there twice.");
    }
}
