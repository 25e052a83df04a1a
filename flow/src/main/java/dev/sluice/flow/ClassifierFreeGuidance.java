package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;

/**
 * The guided velocity v = v_u + w·(v_c − v_u), from one batched call with the unconditional half first.
 *
 * <p>This is the policy that is trained: rollout and replay go through the same guidance.
 *
 * <p>Source: Ho and Salimans (2022), arXiv:2207.12598; batch order as in diffusers' pipelines. Cost: one call with 2·B
 * samples, or with B at scale 1.
 *
 * @param model the model to guide
 * @param negative one row: what v_u is conditioned on; without a picture it is given that of each sample
 * @param scale w; at exactly 1 only v_c is computed
 * @param detachUnconditional whether no gradient flows through v_u
 */
public record ClassifierFreeGuidance(
        VelocityModel model, Conditioning negative, double scale, boolean detachUnconditional)
        implements VelocityModel {
    public ClassifierFreeGuidance {
        if (!Double.isFinite(scale)) {
            throw new IllegalArgumentException("scale (%s) must be a finite number.".formatted(scale));
        }
        if (negative.size() != 1) {
            throw new IllegalArgumentException(
                    "negative (%s rows) must have 1 row, which serves all samples.".formatted(negative.size()));
        }
    }

    /** Guides with gradients through both halves. */
    public ClassifierFreeGuidance(VelocityModel model, Conditioning negative, double scale) {
        this(model, negative, scale, false);
    }

    @Override
    public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
        if (scale == 1) {
            return model.velocity(latents, sigmas, conditioning);
        }
        int batch = Math.toIntExact(latents.getShape().get(0));
        Require.shape("sigmas", sigmas, batch);
        NDManager owner = latents.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDArray both = twice(scratch, latents);
            NDArray levels = twice(scratch, sigmas);
            Conditioning away = negative.repeated(scratch, batch);
            if (negative.picture().isEmpty()) {
                away = new Conditioning(away.tokens(), away.pooled(), conditioning.picture());
            }
            Conditioning joined = away.followedBy(scratch, conditioning);
            NDArray velocities = model.velocity(both, levels, joined);
            NDArray unconditional = velocities.get(new NDIndex("0:{}", batch));
            NDArray conditional = velocities.get(new NDIndex("{}:{}", batch, 2 * batch));
            if (detachUnconditional) {
                unconditional = Torch.detached(unconditional);
            }
            NDArray guided = unconditional.add(Torch.scaled(conditional.sub(unconditional), scale));
            guided.attach(owner);
            return guided;
        }
    }

    private static NDArray twice(NDManager owner, NDArray array) {
        NDArray both = array.getNDArrayInternal().concat(new NDList(array), 0);
        both.attach(owner);
        return both;
    }
}
