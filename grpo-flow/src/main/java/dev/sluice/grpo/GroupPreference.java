package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * DGPO: preference over whole groups. L = mean w_g·A·e with w_g = sigmoid(u_g), u_g = Σ A·β·(e − e_frozen)/G over the group,
 * which are weights and carry no gradient: the gradient is that of −ln sigmoid(−u_g), up to a constant. The samples of a group
 * share a level of noise.
 *
 * <p>Source: Reinforcing Diffusion Models by Direct Group Preference Optimization (2025); Flow-Factory, {@code dgpo.py}.
 *
 * @param beta β above 0, for errors that are means per element; 10 for SD3.5
 * @param frozen the policy to compare with
 * @param sharedNoise whether the samples of a group share the noise, too
 * @param clip how far exp(e_old − e) may move before a sample stops teaching; none if empty
 */
public record GroupPreference(double beta, Frozen frozen, boolean sharedNoise, Optional<ClipRule> clip)
        implements SampleLoss {
    public GroupPreference {
        Require.positive("beta", beta);
    }

    /** Lots hold whole groups. */
    @Override
    public List<Lot> lots(Outcomes outcomes, int size) {
        List<Lot> lots = new ArrayList<>();
        List<int[]> open = new ArrayList<>();
        int count = 0;
        for (int[] group : outcomes.learnable()) {
            if (count + group.length > size && count > 0) {
                lots.add(lot(open, outcomes));
                open.clear();
                count = 0;
            }
            open.add(group);
            count += group.length;
        }
        if (count > 0) {
            lots.add(lot(open, outcomes));
        }
        return lots;
    }

    private Lot lot(List<int[]> groups, Outcomes outcomes) {
        int[] samples =
                groups.stream().flatMapToInt(group -> Arrays.stream(group)).toArray();
        int[] units = groups.stream()
                .flatMapToInt(group -> Arrays.stream(group).map(i -> group[0]))
                .toArray();
        return new Lot(samples, units, sharedNoise ? units : samples, outcomes.advantages(samples));
    }

    @Override
    public Result of(MatchingErrors errors, Lot lot) {
        double[][] present = errors.present();
        double share = 1.0 / (present.length * lot.size());
        double[][] slopes = new double[present.length][lot.size()];
        double value = 0;
        double weights = 0;
        for (int m = 0; m < present.length; m++) {
            Map<Integer, Double> groups = weights(errors, lot, m);
            weights += groups.values().stream().mapToDouble(w -> w).average().orElse(Double.NaN) / present.length;
            for (int i = 0; i < lot.size(); i++) {
                double slope = share * groups.get(lot.units()[i]) * lot.worth()[i];
                value += slope * present[m][i];
                slopes[m][i] = teaches(errors, lot, m, i) ? slope : 0;
            }
        }
        Map<String, Double> measures = SampleLoss.errorsOf(errors);
        measures.put(Measures.GROUP_WEIGHT, weights);
        return Result.of(value, slopes, measures);
    }

    /** Returns w_g of every group at one level. */
    private Map<Integer, Double> weights(MatchingErrors errors, Lot lot, int level) {
        Map<Integer, Double> sums = new LinkedHashMap<>();
        Map<Integer, Integer> sizes = new LinkedHashMap<>();
        for (int i = 0; i < lot.size(); i++) {
            double gain = errors.present()[level][i] - errors.frozen()[level][i];
            sums.merge(lot.units()[i], lot.worth()[i] * beta * gain, Double::sum);
            sizes.merge(lot.units()[i], 1, Integer::sum);
        }
        sums.replaceAll((group, sum) -> Logistic.of(sum / sizes.get(group)));
        return sums;
    }

    private boolean teaches(MatchingErrors errors, Lot lot, int level, int sample) {
        if (clip.isEmpty()) {
            return true;
        }
        double ratio = Math.exp(errors.old()[level][sample] - errors.present()[level][sample]);
        return lot.worth()[sample] > 0
                ? ratio <= 1 + clip.get().above()
                : ratio >= 1 - clip.get().below();
    }

    @Override
    public Optional<Frozen> against() {
        return Optional.of(frozen);
    }

    @Override
    public boolean comparesWithOld() {
        return clip.isPresent();
    }

    @Override
    public void check(GrpoOptions.Batch batch) {
        if (batch.chunkSize() < batch.groupSize()) {
            throw new IllegalArgumentException(
                    "chunkSize (%s) must be at least groupSize (%s), because the loss of a group needs the errors of all its samples at once.%nMaybe set chunkSize: %s."
                            .formatted(batch.chunkSize(), batch.groupSize(), batch.groupSize()));
        }
    }
}
