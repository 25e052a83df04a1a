package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.PassMemory;
import dev.sluice.flow.tensor.Precision;
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
    private final BlockChain chain;

    /** Creates the network over weights that it reads at every call and does not own. */
    public Sd3Transformer(Sd3Config config, Weights weights) {
        this(config, weights, BlockChain.Running.WHOLE);
    }

    private Sd3Transformer(Sd3Config config, Weights weights, BlockChain.Running running) {
        this.config = config;
        this.weights = weights;
        NDArray shape = weights.manager()
                .create(new long[] {config.heads(), config.patchSize(), config.layers(), config.tableSide()});
        List<String> blocks = BlockChain.names("transformer_blocks.", config.layers());
        this.chain = new BlockChain("sd3", 2, blocks, weights, shape, running);
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
        return new Sd3Transformer(config, other, chain.running());
    }

    @Override
    public Network running(BlockChain.Running running) {
        return new Sd3Transformer(config, weights, running);
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
    public PassMemory passMemory(Predicate<String> trained, Precision compute, long tokens, long words) {
        Kept kept = new Kept(trained, compute, config.width());
        boolean norms = config.queryKeyNorm();
        for (int i = 0; i < config.layers(); i++) {
            String b = "transformer_blocks." + i;
            String a = b + ".attn";
            kept.stream(tokens, 4, b + ".ff.net.0.proj", b + ".ff.net.2")
                    .attention(tokens, norms, a + ".to_q", a + ".to_k", a + ".to_v", a + ".to_out.0")
                    .attention(
                            words, norms, a + ".add_q_proj", a + ".add_k_proj", a + ".add_v_proj", a + ".to_add_out");
            if (i < config.layers() - 1) {
                kept.stream(words, 4, b + ".ff_context.net.0.proj", b + ".ff_context.net.2");
            }
            if (config.dualAttentionLayers().contains(i)) {
                String a2 = b + ".attn2";
                kept.attention(tokens, norms, a2 + ".to_q", a2 + ".to_k", a2 + ".to_v", a2 + ".to_out.0");
            }
        }
        return kept.memory(config.layers(), tokens + words, 4);
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
        return chain.run(latents, time, conditioning.tokens(), conditioning.pooled());
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
