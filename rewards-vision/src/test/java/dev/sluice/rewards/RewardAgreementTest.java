package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RewardAgreementTest {
    private static final Bootstrap FEW = new Bootstrap(200, 1);

    private static List<String> prompts(int count, int each) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < count * each; i++) {
            texts.add("prompt " + i / each);
        }
        return texts;
    }

    @Test
    void aRewardAgreesWithItselfOnAnyScaleAndWithAnythingForAPrompt() {
        Random random = new Random(1);
        double[] one = random.doubles(200).toArray();
        double[] other = new double[200];
        double[] opposite = new double[200];
        for (int i = 0; i < 200; i++) {
            other[i] = 3 * one[i] + Math.floor(i / 4.0);
            opposite[i] = -one[i];
        }
        RewardAgreement same = RewardAgreement.of(one, other, prompts(50, 4), FEW);
        assertThat(same.samples()).isEqualTo(200);
        assertThat(same.prompts()).isEqualTo(50);
        assertThat(same.starc().high()).isLessThan(1e-6);
        assertThat(same.sameOrder().value()).isEqualTo(1);
        assertThat(same.sameBest().low()).isEqualTo(1);
        assertThat(same.kendall().value()).isLessThan(0.5);
        RewardAgreement not = RewardAgreement.of(one, opposite, prompts(50, 4), FEW);
        assertThat(not.starc().value()).isCloseTo(1, within(1e-9));
        assertThat(not.kendall().value()).isEqualTo(-1);
        assertThat(not.sameOrder().value()).isZero();
    }

    @Test
    void whereNoPromptHasTwoSamplesThereIsNoDistance() {
        RewardAgreement alone = RewardAgreement.of(new double[] {1, 2, 3}, new double[] {3, 1, 2}, prompts(3, 1), FEW);
        assertThat(alone.starc().known()).isFalse();
        assertThat(alone.sameBest().known()).isFalse();
        assertThat(alone.kendall().known()).isTrue();
    }

    @Test
    void unrelatedRewardsAreAtTheRootOfAHalfWithinTheInterval() {
        Random random = new Random(4);
        double[] one = random.doubles(800).toArray();
        double[] other = random.doubles(800).toArray();
        RewardAgreement found = RewardAgreement.of(one, other, prompts(100, 8), FEW);
        assertThat(Math.sqrt(0.5)).isBetween(found.starc().low(), found.starc().high());
        assertThat(found.starc().high() - found.starc().low()).isBetween(0.01, 0.1);
        assertThat(found.sameOrder().value()).isCloseTo(0.5, within(0.05));
        assertThat(found.sameBest().value()).isCloseTo(1 / 8.0, within(0.1));
    }

    /** One prompt: samples are drawn, and stay of one prompt. */
    @Test
    void samplesOfOnePromptHaveIntervalsToo() {
        double[] one = {1, 2, 3, 4};
        double[] swapped = {1, 3, 2, 4};
        RewardAgreement found = RewardAgreement.of(one, swapped, prompts(1, 4), FEW);
        assertThat(found.starc().value()).isCloseTo(0.316228, within(1e-6));
        assertThat(found.sameOrder().value()).isCloseTo(5 / 6.0, within(1e-12));
        assertThat(found.sameOrder().low()).isLessThan(found.sameOrder().high());
        Random random = new Random(7);
        double[] many = random.doubles(100).toArray();
        double[] noisy = random.doubles(100).map(x -> 0.01 * x).toArray();
        for (int i = 0; i < 100; i++) {
            noisy[i] += many[i];
        }
        Bootstrap.Figure best =
                RewardAgreement.of(many, noisy, prompts(1, 100), FEW).sameBest();
        assertThat(best.low()).isIn(0.0, 1.0);
        assertThat(best.high()).isIn(0.0, 1.0);
    }

    @Test
    void whatOneCannotScoreDoesNotCount() {
        double[] one = {1, 2, Double.NaN, 4};
        double[] other = {1, 2, 3, Double.NaN};
        RewardAgreement found = RewardAgreement.of(one, other, prompts(2, 2), FEW);
        assertThat(found.samples()).isEqualTo(2);
        double[] none = {Double.NaN, Double.NaN, Double.NaN, Double.NaN};
        RewardAgreement nothing = RewardAgreement.of(one, none, prompts(2, 2), FEW);
        assertThat(nothing.samples()).isZero();
        assertThat(nothing.kendall().known()).isFalse();
        assertThatThrownBy(() -> RewardAgreement.of(one, other, prompts(1, 2), FEW))
                .hasMessageContaining("4, 4 and 2 entries");
    }
}
