package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.PassMemory;
import dev.sluice.flow.StreamMemory;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.util.List;
import java.util.function.Predicate;

/**
 * The transformer of Wan 2.1, from text or from a picture to video. Latents have shape (B, C, frames, rows, columns).
 *
 * <p>Source: Wan Team (2025), arXiv:2503.20314; weights as diffusers' {@code WanTransformer3DModel} names them. Differs: a
 * picture's states are told from the text's by being given apart, where diffusers takes the last 512 of both joined.
 */
public final class WanTransformer implements Network {
    /** Of a token to all tokens, and to the text. */
    private static final List<String> ATTENTION = List.of(
            "attn1.to_q",
            "attn1.to_k",
            "attn1.to_v",
            "attn1.to_out.0",
            "attn2.to_q",
            "attn2.to_k",
            "attn2.to_v",
            "attn2.to_out.0");

    /** Below it, what a network that predicts the data is off by would be divided by next to nothing. */
    private static final float LEAST_SIGMA = 0.05f;

    private final WanConfig config;
    private final Weights weights;
    private final boolean wholeTimes;
    private final BlockChain chain;
    private final NDArray shape;
    private final NDArray none;

    /**
     * Creates the network over weights that it reads at every call and does not own.
     *
     * @param wholeTimes whether 1000·σ is cut to a whole number, as with diffusers' UniPC scheduler
     */
    public WanTransformer(WanConfig config, Weights weights, boolean wholeTimes) {
        this(config, weights, wholeTimes, BlockChain.Running.WHOLE);
    }

    private WanTransformer(WanConfig config, Weights weights, boolean wholeTimes, BlockChain.Running running) {
        this.config = config;
        this.weights = weights;
        this.wholeTimes = wholeTimes;
        NDArray shape = weights.manager().create(new long[] {
            config.heads(),
            config.layers(),
            config.frequencies(),
            config.patchSize().get(0),
            config.patchSize().get(1),
            config.patchSize().get(2),
            config.blockFrames()
        });
        this.shape = shape;
        this.chain = new BlockChain("wan", 1, BlockChain.names("blocks.", config.layers()), weights, shape, running);
        this.none = weights.manager().create(new Shape(0), DataType.FLOAT32);
    }

    /** Returns the sizes. */
    public WanConfig config() {
        return config;
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public Network over(Weights other) {
        return new WanTransformer(config, other, wholeTimes, chain.running());
    }

    @Override
    public Network running(BlockChain.Running running) {
        return new WanTransformer(config, weights, wholeTimes, running);
    }

    @Override
    public boolean video() {
        return true;
    }

    @Override
    public List<String> attentionLayers() {
        return ATTENTION;
    }

    @Override
    public int channels() {
        return config.outChannels();
    }

    @Override
    public int patchSize() {
        return config.patchSize().get(1);
    }

    @Override
    public int patchFrames() {
        return config.patchSize().get(0);
    }

    @Override
    public int mostRows() {
        return config.mostPositions() * patchSize();
    }

    @Override
    public int usualRows() {
        return config.usual().rows();
    }

    @Override
    public int usualColumns() {
        return config.usual().columns();
    }

    @Override
    public int usualFrames() {
        return config.usual().frames();
    }

    @Override
    public PassMemory passMemory(Predicate<String> trained, Precision compute, long tokens, long words) {
        Kept kept = new Kept(trained, compute, config.width());
        boolean norms = config.queryKeyNorm();
        double inner = (double) config.feedForward() / config.width();
        for (int i = 0; i < config.layers(); i++) {
            String b = "blocks." + i;
            String a = b + ".attn1";
            String c = b + ".attn2";
            kept.stream(tokens, inner, b + ".ffn.net.0.proj", b + ".ffn.net.2")
                    .attention(tokens, norms, a + ".to_q", a + ".to_k", a + ".to_v", a + ".to_out.0")
                    .tokens(tokens, 3)
                    .normed(tokens, 1, norms)
                    .tokens(tokens, 1, c + ".to_q")
                    .tokens(tokens, 1, c + ".to_out.0")
                    .normed(words, 1, norms)
                    .tokens(words, 2);
        }
        return kept.memory(config.layers(), tokens, inner);
    }

    @Override
    public ModelWork work(Predicate<String> trained, long tokens, long words) {
        return WanWork.of(config, trained, tokens, words);
    }

    /**
     * {@inheritDoc}
     *
     * @param sigmas shape (B), or (B, N) where N equal parts of the video, one after another, have levels of their own
     */
    @Override
    public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
        Require.shape("latents", latents, -1, config.outChannels(), -1, -1, -1);
        try (NDArray time = times(sigmas);
                NDArray each = time.getShape().dimension() == 1
                        ? time.duplicate()
                        : time.repeat(1, tokens(latents) / time.getShape().get(1))) {
            if (config.joinedChannels() == 0) {
                return velocityOf(latents, velocityAt(latents, each, conditioning), sigmas);
            }
            try (NDArray joined = joined(latents, conditioning)) {
                return velocityOf(latents, velocityAt(joined, each, conditioning), sigmas);
            }
        }
    }

    /**
     * Returns the velocity that a prediction stands for; labels, which pretraining asks for in channels behind it, stay as they are.
     *
     * @param predicted closed here unless it is returned
     */
    private NDArray velocityOf(NDArray latents, NDArray predicted, NDArray sigmas) {
        if (!config.predictsData()) {
            return predicted;
        }
        int channels = config.outChannels();
        if (predicted.getShape().get(1) == channels) {
            return wayFrom(latents, predicted, sigmas);
        }
        try (predicted;
                NDArray labels = predicted.get(new NDIndex(":, " + channels + ":"));
                NDArray velocity = wayFrom(latents, predicted.get(new NDIndex(":, :" + channels)), sigmas)) {
            return velocity.concat(labels, 1);
        }
    }

    /**
     * Returns the velocity of predicted data, (x − ẑ)/σ, with σ at least {@link #LEAST_SIGMA} (Li and He, Back to Basics, 2025,
     * arXiv:2511.13720).
     *
     * @param predicted closed here
     */
    private static NDArray wayFrom(NDArray latents, NDArray predicted, NDArray sigmas) {
        try (predicted;
                NDArray floored = sigmas.clip(LEAST_SIGMA, 1f);
                NDArray levels = levels(floored, latents.getShape());
                NDArray way = latents.sub(predicted)) {
            return way.div(levels);
        }
    }

    /** Returns noise levels of samples, or of equal parts of their frames, in a shape that goes with latents. */
    private static NDArray levels(NDArray sigmas, Shape latents) {
        if (sigmas.getShape().dimension() == 1) {
            return sigmas.reshape(latents.get(0), 1, 1, 1, 1);
        }
        try (NDArray frames =
                sigmas.repeat(1, latents.get(2) / sigmas.getShape().get(1))) {
            return frames.reshape(latents.get(0), 1, latents.get(2), 1, 1);
        }
    }

    @Override
    public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning, StreamMemory memory) {
        Require.shape("latents", latents, -1, config.outChannels(), -1, -1, -1);
        if (chain.running().compute() != null) {
            throw new IllegalArgumentException(
                    "The weights of a model that makes a video in chunks must be in the type it computes in (%s)."
                            .formatted(chain.running().compute()));
        }
        NDManager owner = latents.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDArray joined = config.joinedChannels() == 0 ? latents.duplicate() : joined(latents, conditioning);
            joined.attach(scratch);
            NDArray time = times(sigmas);
            time.attach(scratch);
            check(joined, time, conditioning);
            NDArray nothing = scratch.zeros(
                    new Shape(config.layers(), latents.getShape().get(0), config.heads(), 0, config.headSize()));
            NDList found = Ops.callAll(
                    "wan_stream",
                    weights,
                    joined,
                    time.expandDims(1),
                    conditioning.tokens(),
                    image(joined, conditioning),
                    memory.keys().orElse(nothing),
                    memory.values().orElse(nothing),
                    shape);
            found.attach(scratch);
            memory.offer(found.get(1), found.get(2));
            NDArray velocity = velocityOf(latents, found.get(0), sigmas);
            velocity.attach(owner);
            return velocity;
        }
    }

    @Override
    public int blockFrames() {
        return config.blockFrames() * patchFrames();
    }

    private NDArray times(NDArray sigmas) {
        try (NDArray scaled = Torch.scaled(sigmas, 1000)) {
            return wholeTimes ? scaled.floor() : scaled.duplicate();
        }
    }

    /** Returns the latents with a picture's channels. */
    private static NDArray joined(NDArray latents, Conditioning conditioning) {
        if (conditioning.picture().isEmpty()) {
            throw new IllegalArgumentException(
                    "conditioning has no picture, but this network goes from a picture to video.");
        }
        return latents.getNDArrayInternal()
                .concat(new NDList(conditioning.picture().get(0)), 1);
    }

    private long tokens(NDArray latents) {
        long tokens = 1;
        for (int axis = 0; axis < 3; axis++) {
            tokens *= latents.getShape().get(axis + 2) / config.patchSize().get(axis);
        }
        return tokens;
    }

    /** Returns the time that the network is told at a noise level. */
    double time(float sigma) {
        float scaled = sigma * 1000;
        return wholeTimes ? Math.floor(scaled) : scaled;
    }

    /**
     * Predicts, from all input channels, the velocity, or the data if that is what the network was made for.
     *
     * @param latents shape (B, in_channels, frames, rows, columns), float32
     * @param time in 0..1000, shape (B), or (B, tokens) where frames have times of their own, float32
     * @param conditioning if the network sees a picture's states, they are the second array of its picture
     */
    public NDArray velocityAt(NDArray latents, NDArray time, Conditioning conditioning) {
        check(latents, time, conditioning);
        try (NDArray times = time.getShape().dimension() == 1 ? time.expandDims(1) : time.duplicate()) {
            return chain.run(latents, times, conditioning.tokens(), image(latents, conditioning));
        }
    }

    private NDArray image(NDArray latents, Conditioning conditioning) {
        if (config.imageSize() == 0) {
            return none;
        }
        if (conditioning.picture().size() != 2) {
            throw new IllegalArgumentException("conditioning has no states of a picture, but this network needs them.");
        }
        NDArray image = conditioning.picture().get(1);
        Require.shape("conditioning.picture", image, latents.getShape().get(0), -1, config.imageSize());
        return image;
    }

    private void check(NDArray latents, NDArray time, Conditioning conditioning) {
        Require.shape("latents", latents, -1, config.inChannels(), -1, -1, -1);
        long batch = latents.getShape().get(0);
        for (int axis = 0; axis < 3; axis++) {
            long size = latents.getShape().get(axis + 2);
            int patch = config.patchSize().get(axis);
            long most = (long) config.mostPositions() * patch;
            if (size % patch != 0 || size > most) {
                throw new IllegalArgumentException(
                        "latents has shape %s; frames, rows and columns must be multiples of %s up to %s times that."
                                .formatted(latents.getShape(), config.patchSize(), config.mostPositions()));
            }
        }
        if (time.getShape().dimension() == 1) {
            Require.shape("time", time, batch);
        } else {
            Require.shape("time", time, batch, tokens(latents));
        }
        Require.shape("conditioning.tokens", conditioning.tokens(), batch, -1, config.textSize());
    }
}
