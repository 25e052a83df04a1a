package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;

class BestOfNTest {
    @Test
    void divergencesAreThoseOfTheReference() {
        assertThat(BestOfN.divergence(1)).isZero();
        assertThat(BestOfN.divergence(2)).isCloseTo(.193147, within(1e-6));
        assertThat(BestOfN.divergence(4)).isCloseTo(.636294, within(1e-6));
        assertThat(BestOfN.divergence(8)).isCloseTo(1.204442, within(1e-6));
        assertThat(BestOfN.divergence(16)).isCloseTo(1.835089, within(1e-6));
        assertThat(BestOfN.divergence(64)).isCloseTo(3.174508, within(1e-6));
    }

    /** All subsets, one by one. */
    @Test
    void theMeanIsThatOverAllSubsets() {
        Random random = new Random(2);
        for (int size : new int[] {1, 4, 9}) {
            double[] proxy = random.doubles(size).map(x -> Math.rint(4 * x)).toArray();
            double[] gold = random.doubles(size).toArray();
            for (int n = 1; n <= size; n++) {
                double sum = 0;
                int count = 0;
                for (int set = 0; set < 1 << size; set++) {
                    if (Integer.bitCount(set) == n) {
                        sum += best(proxy, gold, set);
                        count++;
                    }
                }
                assertThat(BestOfN.gold(proxy, gold, n)).as("%s of %s", n, size).isCloseTo(sum / count, within(1e-12));
            }
            assertThat(BestOfN.gold(proxy, gold, size + 1)).isNaN();
        }
    }

    /** Of equal proxies the mean over all that are equal, also those outside of the set: each is there as often. */
    private static double best(double[] proxy, double[] gold, int set) {
        double most = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < proxy.length; i++) {
            if ((set >> i & 1) == 1) {
                most = Math.max(most, proxy[i]);
            }
        }
        double sum = 0;
        int count = 0;
        for (int i = 0; i < proxy.length; i++) {
            if (proxy[i] == most) {
                sum += gold[i];
                count++;
            }
        }
        return sum / count;
    }

    @Test
    void whatHasNoScoreDoesNotCount() {
        double[] proxy = {3, 1, Double.NaN, 2};
        double[] gold = {5, 7, 100, Double.NaN};
        assertThat(BestOfN.gold(proxy, gold, 1)).isEqualTo(6);
        assertThat(BestOfN.gold(proxy, gold, 2)).isEqualTo(5);
        assertThatThrownBy(() -> BestOfN.gold(proxy, gold, 0)).hasMessage("n (0) must be at least 1.");
    }
}
