package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.Replica;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.PolicyLoss.Terms;
import dev.sluice.sde.GaussianStep;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Transition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * One optimiser step: replays micro-batches on the lanes, accumulates the gradient of their mean loss in the order of the
 * micro-batches, and applies it unless something was not finite.
 *
 * <p>Memory: a gradient of the folded weights for each lane, in a child of the owner.
 */
final class PolicyUpdate {
    private static final RatioRule PLAIN = new RatioRule.Plain();

    private final Lanes lanes;
    private final Policy policy;
    private final List<Seat> seats = new ArrayList<>();
    private final SdeSampler sampler;
    private final Objective objective;
    private final AdamW optimiser;
    private final Ema ema;
    private UpdateMeter meter = new UpdateMeter();

    /** What a lane trains with. */
    private record Seat(Replica replica, VelocityModel model) {}

    /** What a lane did, and where the gradient is. */
    private record Done(Seat seat, MicroStep step) {}

    PolicyUpdate(
            NDManager owner,
            Lanes lanes,
            Policy policy,
            SdeSampler sampler,
            Objective objective,
            AdamW optimiser,
            Ema ema) {
        this.lanes = lanes;
        for (int lane = 0; lane < lanes.count(); lane++) {
            Replica replica = policy.trainable().replica(owner);
            seats.add(new Seat(replica, policy.over(replica.weights())));
        }
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
     * Adds the gradients of micro-batches, and none more once something was not finite.
     *
     * @return their losses, in order; one that is not finite says that the update has to be skipped
     */
    List<MicroStep> accumulate(List<Replay> replays) {
        List<MicroStep> steps = new ArrayList<>();
        try {
            lanes.run(
                    replays.size(),
                    (lane, item) -> {
                        Seat seat = seats.get(lane.number());
                        return new Done(seat, backward(seat, replays.get(item)));
                    },
                    (item, done) -> {
                        steps.add(done.step());
                        if (meter.add(done.step())) {
                            policy.trainable().pullBack(done.seat().replica());
                        } else {
                            done.seat().replica().clear();
                        }
                    });
        } catch (RuntimeException | Error e) {
            seats.forEach(seat -> seat.replica().clear());
            throw e;
        }
        return steps;
    }

    private MicroStep backward(Seat seat, Replay replay) {
        Chunk chunk = replay.chunk();
        double[] advantages = replay.advantages();
        double scale = replay.scale();
        NDManager owner = replay.stored().latents().getManager();
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope on = Torch.withGradient()) {
            StoredStep stored = replay.stored().aliases(scratch);
            NDArray latents = stored.latents();
            GaussianStep numbers = sampler.step(stored.step());
            Transition now = sampler.replay(seat.model(), latents, stored.step(), chunk.conditioning(), stored.next());
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
            MicroStep step =
                    new MicroStep(stored.step(), terms, plain(now, stored, advantages), penalty, stepWeight * loss);
            if (step.finite()) {
                Torch.backward(surrogate.sum());
            }
            return step;
        }
    }

    private Optional<Terms> plain(Transition now, StoredStep stored, double[] advantages) {
        return objective.ratioRule().equals(PLAIN)
                ? Optional.empty()
                : Optional.of(objective.loss().of(doubles(PLAIN.logRatio(now, stored)), advantages));
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
        double norm = optimiser.step(policy.trainable().gradients(), learningRate);
        boolean applied = Double.isFinite(norm);
        if (applied) {
            ema.step(policy.trainable().parameters(), optimiser.steps() - 1);
            policy.trainable().fold();
        }
        return meter.report(applied, norm, learningRate);
    }
}
