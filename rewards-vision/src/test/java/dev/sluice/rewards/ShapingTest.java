package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class ShapingTest {
    private static final Shaping LOG = new Shaping.LogSigmoid(5, 1);
    private static final Shaping PREFERENCE = new Shaping.Preference(List.of(0.0, 1.0, 3.0), 1);

    @Test
    void aSumOfLogSigmoidsIsTheLogarithmOfBeingGoodInAll() {
        assertThat(LOG.of(6)).isCloseTo(-0.313262, within(1e-6));
        assertThat(LOG.of(3)).isCloseTo(-2.126928, within(1e-6));
        double sigma = 1 / (1 + Math.exp(-1)) / (1 + Math.exp(2));
        assertThat(LOG.of(6) + LOG.of(3)).isCloseTo(Math.log(sigma), within(1e-12));
    }

    @Test
    void aLogSigmoidIsSteepForTheBadAndFlatForTheGood() {
        double before = Double.NEGATIVE_INFINITY;
        double rise = 1;
        for (double score = -20; score < 60; score += 0.5) {
            double value = LOG.of(score);
            assertThat(value).isLessThanOrEqualTo(0).isGreaterThan(before);
            if (score > -20) {
                assertThat(value - before).isLessThanOrEqualTo(rise + 1e-12);
                rise = value - before;
            }
            before = value;
        }
        // the slope is 1 − σ(score − reference)
        double slope = (LOG.of(5.5 + 1e-6) - LOG.of(5.5 - 1e-6)) / 2e-6;
        assertThat(slope).isCloseTo(1 - 1 / (1 + Math.exp(-0.5)), within(1e-6));
    }

    @Test
    void preferenceIsTheMeanChanceToBeatTheReferences() {
        assertThat(PREFERENCE.of(2)).isCloseTo(0.626932, within(1e-6));
        assertThat(new Shaping.Preference(List.of(0.0), 1).of(2)).isCloseTo(0.880797, within(1e-6));
        assertThat(PREFERENCE.of(-1000)).isZero();
        assertThat(PREFERENCE.of(1000)).isEqualTo(1);
    }

    @Test
    void infinitiesBecomeTheBoundsOfTheRange() {
        assertThat(LOG.of(Double.POSITIVE_INFINITY)).isEqualTo(0);
        assertThat(LOG.of(Double.NEGATIVE_INFINITY)).isEqualTo(Double.NEGATIVE_INFINITY);
        assertThat(PREFERENCE.of(Double.NEGATIVE_INFINITY)).isZero();
        Shaping range = new Shaping.Range(0.2, 0.4);
        assertThat(range.of(Double.POSITIVE_INFINITY)).isEqualTo(1);
        assertThat(range.of(0.25)).isCloseTo(0.25, within(1e-12));
        assertThat(range.of(0.1)).isZero();
        assertThat(new Shaping.Standard(3, 2).of(7)).isEqualTo(2);
        assertThat(Shaping.NONE.of(0.3)).isEqualTo(0.3);
        assertThat(range.of(Double.NaN)).isNaN();
    }

    @Test
    void whatMakesNoSenseIsRefused() {
        assertThatThrownBy(() -> new Shaping.Range(1, 1)).hasMessage("least (1.0) must be below greatest (1.0).");
        assertThatThrownBy(() -> new Shaping.Standard(0, 0)).hasMessageStartingWith("deviation (0.0) must be");
        assertThatThrownBy(() -> new Shaping.Preference(List.of(), 1)).hasMessageContaining("at least one number");
    }
}
