package dev.sluice.rewards.internal.preference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.PreferenceData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EpochsTest {
    private static final Epochs.Sampling USUAL = new Epochs.Sampling(2, 1, true, 0.5);

    private static PreferenceData.Item item(int number, String prompt, String generator) {
        return new PreferenceData.Item("item " + number, prompt, generator, () -> {
            throw new IOException("not read");
        });
    }

    private static PreferenceData labelled(int count) {
        List<PreferenceData.Item> items = new ArrayList<>();
        List<PreferenceData.Label> labels = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            items.add(item(i, "prompt " + i, i % 4 < 2 ? "one" : "other"));
            labels.add(new PreferenceData.Label(i, "look", i % 2 == 0));
        }
        return new PreferenceData(items, List.of(), labels);
    }

    @Test
    void goodItemsMeetBadOnesAndGoodOnesAcrossPromptsAndBadOnesNeverMeet() {
        Epochs epochs = new Epochs(labelled(40), List.of("look"), USUAL, 3);
        assertThat(epochs.size()).isEqualTo(20 * 3);
        List<Comparison> all = epochs.batch(0, 1000);
        assertThat(all).hasSize(60);
        int near = 0;
        for (Comparison one : all) {
            assertThat(one.winner()).isNotEqualTo(one.loser());
            assertThat(one.winner() % 2).isZero();
            assertThat(one.loser() % 2).isEqualTo(one.tie() ? 0 : 1);
            near += one.winner() % 4 / 2 == one.loser() % 4 / 2 ? 1 : 0;
        }
        assertThat(all).filteredOn(Comparison::tie).hasSize(20);
        // Half are of the same generator by choice, and half of the rest by chance.
        assertThat(near / 60.0).isCloseTo(0.75, within(0.2));
    }

    @Test
    void everyEpochHasAllPairsOnceInAnotherOrderAndTheSeedNamesIt() {
        PreferenceData data = PreferenceData.scenes(dev.sluice.rewards.SceneSplit.TRAIN, 50, 1);
        Epochs epochs = new Epochs(data, List.of("overall"), USUAL, 9);
        List<List<Comparison>> first = new ArrayList<>();
        Set<Integer> seen = new HashSet<>();
        for (int step = 0; step < 4; step++) {
            first.add(epochs.batch(step, 16));
            epochs.batch(step, 16).forEach(one -> seen.add(Math.min(one.winner(), one.loser())));
        }
        assertThat(seen).hasSize(50);
        assertThat(first.get(3)).hasSize(2);
        assertThat(epochs.batch(4, 16)).isNotEqualTo(first.get(0));
        assertThat(epochs.batch(1, 16)).isEqualTo(first.get(1));
        assertThat(new Epochs(data, List.of("overall"), USUAL, 9).batch(2, 16)).isEqualTo(first.get(2));
        assertThat(new Epochs(data, List.of("overall"), USUAL, 10).batch(2, 16)).isNotEqualTo(first.get(2));
    }

    @Test
    void promptsCountTheSameHoweverManyPairsTheyHaveAndScoresMakeMargins() {
        List<PreferenceData.Item> items =
                List.of(item(0, "p", ""), item(1, "p", ""), item(2, "q", ""), item(3, "q", ""));
        PreferenceData.Pair pair =
                new PreferenceData.Pair(0, 1, "overall", PreferenceData.Verdict.B, "", Optional.of(List.of(1.0, 4.0)));
        PreferenceData.Pair other =
                new PreferenceData.Pair(2, 3, "overall", PreferenceData.Verdict.A, "", Optional.empty());
        Epochs epochs = new Epochs(
                new PreferenceData(items, List.of(pair, pair, pair, other), List.of()), List.of("overall"), USUAL, 1);
        for (Comparison one : epochs.batch(0, 10)) {
            boolean ofFirst = one.winner() < 2;
            assertThat(one.weight()).isEqualTo(ofFirst ? 2 / 3.0 : 2);
            assertThat(one.margin()).isEqualTo(ofFirst ? 1.5 : 0);
            assertThat(one.winner()).isEqualTo(ofFirst ? 1 : 2);
        }
    }
}
