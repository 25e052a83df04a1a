package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.PassMemory;
import dev.sluice.flow.Scheduler;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;

/**
 * The transformer of FLUX.1, dev or schnell. Latents have shape (B, C, rows, columns); squares of 2·2 become tokens inside.
 *
 * <p>Source: Black Forest Labs (2024); weights as diffusers' {@code FluxTransformer2DModel} names them.
 */
public final class FluxTransformer implements Network {
    /** Latent rows and columns that diffusers' pipeline has where none are asked for. */
    private static final int USUAL_ROWS = 128;

    private final FluxConfig config;
    private final Weights weights;
    private final double guidance;
    private final NDArray shape;
    private final BlockChain chain;

    /**
     * Creates the network over weights that it reads at every call and does not own.
     *
     * @param guidance the scale that the network of FLUX.1 dev is told; schnell's has no such input
     */
    public FluxTransformer(FluxConfig config, Weights weights, double guidance) {
        this(config, weights, guidance, BlockChain.Running.WHOLE);
    }

    private FluxTransformer(FluxConfig config, Weights weights, double guidance, BlockChain.Running running) {
        if (!Double.isFinite(guidance)) {
            throw new IllegalArgumentException("guidance (%s) must be a finite number.".formatted(guidance));
        }
        this.config = config;
        this.weights = weights;
        this.guidance = guidance;
        long[] sizes = new long[3 + config.rotaryAxes().size()];
        sizes[0] = config.heads();
        sizes[1] = config.doubleLayers();
        sizes[2] = config.singleLayers();
        for (int i = 3; i < sizes.length; i++) {
            sizes[i] = config.rotaryAxes().get(i - 3);
        }
        this.shape = weights.manager().create(sizes);
        List<String> blocks = new ArrayList<>(BlockChain.names("transformer_blocks.", config.doubleLayers()));
        blocks.addAll(BlockChain.names("single_transformer_blocks.", config.singleLayers()));
        this.chain = new BlockChain("flux", 2, blocks, weights, shape, running);
    }

    /** Returns the sizes. */
    public FluxConfig config() {
        return config;
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public Network over(Weights other) {
        return new FluxTransformer(config, other, guidance, chain.running());
    }

    @Override
    public Network running(BlockChain.Running running) {
        return new FluxTransformer(config, weights, guidance, running);
    }

    @Override
    public Network told(double scale) {
        return new FluxTransformer(config, weights, scale, chain.running());
    }

    @Override
    public boolean takesNegativePrompt() {
        return false;
    }

    @Override
    public List<String> attentionLayers() {
        return LoraAdapter.Options.SD3_ATTENTION;
    }

    @Override
    public int channels() {
        return config.latentChannels();
    }

    @Override
    public int patchSize() {
        return FluxConfig.PATCH;
    }

    @Override
    public int mostRows() {
        // Rotary positions have no end; diffusers and the model's makers name none.
        return 1 << 15;
    }

    @Override
    public int usualRows() {
        return USUAL_ROWS;
    }

    /** Diffusers' FLUX pipeline hands its scheduler even levels, 1 to 1/N, whatever the shift. */
    @Override
    public TimeSchedule schedule(Scheduler scheduler, int steps, long tokens) {
        if (!(scheduler instanceof Scheduler.FlowMatchEuler euler)) {
            return scheduler.schedule(steps, tokens);
        }
        Require.atLeast("steps", steps, 1);
        double[] levels = new double[steps];
        Arrays.setAll(levels, k -> 1 - (double) k / steps);
        return euler.schedule(levels, euler.shift().factor(tokens));
    }

    @Override
    public PassMemory passMemory(Predicate<String> trained, Precision compute, long tokens, long words) {
        Kept kept = new Kept(trained, compute, config.width());
        for (int i = 0; i < config.doubleLayers(); i++) {
            String b = "transformer_blocks." + i;
            String a = b + ".attn";
            kept.stream(tokens, 4, b + ".ff.net.0.proj", b + ".ff.net.2")
                    .attention(tokens, true, a + ".to_q", a + ".to_k", a + ".to_v", a + ".to_out.0")
                    .stream(words, 4, b + ".ff_context.net.0.proj", b + ".ff_context.net.2")
                    .attention(words, true, a + ".add_q_proj", a + ".add_k_proj", a + ".add_v_proj", a + ".to_add_out");
        }
        long all = tokens + words;
        for (int i = 0; i < config.singleLayers(); i++) {
            String b = "single_transformer_blocks." + i;
            kept.attention(all, true, b + ".attn.to_q", b + ".attn.to_k", b + ".attn.to_v", b + ".proj_mlp")
                    .tokens(all, 5)
                    .tokens(all, 5, b + ".proj_out")
                    .tokens(all, 2);
        }
        return kept.memory(config.doubleLayers() + config.singleLayers(), all, 5);
    }

    @Override
    public ModelWork work(Predicate<String> trained, long tokens, long words) {
        return FluxWork.of(config, trained, tokens, words);
    }

    @Override
    public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
        Require.shape("latents", latents, -1, config.latentChannels(), -1, -1);
        check(latents, sigmas, conditioning);
        for (int axis = 2; axis < 4; axis++) {
            if (latents.getShape().get(axis) % FluxConfig.PATCH != 0) {
                throw new IllegalArgumentException("latents has shape %s; rows and columns must be multiples of %s."
                        .formatted(latents.getShape(), FluxConfig.PATCH));
            }
        }
        try (NDArray time = Torch.scaled(sigmas, 1000);
                NDArray told = sigmas.getManager().full(sigmas.getShape(), (float) (1000 * guidance))) {
            return chain.run(latents, time, told, conditioning.tokens(), conditioning.pooled());
        }
    }

    /**
     * Predicts the velocity of packed latents anywhere.
     *
     * @param tokens shape (B, L, in_channels), float32
     * @param time 1000·σ, shape (B), float32
     * @param guidance 1000 times the scale, shape (B), float32
     * @param ids places of the text's tokens, then of the image's, shape (text tokens + L, 3), float32
     */
    public NDArray velocityOfTokens(
            NDArray tokens, NDArray time, NDArray guidance, Conditioning conditioning, NDArray ids) {
        Require.shape("tokens", tokens, -1, -1, config.inChannels());
        check(tokens, time, conditioning);
        Require.shape("guidance", guidance, time.getShape().get(0));
        Shape text = conditioning.tokens().getShape();
        Require.shape("ids", ids, tokens.getShape().get(1) + text.get(1), 3);
        return Ops.call(
                "flux_tokens",
                weights,
                tokens,
                time,
                guidance,
                conditioning.tokens(),
                conditioning.pooled(),
                ids,
                shape);
    }

    private void check(NDArray latents, NDArray time, Conditioning conditioning) {
        long batch = latents.getShape().get(0);
        Require.shape("time", time, batch);
        Require.shape("conditioning.tokens", conditioning.tokens(), batch, -1, config.jointAttentionSize());
        Require.shape("conditioning.pooled", conditioning.pooled(), batch, config.pooledSize());
    }
}
