package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RewardDistanceTest {
    private static final int[] ONE_PROMPT = new int[4];
    private static final double[] RISING = {1, 2, 3, 4};

    private static double distance(double... other) {
        return RewardDistance.starc(RISING, other, ONE_PROMPT);
    }

    @Test
    void theDistanceEqualsTheReference() {
        assertThat(distance(5, 7, 9, 11)).isCloseTo(0, within(1e-7));
        assertThat(distance(-1, -2, -3, -4)).isCloseTo(1, within(1e-12));
        assertThat(distance(1, 3, 2, 4)).isCloseTo(0.316228, within(1e-6));
        assertThat(distance(7, 7, 7, 7)).isEqualTo(0.5);
    }

    @Test
    void whatAPromptGetsAsAWholeDoesNotCount() {
        Random random = new Random(2);
        int[] prompts = new int[40];
        double[] one = new double[40];
        double[] other = new double[40];
        Arrays.setAll(prompts, i -> i / 8);
        Arrays.setAll(one, i -> random.nextGaussian());
        Arrays.setAll(other, i -> 3 * one[i] + 100 * prompts[i]);
        assertThat(RewardDistance.starc(one, other, prompts)).isCloseTo(0, within(1e-6));
        double[] noise = new double[40];
        Arrays.setAll(noise, i -> random.nextGaussian());
        double forth = RewardDistance.starc(one, noise, prompts);
        assertThat(forth).isBetween(0.5, 0.9).isEqualTo(RewardDistance.starc(noise, one, prompts));
        other[3] = Double.NaN;
        assertThat(RewardDistance.starc(one, other, prompts)).isCloseTo(0, within(1e-6));
        assertThatThrownBy(() -> RewardDistance.starc(one, RISING, prompts))
                .hasMessage("one, other and prompts have 40, 4 and 40 entries; they must be equal.");
    }

    @Test
    void weightsAreFoundThatAJudgeWasMadeOf() {
        Random random = new Random(5);
        int[] prompts = new int[120];
        Arrays.setAll(prompts, i -> i / 8);
        double[][] rewards = new double[3][120];
        for (double[] reward : rewards) {
            Arrays.setAll(reward, i -> random.nextGaussian());
        }
        double[] judge = new double[120];
        Arrays.setAll(judge, i -> 10 * prompts[i] + 2 * rewards[0][i] + rewards[2][i]);
        WeightCalibration found = WeightCalibration.fit(rewards, judge, prompts);
        assertThat(found.agreement()).isCloseTo(1, within(1e-9));
        assertThat(found.weights().get(0)).isEqualTo(2 * found.weights().get(2));
        assertThat(found.weights().get(1)).isZero();
        assertThat(found.unseen())
                .hasSize(5)
                .allSatisfy(fold -> assertThat(fold).isCloseTo(1, within(1e-9)));
        assertThatThrownBy(() -> WeightCalibration.fit(rewards, new double[120], prompts))
                .hasMessage("0 prompts have samples that the judge tells apart; at least 5 are needed.");
    }
}
