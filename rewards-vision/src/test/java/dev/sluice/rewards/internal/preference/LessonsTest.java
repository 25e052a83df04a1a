package dev.sluice.rewards.internal.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.RewardArchitecture;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.TestMedia;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LessonsTest {
    private static final RewardArchitecture EXPERTS = new RewardArchitecture(
            new RewardArchitecture.Encoding.Appearance(),
            true,
            new RewardArchitecture.Head.Experts(8, 2, 1),
            List.of("look", "motion/speed", "overall"));

    private static PreferenceData.Pair pair(int a, int b, String axis) {
        return new PreferenceData.Pair(a, b, axis, PreferenceData.Verdict.A, "", Optional.empty());
    }

    private static PreferenceData data() {
        List<PreferenceData.Item> items = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String prompt = "prompt " + i / 2;
            int light = 20 * i;
            items.add(new PreferenceData.Item(
                    "item " + i,
                    prompt,
                    "",
                    () -> new Sample(TestMedia.grey(8, 8, (y, x) -> light + x), prompt, Map.of())));
        }
        List<PreferenceData.Pair> pairs = List.of(
                pair(0, 1, "look"),
                pair(2, 3, "motion/speed"),
                pair(2, 3, "overall"),
                pair(4, 5, "overall"),
                pair(6, 7, "look"));
        return new PreferenceData(items, pairs, List.of(new PreferenceData.Label(6, "motion/speed", true)));
    }

    private static Lessons lessons(PreferenceData data) throws IOException {
        try (Encoder encoder = Encoder.open(EXPERTS, 1)) {
            return Lessons.read(data, encoder, EXPERTS);
        }
    }

    @Test
    void anAspectIsIrrelevantToAPromptThatHasJudgmentsAboutOthersOnly() throws IOException {
        List<Comparison> comparisons = List.of(
                new Comparison(0, 1, 1, false, 0, 1),
                new Comparison(2, 3, 0, false, 0, 1),
                new Comparison(5, 4, 0, false, 0, 1),
                new Comparison(6, 0, 1, true, 0, 1));
        Lessons.Batch batch = lessons(data()).batch(comparisons, List.of(new Rating(0, 1, 0.5, 2)));
        assertThat(batch.seen()).hasSize(7);
        assertThat(batch.irrelevant()[0]).as("judged by its look").containsExactly(false, true);
        assertThat(batch.irrelevant()[2]).as("judged by its motion").containsExactly(true, false);
        assertThat(batch.irrelevant()[4]).as("judged on the whole").containsExactly(false, false);
        assertThat(batch.irrelevant()[6]).as("judged by both").containsExactly(false, false);
        assertThat(batch.pairs().get(2).winner()).isEqualTo(4);
        assertThat(batch.pairs().get(3)).isEqualTo(new Comparison(6, 0, 1, true, 0, 1));
    }

    @Test
    void theFingerprintNamesTheJudgments() throws IOException {
        PreferenceData data = data();
        String print = lessons(data).fingerprint();
        assertThat(lessons(data()).fingerprint()).isEqualTo(print);
        List<PreferenceData.Pair> fewer = data.pairs().subList(1, 5);
        assertThat(lessons(new PreferenceData(data.items(), fewer, data.labels()))
                        .fingerprint())
                .isNotEqualTo(print);
    }

    @Test
    void anItemThatCannotBeReadStopsIt() {
        PreferenceData data = data();
        List<PreferenceData.Item> items = new ArrayList<>(data.items());
        items.set(3, new PreferenceData.Item("item 3", "prompt 1", "", () -> {
            throw new IOException("item 3 is broken.");
        }));
        assertThatThrownBy(() -> lessons(new PreferenceData(items, data.pairs(), data.labels())))
                .isInstanceOf(IOException.class)
                .hasMessage("item 3 is broken.");
    }
}
