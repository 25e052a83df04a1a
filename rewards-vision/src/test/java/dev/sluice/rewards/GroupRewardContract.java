package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a reward promises that compares the samples of a prompt: their neighbours count, and nobody else. */
abstract class GroupRewardContract extends RewardContract {
    @Override
    double rounding() {
        return 1e-9;
    }

    private static Sample of(Sample sample, String prompt) {
        return new Sample(sample.media(), prompt, sample.metadata());
    }

    @Override
    @Test
    void theScoreOfASampleDoesNotDependOnItsBatch() {
        double[] alone = score(worstToBest());
        List<Sample> both = new ArrayList<>();
        for (Sample sample : worstToBest()) {
            both.add(sample);
            both.add(of(worstToBest().get(0), "another prompt"));
        }
        double[] mixed = score(both);
        for (int i = 0; i < alone.length; i++) {
            assertThat(mixed[2 * i]).as("sample %s", i).isCloseTo(alone[i], within(1e-5));
            assertThat(mixed[2 * i + 1]).as("all alike").isCloseTo(mixed[1], within(1e-9));
        }
        assertThat(RewardProvider.provider(name()).facts().needsGroup()).isTrue();
    }

    @Override
    @Test
    void oddSamplesHaveAScoreOrAReason() {
        Sample good = worstToBest().get(0);
        try (Reward reward = open()) {
            List<Sample> talk = List.of(of(good, longPrompt()), of(worstToBest().get(1), longPrompt()));
            assertThat(reward.score(talk).reasons()).isEmpty();
            Scores lonely = reward.score(List.of(good, new Sample(good.media(), "", Map.of())));
            assertThat(lonely.values()).containsOnly(Double.NaN);
            assertThat(lonely.reasons()).containsOnlyKeys(0, 1);
        }
    }
}
