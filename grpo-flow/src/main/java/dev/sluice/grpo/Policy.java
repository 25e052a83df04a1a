package dev.sluice.grpo;

import dev.sluice.flow.Trainable;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Weights;
import java.util.function.Function;

/**
 * The model that is trained, and the frozen one it is held to. Guidance belongs to both: the guided velocity is the policy,
 * in the rollout and in the update alike.
 */
public final class Policy {
    private final Function<Weights, VelocityModel> network;
    private final Trainable trainable;
    private final VelocityModel current;
    private final VelocityModel reference;
    private final VelocityModel teacher;

    /**
     * Creates a policy.
     *
     * @param network returns the same network, guidance included, over other weights; it must read nothing else that changes,
     *     and what it returns is called by several threads at a time
     * @param trainable what is trained of the weights
     */
    public Policy(Function<Weights, VelocityModel> network, Trainable trainable) {
        this(network, trainable, network);
    }

    /**
     * Creates a policy whose teacher has another guidance.
     *
     * @param taught returns the network of the teacher over the reference's weights
     */
    public Policy(
            Function<Weights, VelocityModel> network, Trainable trainable, Function<Weights, VelocityModel> taught) {
        this.network = network;
        this.trainable = trainable;
        this.current = network.apply(trainable.weights());
        this.reference = network.apply(trainable.reference());
        this.teacher = taught.apply(trainable.reference());
    }

    /** Returns the frozen model that a few-step student is distilled from: the reference, with the teacher's guidance. */
    public VelocityModel teacher() {
        return teacher;
    }

    /** Returns the same network with something else that is trained. */
    Policy with(Trainable other) {
        return new Policy(network, other);
    }

    /** Returns the model over the weights that {@link #trainable()} folds into. */
    public VelocityModel current() {
        return current;
    }

    /** Returns the model over {@link Trainable#reference()}. */
    public VelocityModel reference() {
        return reference;
    }

    /** Returns what is trained of the current model. */
    public Trainable trainable() {
        return trainable;
    }

    /** Returns the model over other weights. */
    VelocityModel over(Weights weights) {
        return network.apply(weights);
    }
}
