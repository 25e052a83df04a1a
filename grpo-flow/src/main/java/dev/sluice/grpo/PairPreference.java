package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Flow-DPO: L = −ln sigmoid(−(β/2)·[(e_w − e_w,frozen) − (e_l − e_l,frozen)]), a mean over pairs of winner and loser, which share
 * prompt, level and noise. At the frozen policy it is ln 2 with the slopes ±β/4.
 *
 * <p>Source: Improving Video Generation with Human Feedback (2025), arXiv:2501.13918, whose constant β this is; flow_grpo,
 * {@code train_sd3_dpo.py}.
 *
 * @param beta β above 0, for errors that are means per element; flow_grpo has 100
 * @param frozen the policy to compare with
 * @param pairing who is preferred to whom
 */
public record PairPreference(double beta, Frozen frozen, Pairing pairing) implements SampleLoss {
    public PairPreference {
        Require.positive("beta", beta);
    }

    @Override
    public List<Lot> lots(Outcomes outcomes, int size) {
        return Lot.ofPairs(pairing.pairs(outcomes), size);
    }

    @Override
    public Result of(MatchingErrors errors, Lot lot) {
        double[][] present = errors.present();
        int pairs = lot.size() / 2;
        double share = 1.0 / (present.length * pairs);
        double[][] slopes = new double[present.length][lot.size()];
        double value = 0;
        double right = 0;
        for (int m = 0; m < present.length; m++) {
            for (int j = 0; j < lot.size(); j += 2) {
                double lead = present[m][j] - errors.frozen()[m][j] - present[m][j + 1] + errors.frozen()[m][j + 1];
                value += share * Logistic.minusLog(-beta / 2 * lead);
                double slope = share * beta / 2 * Logistic.of(beta / 2 * lead);
                slopes[m][j] = slope;
                slopes[m][j + 1] = -slope;
                right += lead < 0 ? share : 0;
            }
        }
        Map<String, Double> measures = SampleLoss.errorsOf(errors);
        measures.put(Measures.ACCURACY, right);
        return Result.of(value, slopes, measures);
    }

    @Override
    public Optional<Frozen> against() {
        return Optional.of(frozen);
    }

    @Override
    public boolean usesAdvantages() {
        return false;
    }
}
