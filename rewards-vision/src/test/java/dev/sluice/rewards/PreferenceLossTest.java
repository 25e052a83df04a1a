package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class PreferenceLossTest {
    private static final double PRINTED = 1e-6;

    static Stream<PreferenceLoss> losses() {
        return Stream.of(
                PreferenceLoss.BradleyTerry.PLAIN,
                new PreferenceLoss.BradleyTerry(0.57, 0.1),
                new PreferenceLoss.RaoKupper(5),
                new PreferenceLoss.RaoKupper(1.01),
                new PreferenceLoss.WinTie(3),
                new PreferenceLoss.Davidson(1),
                new PreferenceLoss.Davidson(0.2));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void slopesAreThoseOfFiniteDifferences(PreferenceLoss loss) {
        double h = 1e-6;
        for (double d : new double[] {-30, -3, -0.7, -1e-3, 0, 0.4, 2, 17}) {
            assertThat(loss.winSlope(d))
                    .as("win at %s", d)
                    .isCloseTo((loss.win(d + h) - loss.win(d - h)) / (2 * h), within(1e-7));
            assertThat(loss.tieSlope(d))
                    .as("tie at %s", d)
                    .isCloseTo((loss.tie(d + h) - loss.tie(d - h)) / (2 * h), within(1e-7));
        }
    }

    @ParameterizedTest
    @MethodSource("losses")
    void aTieCostsTheSameEitherWayAndFarDifferencesStayFinite(PreferenceLoss loss) {
        for (double d : new double[] {0.3, 5, 800, 1e6}) {
            assertThat(loss.tie(d)).isCloseTo(loss.tie(-d), within(1e-9 * d));
            for (double far : new double[] {loss.win(d), loss.win(-d), loss.tie(d), loss.winSlope(-d)}) {
                assertThat(far).isFinite();
            }
        }
    }

    /** The published formulas, written out. */
    @Test
    void probabilitiesAreThePublishedOnesAndAddUpToOne() {
        double k = 5;
        double nu = 0.7;
        PreferenceLoss raoKupper = new PreferenceLoss.RaoKupper(k);
        PreferenceLoss davidson = new PreferenceLoss.Davidson(nu);
        for (double d : new double[] {-2, 0, 1, 4}) {
            double win = 1 / (1 + Math.exp(-(d - Math.log(k))));
            double lose = 1 / (1 + Math.exp(-(-d - Math.log(k))));
            assertThat(Math.exp(-raoKupper.win(d))).isCloseTo(win, within(1e-12));
            assertThat(Math.exp(-raoKupper.tie(d))).isCloseTo((k * k - 1) * win * lose, within(1e-12));
            double all = Math.exp(d / 2) + nu + Math.exp(-d / 2);
            assertThat(Math.exp(-davidson.win(d))).isCloseTo(Math.exp(d / 2) / all, within(1e-12));
            assertThat(Math.exp(-davidson.tie(d))).isCloseTo(nu / all, within(1e-12));
            for (PreferenceLoss loss : List.of(raoKupper, davidson)) {
                double sum = Math.exp(-loss.win(d)) + Math.exp(-loss.tie(d)) + Math.exp(-loss.win(-d));
                assertThat(sum).isCloseTo(1, within(1e-12));
            }
        }
    }

    @Test
    void valuesAreThoseOfTheReferences() {
        assertThat(PreferenceLoss.BradleyTerry.PLAIN.win(1)).isCloseTo(0.313262, within(PRINTED));
        PreferenceLoss raoKupper = new PreferenceLoss.RaoKupper(5);
        assertThat(raoKupper.win(1)).isCloseTo(1.043592, within(PRINTED));
        assertThat(raoKupper.tie(0)).isCloseTo(0.405465, within(PRINTED));
        assertThat(raoKupper.tie(1)).isCloseTo(0.545971, within(PRINTED));
        assertThat(Math.exp(-raoKupper.win(1))).isCloseTo(0.352187, within(PRINTED));
        assertThat(Math.exp(-raoKupper.win(-1))).isCloseTo(0.068533, within(PRINTED));
        PreferenceLoss winTie = new PreferenceLoss.WinTie(3);
        assertThat(winTie.win(1)).isCloseTo(2.126928, within(PRINTED));
        assertThat(winTie.tie(0)).isCloseTo(6.097175, within(PRINTED));
        assertThat(winTie.tie(2)).isCloseTo(6.319977, within(PRINTED));
    }

    @Test
    void winsAndTiesOfSoliRewardAreThoseOfRaoAndKupperButForAConstant() {
        PreferenceLoss winTie = new PreferenceLoss.WinTie(Math.log(5));
        PreferenceLoss raoKupper = new PreferenceLoss.RaoKupper(5);
        for (double d : new double[] {-4, 0, 0.5, 3}) {
            assertThat(winTie.win(d)).isCloseTo(raoKupper.win(d), within(1e-12));
            assertThat(winTie.tie(d) - raoKupper.tie(d)).isCloseTo(Math.log(24), within(1e-12));
        }
    }

    @Test
    void wrongParametersAreRefused() {
        assertThatThrownBy(() -> new PreferenceLoss.RaoKupper(1))
                .hasMessage("k (1.0) must be a finite number above 1.");
        assertThatThrownBy(() -> new PreferenceLoss.BradleyTerry(Double.NaN, 0)).hasMessageContaining("margin (NaN)");
        assertThatThrownBy(() -> new PreferenceLoss.BradleyTerry(0, 0.5)).hasMessageContaining("smoothing (0.5)");
        assertThatThrownBy(() -> new PreferenceLoss.Davidson(0)).hasMessageContaining("nu (0.0)");
        assertThatThrownBy(() -> new PreferenceLoss.WinTie(-1)).hasMessageContaining("margin (-1.0)");
    }
}
