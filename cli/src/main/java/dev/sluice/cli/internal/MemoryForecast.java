package dev.sluice.cli.internal;

import ai.djl.ndarray.NDArray;
import dev.sluice.configs.EvaluationChoice;
import dev.sluice.configs.ExplorationChoice;
import dev.sluice.configs.RunConfig;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.FullWeights;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.ModelInspection;
import dev.sluice.flow.PassMemory;
import dev.sluice.flow.Trainable;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Precision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The most memory that a training run will hold, in bytes, counted from sizes.
 *
 * @param engine the JVM, the engine's libraries and what they set up
 * @param rewards networks of rewards, as large as their files
 * @param text text encoders
 * @param weights transformer and autoencoder
 * @param learned what is trained, its gradients, moments and average, and the frozen copy of what it is folded into
 * @param gradients of the weights that it is folded into, one for each lane
 * @param activations of a micro-batch on each lane, and weights that are converted for its passes
 * @param sampling what the network or the autoencoder holds on each lane while a micro-batch, or as many samples of a test, are
 *     made; there are no activations then
 * @param samples trajectories and encoded prompts of an iteration
 * @param textReleased whether text encoders are gone before the transformer is read
 */
public record MemoryForecast(
        long engine,
        long rewards,
        long text,
        long weights,
        long learned,
        long gradients,
        long activations,
        long sampling,
        long samples,
        boolean textReleased) {
    /** Measured: what a run of a tiny model holds, with the launcher's settings of the allocator. */
    private static final long ENGINE = 420_000_000;

    /** Files of weights, those beside an ONNX file that is too large for one included. */
    private static final Pattern NETWORK = Pattern.compile("\\.(safetensors|onnx|onnx[._]data)$");

    /**
     * What a micro-batch of a run takes, without its size.
     *
     * @param converted bytes of the weights of all blocks that the graph of a pass holds in another type
     * @param latents bytes of one sample's latents
     */
    record Micro(PassMemory pass, int segments, int lanes, int guided, long converted, long latents) {
        /**
         * Arrays like the latents that lie around the network: its result and the same as a picture, the velocity and what a prediction of
         * data makes of it, the mean and its parts, its distances from what was stored and from the reference, and their gradients.
         * Hardly anything where a token is wide, but not where latents are pixels.
         */
        private static final int AROUND = 12;

        long bytes(int chunkSize) {
            double weights = (double) converted * pass.blocksAtOnce(segments) / pass.blocks();
            double around = PassMemory.ALLOCATOR * AROUND * latents;
            return Math.round(lanes * (chunkSize * (guided * pass.bytes(segments) + around) + weights));
        }

        double sampling(int size) {
            return lanes * guided * size * pass.sampling();
        }
    }

    /** Returns the forecast of a run whose model is open. */
    static MemoryForecast of(
            RunConfig config, FlowPipeline pipeline, Trainable trainable, Conditioning negative, int lanes)
            throws IOException {
        MemoryPolicy policy = pipeline.memory();
        // Pictures of stored pairs go through what encodes them.
        boolean encodes = config.exploration().rule() == ExplorationChoice.Rule.STORED;
        long text = 0;
        long other = 0;
        for (ModelInspection.Component component :
                ModelInspection.of(pipeline.folder()).components()) {
            if (component.name().startsWith("text_encoder")) {
                text += component.workingBytes(policy.text());
            } else if (!component.name().startsWith("transformer")) {
                // Both networks of a pair are the pipeline's transformer weights.
                other += encodes ? component.memoryBytes() : component.workingBytes(Precision.FLOAT32);
            }
        }
        int bytes = policy.weights().bytes();
        long network = pipeline.transformerWeights().parameterCount() * bytes;
        long folded = trainable.folded().stream()
                        .mapToLong(name -> trainable.weights().get(name).size())
                        .sum()
                * bytes;
        // A value, a gradient, two moments and an average of each trained number, and the weights without them.
        long learned = 5 * 4 * trainable.parameterCount() + folded;
        if (config.objective().objective(config.advantageLimit()).copy().isPresent()) {
            learned += 4 * trainable.parameterCount() + folded;
        }
        Micro micro = micro(
                config, pipeline, trainable, negative, lanes, config.sampling().guidance());
        Micro test = micro(config, pipeline, trainable, negative, lanes, config.testGuidance());
        return new MemoryForecast(
                ENGINE,
                rewards(config.rewards()) + rewards(config.evaluation().rewards()),
                text,
                network + other,
                learned,
                lanes * folded,
                micro.bytes(config.batch().chunkSize()),
                sampling(config, pipeline, micro, test, config.batch().chunkSize()),
                samples(config, pipeline, negative),
                policy.textEncoders() == MemoryPolicy.TextEncoders.RELEASED);
    }

    private static Micro micro(
            RunConfig config,
            FlowPipeline pipeline,
            Trainable trainable,
            Conditioning negative,
            int lanes,
            double guidance) {
        int words = Math.toIntExact(negative.tokens().getShape().get(1));
        PassMemory pass = pipeline.sizes()
                .passMemory(
                        frames(config, pipeline),
                        height(config, pipeline),
                        width(config, pipeline),
                        words,
                        trained(trainable));
        boolean twice = pipeline.takesNegativePrompt() && guidance != 1;
        MemoryPolicy policy = pipeline.memory();
        long converted = policy.weights() == policy.compute()
                ? 0
                : pipeline.sizes().parametersAtWork() * policy.compute().bytes();
        return new Micro(pass, policy.segments(), lanes, twice ? 2 : 1, converted, 4 * latent(config, pipeline));
    }

    private static long sampling(RunConfig config, FlowPipeline pipeline, Micro micro, Micro test, int rollout) {
        EvaluationChoice choice = config.evaluation();
        long tested = choice.prompts() == 0 ? Long.MAX_VALUE : (long) choice.prompts() * choice.samplesPerPrompt();
        int most = (int) Math.min(choice.chunkSize(), tested);
        int size = Math.max(rollout, most);
        long decoding = pipeline.sizes()
                .decodingBytes(size, frames(config, pipeline), height(config, pipeline), width(config, pipeline));
        double network = Math.max(micro.sampling(rollout), test.sampling(most));
        return Math.max(Math.round(network), micro.lanes() * decoding);
    }

    private static int frames(RunConfig config, FlowPipeline pipeline) {
        return config.sampling().frames().orElse(pipeline.sizes().defaultFrames());
    }

    private static int height(RunConfig config, FlowPipeline pipeline) {
        return config.sampling().height().orElse(pipeline.sizes().defaultHeight());
    }

    private static int width(RunConfig config, FlowPipeline pipeline) {
        return config.sampling().width().orElse(pipeline.sizes().defaultWidth());
    }

    private static Predicate<String> trained(Trainable trainable) {
        if (trainable instanceof LoraAdapter adapter) {
            Set<String> layers = new HashSet<>(adapter.layers());
            return layers::contains;
        }
        return layer -> trainable instanceof FullWeights;
    }

    private static long samples(RunConfig config, FlowPipeline pipeline, Conditioning negative) {
        int steps = config.sampling().steps();
        List<Integer> stored = config.exploration().steps(steps).steps(steps, 0, NoiseSource.of(0));
        int kept = stored.size() * (config.exploration().sdeRule().looksBack() ? 2 : 1);
        long prompt = negative.arrays().stream().mapToLong(NDArray::size).sum();
        double sample = 4.0 * (latent(config, pipeline) * (kept + 2) + prompt);
        return Math.round(PassMemory.ALLOCATOR * config.batch().samples() * sample);
    }

    /** Returns the bytes of the networks in the folders that rewards are given; each reward opens one of its own. */
    private static long rewards(List<RunConfig.RewardChoice> choices) throws IOException {
        long bytes = 0;
        for (RunConfig.RewardChoice choice : choices) {
            Object folder = choice.options().orElse(Map.of()).get("model");
            if (folder != null) {
                bytes += networks(Path.of(folder.toString()));
            }
        }
        return bytes;
    }

    private static long networks(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file ->
                            NETWORK.matcher(file.getFileName().toString()).find())
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private static long latent(RunConfig config, FlowPipeline pipeline) {
        return pipeline.sizes()
                .latentShape(1, frames(config, pipeline), height(config, pipeline), width(config, pipeline))
                .size();
    }

    /** Returns the most that the process will hold. */
    public long peak() {
        long always = engine + rewards;
        long training = always + weights + learned + gradients + Math.max(activations, sampling) + samples;
        return textReleased ? Math.max(training, always + text) : training + text;
    }

    /**
     * Returns the largest micro-batch that stays within a limit: a divisor of the samples of an iteration, no larger than the
     * present one.
     *
     * @throws IllegalArgumentException if not even one sample at a time does
     */
    static int chunkSize(
            RunConfig config,
            FlowPipeline pipeline,
            Trainable trainable,
            Conditioning negative,
            int lanes,
            long limitBytes)
            throws IOException {
        MemoryForecast whole = of(config, pipeline, trainable, negative, lanes);
        Micro micro = micro(
                config, pipeline, trainable, negative, lanes, config.sampling().guidance());
        Micro test = micro(config, pipeline, trainable, negative, lanes, config.testGuidance());
        for (int size = config.batch().chunkSize(); size >= 1; size--) {
            if (config.batch().samples() % size == 0
                    && whole.with(micro.bytes(size), sampling(config, pipeline, micro, test, size))
                                    .peak()
                            <= limitBytes) {
                return size;
            }
        }
        long least = whole.with(micro.bytes(1), sampling(config, pipeline, micro, test, 1))
                .peak();
        throw new IllegalArgumentException("""
                memory.limitGiB (%s) must be at least %.2f for one sample at a time.
                Maybe set memory.segments: %s, lanes: 1, or another precision.""".formatted(
                        config.memory().limitGiB().orElseThrow(),
                        least / (double) (1 << 30),
                        micro.pass().blocks()));
    }

    private MemoryForecast with(long passes, long made) {
        return new MemoryForecast(
                engine, rewards, text, weights, learned, gradients, passes, made, samples, textReleased);
    }

    /** Returns lines of YAML comments. */
    public List<String> lines() {
        return List.of(
                String.format(Locale.ROOT, "# peak memory, predicted: %.2f GiB", gibibytes(peak())),
                String.format(
                        Locale.ROOT,
                        "#   engine %.2f, networks of rewards %.2f, weights %.2f, text encoders %.2f%s, trained %.2f, gradients of weights %.2f, "
                                + "activations of a micro-batch on each lane %.2f or sampling %.2f, samples %.2f",
                        gibibytes(engine),
                        gibibytes(rewards),
                        gibibytes(weights),
                        gibibytes(text),
                        textReleased ? " (before the rest)" : "",
                        gibibytes(learned),
                        gibibytes(gradients),
                        gibibytes(activations),
                        gibibytes(sampling),
                        gibibytes(samples)));
    }

    private static double gibibytes(long bytes) {
        return bytes / (double) (1 << 30);
    }
}
