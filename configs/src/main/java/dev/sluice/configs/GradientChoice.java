package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.Anchor;
import dev.sluice.grpo.ClipRule;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.PolicyGradient;
import dev.sluice.grpo.PolicyLoss;
import dev.sluice.grpo.RatioRule;
import dev.sluice.grpo.StepSelection;
import dev.sluice.grpo.StepWeight;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.Likelihood;
import dev.sluice.sde.SdeRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The clipped policy gradient on stochastic steps.
 *
 * @param ratio how far the policy has moved from the one that sampled
 * @param clipRange how far a ratio may leave 1
 * @param klWeight weight of the divergence from the reference; 0 for none
 * @param klForm the form of the divergence
 * @param distillation weight of the divergence from where a gradient has led the rollout; 0 for none
 * @param stepWeight what a step's loss is multiplied by
 * @param stepFraction share of the stochastic steps that an update trains, drawn anew for each micro-batch
 */
@Variant(
        value = "policy-gradient",
        lacks = {"levels", "draws", "anchors", "copy"},
        because = "it learns from the sampler's own steps and not from finished samples")
public record GradientChoice(
        Ratio ratio,
        @Within(above = 0, most = 1) double clipRange,
        @Within(least = 0) double klWeight,
        KlForm klForm,
        @Within(least = 0) double distillation,
        Weighting stepWeight,
        @Within(above = 0, most = 1) double stepFraction)
        implements ObjectiveChoice {
    /** The published clip range of CPS, and the latents of the pictures that it is for: SD3.5's and FLUX's of 512 × 512 pixels. */
    private static final double CPS_RANGE = 1e-5;

    private static final long CPS_ELEMENTS = 65_536;

    /** Half of what separates the published ranges of the two likelihoods. */
    private static final double WIDE = 5;

    /** The importance ratios by their names in run files. */
    public enum Ratio {
        /** New density over old. */
        PLAIN(new RatioRule.Plain()),
        /** Freed of its bias and of the step's scale. */
        NORMALISED(new RatioRule.Normalised()),
        /** None: every sample counts as the present policy's. */
        ON_POLICY(new RatioRule.OnPolicy());

        @SuppressWarnings("ImmutableEnumChecker") // the rules are records without state
        private final RatioRule rule;

        Ratio(RatioRule rule) {
            this.rule = rule;
        }
    }

    /** The weights of steps by their names in run files. */
    public enum Weighting {
        /** Every step counts alike. */
        ONE(StepWeight.ONE),
        /** One over the step's length. */
        INVERSE_LENGTH(StepWeight.INVERSE_LENGTH),
        /** The standard deviation of the step's noise. */
        NOISE(StepWeight.NOISE);

        @SuppressWarnings("ImmutableEnumChecker") // the weights are functions without state
        private final StepWeight weight;

        Weighting(StepWeight weight) {
            this.weight = weight;
        }
    }

    @Override
    public PolicyGradient objective(double advantageLimit) {
        return new PolicyGradient(
                ratio.rule,
                new PolicyLoss.PpoClip(ClipRule.symmetric(clipRange)),
                anchors(),
                stepWeight.weight,
                stepFraction == 1 ? new StepSelection.All() : new StepSelection.RandomFraction(stepFraction));
    }

    /**
     * Returns why the clip range may be that of another likelihood, if so. One without the variance multiplies log-ratios by 2s², so
     * its published ranges are a tenth of a Gaussian's; the spread of log-ratios falls with the root of the number of latents.
     */
    Optional<String> doubt(SdeRule rule, long elements) {
        double usual = CPS_RANGE * Math.sqrt(Math.max(1, (double) CPS_ELEMENTS / elements));
        if (rule.likelihood() != Likelihood.QUADRATIC || ratio == Ratio.ON_POLICY || clipRange <= WIDE * usual) {
            return Optional.empty();
        }
        return Optional.of(String.format(
                Locale.ROOT,
                "objective.clipRange (%s) is wide for exploration.rule: cps, whose likelihood leaves the variance out; published is %.0e for %,d latents, about %.0e for the %,d here.%nMaybe write objective.clipRange: %.0e.",
                clipRange,
                CPS_RANGE,
                CPS_ELEMENTS,
                usual,
                elements,
                usual));
    }

    private List<Anchor> anchors() {
        List<Anchor> anchors = new ArrayList<>();
        if (klWeight > 0) {
            anchors.add(new Anchor.KlGauss(klWeight, klForm));
        }
        if (distillation > 0) {
            anchors.add(new Anchor.Led(distillation));
        }
        return anchors;
    }

    @Override
    public Passes passes(GrpoOptions.Batch batch, GrpoOptions.Updates updates, int stochasticSteps) {
        long learned = batch.samples()
                * Math.max(1, (long) Math.floor(stepFraction * stochasticSteps))
                * updates.innerEpochs();
        return new Passes(learned, klWeight == 0 ? 0 : learned);
    }
}
