package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The unpaired preference of DRAGON, after KTO: with u = −(β/2)·(e − e_frozen) and K = max(0, mean u) without gradient,
 * L = mean over the winners of 1 − sigmoid(u − K) + mean over the losers of 1 − sigmoid(K − u).
 *
 * <p>Source: DRAGON (2025), arXiv:2504.15217, rebuilt from its abstract and a review; Kahneman-Tversky optimisation: Ethayarajh
 * et al. (2024), arXiv:2402.01306.
 *
 * @param beta β above 0, for errors that are means per element
 * @param frozen the policy to compare with
 * @param pairing which samples are in the set of the winners, and which in that of the losers
 */
public record SetPreference(double beta, Frozen frozen, Pairing pairing) implements SampleLoss {
    public SetPreference {
        Require.positive("beta", beta);
    }

    @Override
    public List<Lot> lots(Outcomes outcomes, int size) {
        return Lot.ofPairs(pairing.pairs(outcomes), size);
    }

    @Override
    public Result of(MatchingErrors errors, Lot lot) {
        double[][] present = errors.present();
        int levels = present.length;
        double[][] gains = new double[levels][lot.size()];
        for (int m = 0; m < levels; m++) {
            for (int i = 0; i < lot.size(); i++) {
                gains[m][i] = -beta / 2 * (present[m][i] - errors.frozen()[m][i]);
            }
        }
        double zero = Math.max(0, SampleLoss.mean(gains));
        double share = 2.0 / (levels * lot.size());
        double[][] slopes = new double[levels][lot.size()];
        double value = 0;
        double right = 0;
        for (int m = 0; m < levels; m++) {
            for (int i = 0; i < lot.size(); i++) {
                double sign = lot.worth()[i];
                double likely = Logistic.of(sign * (gains[m][i] - zero));
                value += share * (1 - likely);
                slopes[m][i] = share * sign * likely * (1 - likely) * beta / 2;
                right += i % 2 == 0 && gains[m][i] > gains[m][i + 1] ? share : 0;
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
