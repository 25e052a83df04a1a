package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.Replica;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Recomputation;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One optimiser step: works on portions on the lanes, accumulates their gradients in the order of the portions, and applies
 * them unless something was not finite.
 *
 * <p>Memory: a gradient of the folded weights for each lane, in a child of the owner.
 */
final class PolicyUpdate {
    private final Lanes lanes;
    private final Policy policy;
    private final List<Seat> seats = new ArrayList<>();
    private final AdamW optimiser;
    private final Ema ema;
    private final Optional<PolicyCopy> copy;
    private final Optional<LearnedNoise> noise;
    private UpdateMeter meter = new UpdateMeter();

    /** What a lane trains with. */
    private record Seat(Replica replica, VelocityModel model) {}

    /** What a lane did, and where the gradient is. */
    private record Done(Seat seat, MicroStep step) {}

    PolicyUpdate(NDManager owner, Lanes lanes, Policy policy, AdamW optimiser, Ema ema, Optional<PolicyCopy> copy) {
        this(owner, lanes, policy, optimiser, ema, copy, Optional.empty());
    }

    PolicyUpdate(
            NDManager owner,
            Lanes lanes,
            Policy policy,
            AdamW optimiser,
            Ema ema,
            Optional<PolicyCopy> copy,
            Optional<LearnedNoise> noise) {
        this.lanes = lanes;
        for (int lane = 0; lane < lanes.count(); lane++) {
            Replica replica = policy.trainable().replica(owner);
            seats.add(new Seat(replica, policy.over(replica.weights())));
        }
        this.policy = policy;
        this.optimiser = optimiser;
        this.ema = ema;
        this.copy = copy;
        this.noise = noise;
    }

    /** Forgets what was accumulated. */
    void begin() {
        meter = new UpdateMeter();
        policy.trainable().zeroGradients();
        noise.ifPresent(LearnedNoise::zero);
    }

    /**
     * Adds the gradients of portions, and none more once something was not finite.
     *
     * @return their losses, in order; one that is not finite says that the update has to be skipped
     */
    List<MicroStep> accumulate(List<Portion> portions) {
        List<MicroStep> steps = new ArrayList<>();
        try {
            lanes.run(
                    portions.size(),
                    (lane, item) -> {
                        Seat seat = seats.get(lane.number());
                        try (Torch.Scope tape = Recomputation.open()) {
                            return new Done(seat, portions.get(item).backward(seat.model()));
                        }
                    },
                    (item, done) -> {
                        steps.add(done.step());
                        if (meter.add(done.step())) {
                            policy.trainable().pullBack(done.seat().replica());
                            noise.ifPresent(learned -> learned.add(
                                    done.step().step().orElseThrow(),
                                    done.step().noiseSlope()));
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

    /** Clips the gradients and moves the weights, what follows them and the folded network; nothing moves if something was not finite. */
    UpdateReport apply(GrpoOptions.Updates options) {
        double learningRate = options.learningRate(optimiser.steps());
        if (!meter.finite()) {
            policy.trainable().zeroGradients();
            return meter.report(false, Double.NaN, learningRate);
        }
        double norm = optimiser.step(policy.trainable().gradients(), learningRate);
        boolean applied = Double.isFinite(norm);
        if (applied) {
            ema.step(policy.trainable().parameters(), optimiser.steps() - 1);
            policy.trainable().fold();
            copy.ifPresent(follower -> follower.follow(optimiser.steps()));
            noise.ifPresent(LearnedNoise::step);
        }
        return meter.report(applied, norm, learningRate);
    }
}
