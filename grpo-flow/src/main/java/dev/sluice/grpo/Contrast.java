package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * DiffusionNFT: the policy is drawn towards a sample as far as it is good, and its mirror image at the copy as far as it is bad.
 * With v⁺ = β·v + (1 − β)·v_copy, v⁻ = (1 + β)·v_copy − β·v and ẑ^± = x − σ·v^±, the loss is
 * A_max/β·[p·mean(ẑ⁺ − z)²/ω⁺ + (1 − p)·mean(ẑ⁻ − z)²/ω⁻], where p = A/(2·A_max) + ½ and ω = max(mean |ẑ − z|, 10⁻⁵) carries no
 * gradient. As ẑ − z = −σ·(v − u), only distances of velocities are needed.
 *
 * <p>Source: DiffusionNFT (2025), arXiv:2509.16117, {@code train_nft_sd3.py}.
 *
 * @param beta β above 0; published as 1, and 0.1 for OCR
 * @param advantageLimit A_max above 0, published as 5
 * @param use what of the advantages counts
 */
public record Contrast(double beta, double advantageLimit, Use use) implements SampleLoss {
    private static final double LEAST_SCALE = 1e-5;

    /** What of the advantages counts. */
    public enum Use {
        /** All. */
        ALL(a -> a),
        /** Positive ones; negative ones become 0. */
        POSITIVE(a -> Math.max(a, 0)),
        /** Negative ones; positive ones become 0. */
        NEGATIVE(a -> Math.min(a, 0)),
        /** 1 for positive ones, 0 for the others. */
        ONE(a -> a > 0 ? 1 : 0),
        /** Their signs. */
        SIGN(Math::signum);

        @SuppressWarnings("ImmutableEnumChecker") // the functions have no state
        private final DoubleUnaryOperator of;

        Use(DoubleUnaryOperator of) {
            this.of = of;
        }
    }

    public Contrast {
        Require.positive("beta", beta);
        Require.positive("advantageLimit", advantageLimit);
    }

    /** A sample's worth is p. */
    @Override
    public List<Lot> lots(Outcomes outcomes, int size) {
        int[] samples = Outcomes.joined(outcomes.learnable());
        double[] worth = Arrays.stream(outcomes.advantages(samples))
                .map(a -> Math.min(Math.max(use.of.applyAsDouble(a), -advantageLimit), advantageLimit))
                .map(a -> a / (2 * advantageLimit) + 0.5)
                .toArray();
        return Lot.ofSamples(samples, worth, size);
    }

    @Override
    public List<Mix> mixes() {
        return List.of(new Mix(beta, 1 - beta), new Mix(-beta, 1 + beta));
    }

    @Override
    public Optional<Frozen> against() {
        return Optional.of(Frozen.COPY);
    }

    @Override
    public Result of(MatchingErrors errors, Lot lot) {
        int levels = errors.sigmas().length;
        double share = advantageLimit / beta / (levels * lot.size());
        double[][][] slopes = new double[2][levels][lot.size()];
        double value = 0;
        for (int mix = 0; mix < 2; mix++) {
            for (int m = 0; m < levels; m++) {
                for (int i = 0; i < lot.size(); i++) {
                    double sigma = errors.sigmas()[m][i];
                    double scale = Math.max(sigma * errors.magnitudes()[mix][m][i], LEAST_SCALE);
                    double portion = mix == 0 ? lot.worth()[i] : 1 - lot.worth()[i];
                    slopes[mix][m][i] = share * portion * sigma * sigma / scale;
                    value += slopes[mix][m][i] * errors.squares()[mix][m][i];
                }
            }
        }
        return new Result(
                PolicyLoss.Terms.withoutRatios(value),
                slopes,
                Map.of(Measures.FROZEN_ERROR, SampleLoss.mean(errors.frozen())));
    }
}
