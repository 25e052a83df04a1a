package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.PolicyLoss.Terms;
import dev.sluice.sde.GaussianStep;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Transition;
import java.util.Arrays;

/**
 * One optimiser step: replays micro-batches, accumulates the gradient of their mean loss, and applies it unless something was
 * not finite.
 */
final class PolicyUpdate {
    private final Policy policy;
    private final SdeSampler sampler;
    private final Objective objective;
    private final AdamW optimiser;
    private final Ema ema;
    private UpdateMeter meter = new UpdateMeter();

    PolicyUpdate(Policy policy, SdeSampler sampler, Objective objective, AdamW optimiser, Ema ema) {
        this.policy = policy;
        this.sampler = sampler;
        this.objective = objective;
        this.optimiser = optimiser;
        this.ema = ema;
    }

    /** Forgets what was accumulated. */
    void begin() {
        meter = new UpdateMeter();
        policy.trainable().zeroGradients();
    }

    /**
     * Adds the gradient of one micro-batch at one step, and does nothing more once something was not finite.
     *
     * @param chunk the micro-batch
     * @param stored the step of its trajectory
     * @param advantages one for each sample
     * @param scale what the gradient is multiplied by: 1 / (micro-batches × trained steps) of the update
     * @return the loss; not finite if the update has to be skipped
     */
    MicroStep accumulate(Chunk chunk, StoredStep stored, double[] advantages, double scale) {
        NDManager owner = stored.latents().getManager();
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope on = Torch.withGradient()) {
            NDArray latents = stored.latents();
            latents.tempAttach(scratch);
            GaussianStep numbers = sampler.step(stored.step());
            Transition now =
                    sampler.replay(policy.current(), latents, stored.step(), chunk.conditioning(), stored.next());
            NDArray logRatio = objective.ratioRule().logRatio(now, stored);
            Terms terms = objective.loss().of(doubles(logRatio), advantages);
            double stepWeight = objective.stepWeight().of(numbers.length(), numbers.std());
            NDArray surrogate = logRatio.mul(constant(scratch, terms.derivatives(), scale * stepWeight));
            double penalty = 0;
            double loss = terms.value();
            if (!objective.anchors().isEmpty()) {
                NDArray reference = referenceMean(latents, stored.step(), chunk);
                for (Anchor anchor : objective.anchors()) {
                    NDArray each = anchor.penalty(now.mean(), reference, numbers);
                    double mean = mean(doubles(each));
                    penalty += mean;
                    loss += anchor.weight() * mean;
                    surrogate =
                            surrogate.add(Torch.scaled(each, scale * stepWeight * anchor.weight() / advantages.length));
                }
            }
            MicroStep step = new MicroStep(terms, penalty, stepWeight * loss);
            if (meter.add(step)) {
                Torch.backward(surrogate.sum());
            }
            return step;
        }
    }

    private NDArray referenceMean(NDArray latents, int step, Chunk chunk) {
        try (Torch.Scope off = Torch.noGradient()) {
            return sampler.mean(policy.reference(), latents, step, chunk.conditioning());
        }
    }

    private static NDArray constant(NDManager manager, double[] values, double scale) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) (values[i] * scale);
        }
        return manager.create(floats);
    }

    private static double[] doubles(NDArray array) {
        float[] floats = array.toFloatArray();
        double[] doubles = new double[floats.length];
        Arrays.setAll(doubles, i -> floats[i]);
        return doubles;
    }

    private static double mean(double[] values) {
        return Arrays.stream(values).sum() / values.length;
    }

    /** Clips the gradients and moves the weights, the average and the folded network; nothing moves if something was not finite. */
    UpdateReport apply(double learningRate) {
        if (!meter.finite()) {
            policy.trainable().zeroGradients();
            return meter.report(false, Double.NaN, learningRate);
        }
        policy.trainable().pullBack();
        double norm = optimiser.step(policy.trainable().gradients(), learningRate);
        boolean applied = Double.isFinite(norm);
        if (applied) {
            ema.step(policy.trainable().parameters(), optimiser.steps() - 1);
            policy.trainable().fold();
        }
        return meter.report(applied, norm, learningRate);
    }
}
