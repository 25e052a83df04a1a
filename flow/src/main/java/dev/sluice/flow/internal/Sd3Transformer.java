package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.util.List;
import java.util.function.Predicate;

/**
 * The transformer of Stable Diffusion 3 and 3.5, small or large.
 *
 * <p>Source: Esser et al. (2024), arXiv:2403.03206; weights as diffusers' {@code SD3Transformer2DModel} names them.
 */
public final class Sd3Transformer implements Network {
    private final Sd3Config config;
    private final Weights weights;
    private final NDArray shape;

    /** Creates the network over weights that it reads at every call and does not own. */
    public Sd3Transformer(Sd3Config config, Weights weights) {
        this.config = config;
        this.weights = weights;
        this.shape = weights.manager()
                .create(new long[] {config.heads(), config.patchSize(), config.layers(), config.tableSide()});
    }

    /** Returns the sizes. */
    public Sd3Config config() {
        return config;
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public Network over(Weights other) {
        return new Sd3Transformer(config, other);
    }

    @Override
    public List<String> attentionLayers() {
        return LoraAdapter.Options.SD3_ATTENTION;
    }

    @Override
    public int channels() {
        return config.inChannels();
    }

    @Override
    public int patchSize() {
        return config.patchSize();
    }

    @Override
    public int mostRows() {
        return config.tableSide() * config.patchSize();
    }

    @Override
    public int usualRows() {
        return config.sampleSize();
    }

    @Override
    public ModelWork work(Predicate<String> trained, long tokens, long words) {
        return Sd3Work.of(config, trained, tokens, words);
    }

    @Override
    public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
        try (NDArray time = Torch.scaled(sigmas, 1000)) {
            return velocityAt(latents, time, conditioning);
        }
    }

    /**
     * Predicts the velocity at times in the network's own unit.
     *
     * @param time 1000·σ, shape (B), float32
     */
    public NDArray velocityAt(NDArray latents, NDArray time, Conditioning conditioning) {
        check(latents, time, conditioning);
        return Ops.call("sd3", weights, latents, time, conditioning.tokens(), conditioning.pooled(), shape);
    }

    private void check(NDArray latents, NDArray time, Conditioning conditioning) {
        Require.shape("latents", latents, -1, config.inChannels(), -1, -1);
        long batch = latents.getShape().get(0);
        Require.shape("time", time, batch);
        Require.shape("conditioning.tokens", conditioning.tokens(), batch, -1, config.jointAttentionSize());
        Require.shape("conditioning.pooled", conditioning.pooled(), batch, config.pooledSize());
        for (int axis = 2; axis < 4; axis++) {
            long size = latents.getShape().get(axis);
            long most = (long) config.tableSide() * config.patchSize();
            if (size % config.patchSize() != 0 || size > most) {
                throw new IllegalArgumentException(
                        "latents has shape %s; rows and columns must be multiples of %s up to %s."
                                .formatted(latents.getShape(), config.patchSize(), most));
            }
        }
    }
}
