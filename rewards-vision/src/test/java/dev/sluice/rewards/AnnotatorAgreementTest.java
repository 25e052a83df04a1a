package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class AnnotatorAgreementTest {
    private final List<PreferenceData.Pair> pairs = new ArrayList<>();

    private void judged(int question, String annotator, PreferenceData.Verdict verdict, boolean turned) {
        int a = 2 * question + (turned ? 1 : 0);
        int b = 2 * question + (turned ? 0 : 1);
        pairs.add(new PreferenceData.Pair(a, b, "overall", verdict, annotator, Optional.empty()));
    }

    private double kappa() {
        return AnnotatorAgreement.kappa(new PreferenceData(List.of(), pairs, List.of()))
                .orElse(Double.NaN);
    }

    /** The example of Cohen's κ with 20 yes, 15 no, 5 and 10 different answers: 0.4. */
    @Test
    void kappaIsThatOfTheTextbook() {
        int question = 0;
        int[] counts = {20, 5, 10, 15};
        for (int cell = 0; cell < 4; cell++) {
            for (int i = 0; i < counts[cell]; i++, question++) {
                judged(question, "one", cell < 2 ? PreferenceData.Verdict.A : PreferenceData.Verdict.B, false);
                // The second saw the items the other way round.
                judged(question, "two", cell % 2 == 0 ? PreferenceData.Verdict.B : PreferenceData.Verdict.A, true);
            }
        }
        assertThat(kappa()).isCloseTo(0.4, within(1e-12));
    }

    @Test
    void agreementIsOneAndNothingIsKnownOfOneAnnotator() {
        for (int i = 0; i < 9; i++) {
            judged(i, "one", PreferenceData.Verdict.values()[i % 3], false);
        }
        assertThat(kappa()).isNaN();
        for (int i = 0; i < 9; i++) {
            judged(i, "two", PreferenceData.Verdict.values()[i % 3], false);
            judged(i, "", PreferenceData.Verdict.A, false);
        }
        assertThat(kappa()).isEqualTo(1);
    }
}
