package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** What every reward promises. A reward's test extends this and names the reward and samples from worst to best. */
abstract class RewardContract {
    /** Returns the name by which the class path has the reward. */
    abstract String name();

    /** Returns at least three valid samples whose scores rise strictly. */
    abstract List<Sample> worstToBest();

    /** Returns the options that the reward cannot do without, or that make the test quick. */
    Map<String, Object> options() {
        return Map.of();
    }

    /** Returns a prompt of ten thousand letters. */
    String longPrompt() {
        return "a circle ".repeat(1200);
    }

    /** Returns whether there are but two scores, so that not all samples can have different ones. */
    boolean twoValued() {
        return false;
    }

    /** Returns what scores may differ by where a sample stands at another place of the call; 0 for a reward of single samples. */
    double rounding() {
        return 0;
    }

    final Reward open() {
        return RewardProvider.named(name(), options());
    }

    final double[] score(List<Sample> samples) {
        try (Reward reward = open()) {
            return reward.score(samples).values();
        }
    }

    @Test
    void higherIsBetterAndScoresLieInTheDeclaredRange() {
        double[] scores = score(worstToBest());
        assertThat(scores).hasSizeGreaterThanOrEqualTo(3).isSorted();
        assertThat(Arrays.stream(scores).distinct().count()).isEqualTo(twoValued() ? 2 : scores.length);
        RewardFacts facts = RewardProvider.provider(name()).facts();
        assertThat(facts).isNotEqualTo(RewardFacts.UNKNOWN);
        for (double score : scores) {
            assertThat(facts.allows(score)).as("%s in %s", score, facts).isTrue();
        }
    }

    @Test
    void theScoreOfASampleDoesNotDependOnItsBatch() {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            samples.add(worstToBest().get(i % 3));
        }
        double[] whole = score(samples);
        for (int size : new int[] {1, 3}) {
            for (int start = 0; start < 7; start += size) {
                double[] part = score(samples.subList(start, Math.min(7, start + size)));
                for (int i = 0; i < part.length; i++) {
                    assertThat(part[i]).isCloseTo(whole[start + i], within(1e-5));
                }
            }
        }
        assertThat(whole[3]).isEqualTo(whole[0]);
    }

    @Test
    void theOrderOfSamplesIsTheOrderOfScores() {
        List<Sample> backwards = new ArrayList<>(worstToBest());
        Collections.reverse(backwards);
        double[] scores = score(backwards);
        double[] forwards = score(worstToBest());
        for (int i = 0; i < scores.length; i++) {
            assertThat(scores[i]).isCloseTo(forwards[forwards.length - 1 - i], within(rounding()));
        }
    }

    @Test
    void anEmptyBatchHasNoScores() {
        assertThat(score(List.of())).isEmpty();
    }

    @Test
    void aSampleThatCannotBeScoredHasAReasonAndStopsNoOther() {
        Sample good = worstToBest().get(0);
        RewardFacts.Modality modality = RewardProvider.provider(name()).facts().modality();
        Media odd = modality == RewardFacts.Modality.VIDEO
                ? Media.image(32, 32, new byte[3072])
                : new Media(2, 32, 32, new byte[2 * 3072], 8);
        try (Reward reward = open()) {
            Scores scores = reward.score(List.of(new Sample(odd, good.prompt(), good.metadata()), good));
            assertThat(scores.valid(0)).isEqualTo(modality == RewardFacts.Modality.BOTH);
            assertThat(Double.isNaN(scores.values()[0])).isEqualTo(!scores.valid(0));
            assertThat(scores.valid(1)).isTrue();
            assertThat(scores.reasons().getOrDefault(0, "")).doesNotContain("\n");
        }
    }

    @Test
    void oddSamplesHaveAScoreOrAReason() {
        Sample good = worstToBest().get(0);
        Sample dot = new Sample(Media.image(1, 1, new byte[3]), good.prompt(), good.metadata());
        Sample talk = new Sample(good.media(), longPrompt(), good.metadata());
        Sample bare = new Sample(good.media(), "", Map.of());
        try (Reward reward = open()) {
            Scores scores = reward.score(List.of(dot, talk, bare));
            for (int i = 0; i < 3; i++) {
                assertThat(Double.isFinite(scores.values()[i])).isEqualTo(scores.valid(i));
            }
            assertThat(scores.valid(1)).isTrue();
        }
    }

    @Test
    void twoThreadsGetTheSameAndClosingTwiceIsNoMistake() {
        List<Sample> samples = worstToBest();
        Reward reward = open();
        CompletableFuture<Scores> other = CompletableFuture.supplyAsync(() -> reward.score(samples));
        double[] mine = reward.score(samples).values();
        assertThat(other.join().values()).isEqualTo(mine);
        reward.close();
        reward.close();
    }

    @Test
    void anUnknownOptionIsRefused() {
        assertThatThrownBy(() -> RewardProvider.named(name(), Map.of("moode", "x")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("The reward %s has no option moode; it has ".formatted(name()));
    }
}
