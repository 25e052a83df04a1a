package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;
import java.util.List;

/**
 * Advantage weighted matching of all samples.
 *
 * <p>Source: Advantage Weighted Matching (2025), arXiv:2509.25050. Differs: groups without any advantage can be left out.
 *
 * @param loss the loss of errors
 * @param advantageScale what advantages are multiplied by, above 0; the source has one over their limit, 1/5
 */
public record AdvantageWeighted(MatchingLoss loss, double advantageScale) implements SampleLoss {
    public AdvantageWeighted {
        Require.positive("advantageScale", advantageScale);
    }

    @Override
    public List<Lot> lots(Outcomes outcomes, int size) {
        int[] samples = Outcomes.joined(outcomes.learnable());
        double[] worth = Arrays.stream(outcomes.advantages(samples))
                .map(a -> a * advantageScale)
                .toArray();
        return Lot.ofSamples(samples, worth, size);
    }

    @Override
    public Result of(MatchingErrors errors, Lot lot) {
        double[][] old = new double[errors.old().length][lot.size()];
        for (int m = 0; m < old.length; m++) {
            for (int i = 0; i < lot.size(); i++) {
                old[m][i] = loss.likelihood().logProb(errors.old()[m][i], errors.sigmas()[m][i]);
            }
        }
        MatchingLoss.Result result =
                loss.of(new MatchingLoss.Errors(errors.sigmas(), errors.present(), old), lot.worth());
        return new Result(result.terms(), new double[][][] {result.slopes()}, SampleLoss.errorsOf(errors));
    }

    @Override
    public boolean comparesWithOld() {
        return true;
    }

    @Override
    public boolean joinsLevels() {
        return loss.ratios() == MatchingLoss.Ratios.OF_SAMPLES;
    }
}
