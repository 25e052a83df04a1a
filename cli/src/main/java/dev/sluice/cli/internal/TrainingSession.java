package dev.sluice.cli.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.sluice.configs.AdapterChoice;
import dev.sluice.configs.EvaluationChoice;
import dev.sluice.configs.ExplorationChoice;
import dev.sluice.configs.PromptSource;
import dev.sluice.configs.Prompts;
import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.FullWeights;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.PictureSettings;
import dev.sluice.flow.PromptReading;
import dev.sluice.flow.Trainable;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.grpo.AlignmentTask;
import dev.sluice.grpo.Evaluation;
import dev.sluice.grpo.GrpoTrainer;
import dev.sluice.grpo.NoiseCalibration;
import dev.sluice.grpo.PairCollection;
import dev.sluice.grpo.Policy;
import dev.sluice.grpo.Prompt;
import dev.sluice.grpo.RunIdentity;
import dev.sluice.grpo.StoredPairs;
import dev.sluice.rewards.Reward;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * What a run file names, opened: the model, what is trained of it, the prompts, the rewards and the trainer.
 *
 * <p>Memory: all of it goes with {@link #close()}.
 */
public final class TrainingSession implements AutoCloseable {
    /** The seed's purpose in the adapter's first values. */
    private static final long ADAPTER = 0x61646170746572L;

    /** What may differ when a run is resumed: none of it changes what is computed, though threads and device may round otherwise. */
    private static final List<String> FREE = List.of(
            "name",
            "paper",
            "output",
            "lanes",
            "threads",
            "device",
            "iterations",
            "evaluation",
            "checkpoints",
            "model");

    private final RunConfig config;
    private final Lanes lanes;
    private final FlowPipeline pipeline;
    private final NDManager manager;
    private final Reward reward;
    private final Reward testReward;
    private final Optional<ProxyBeside> beside;
    private final Trainable trainable;
    private final RunIdentity identity;
    private final GrpoTrainer trainer;
    private final NoiseCalibration calibration;
    private final PairCollection collection;
    private final ModelEvaluator evaluator;
    private final Supplier<Double> distance;
    private final List<Prompt> test;
    private final MemoryForecast forecast;
    private final List<String> doubts;
    private final AtomicLong passes = new AtomicLong();

    private TrainingSession(RunConfig read, Lanes lanes, FlowPipeline pipeline, Reward reward, Reward testReward)
            throws IOException {
        if (!pipeline.trainable()) {
            throw new IllegalArgumentException(
                    "model (%s) is an ONNX file, which can be sampled and judged but not trained."
                            .formatted(pipeline.folder()));
        }
        this.lanes = lanes;
        this.pipeline = pipeline;
        this.reward = reward;
        this.testReward = testReward;
        this.beside = judgedOtherwise(read) ? Optional.of(new ProxyBeside(testReward, reward)) : Optional.empty();
        List<Prompt> train = Prompts.read(read.prompts().train());
        this.test =
                spread(Prompts.read(read.prompts().test()), read.evaluation().prompts());
        PipelinePrompts.check(pipeline, train);
        PipelinePrompts.check(pipeline, test);
        this.manager = pipeline.manager().newSubManager();
        this.trainable = openTrainable(read);
        requireNegativePrompt(read);
        Conditioning negative = pipeline.encode(manager, List.of(negativePrompt(read)));
        OdeSolver solver = testSolver(read);
        this.config = withinLimit(read.withTestSolver(EvaluationChoice.Solver.of(solver)), negative);
        this.identity = RunIdentity.of(settings(config), pipeline.transformerWeights());
        this.forecast = MemoryForecast.of(config, pipeline, trainable, negative, lanes.count());
        double guidance = config.sampling().guidance();
        double taught = config.objective().teacherGuidance().orElse(guidance);
        Policy policy = new Policy(network(negative, guidance), trainable, network(negative, taught));
        int height = config.sampling().height().orElse(pipeline.sizes().defaultHeight());
        int width = config.sampling().width().orElse(pipeline.sizes().defaultWidth());
        int frames = config.sampling().frames().orElse(pipeline.sizes().defaultFrames());
        AlignmentTask task = new AlignmentTask(
                train,
                new PipelinePrompts(pipeline, frames, height, width),
                pipeline.sizes().latentShape(1, frames, height, width).slice(1),
                latents -> Pictures.orBlack(pipeline.decode(latents)),
                reward);
        this.doubts = config.doubts(task.latentShape().size());
        Optional<StoredPairs> pairs = stored(config).map(file -> PairFiles.open(file, pipeline, height, width));
        this.trainer = new GrpoTrainer(
                manager,
                lanes,
                policy,
                pairs.map(task::withStored).orElse(task),
                config.grpo(pipeline.sizes().schedule(config.sampling().steps(), height, width)));
        this.calibration = new NoiseCalibration(manager, lanes, policy, task);
        this.collection = new PairCollection(manager, lanes, policy, task);
        this.evaluator = new ModelEvaluator(
                lanes,
                pipeline,
                beside.<Reward>map(both -> both).orElse(testReward),
                new PictureSettings(
                        config.evaluation().steps(),
                        solver,
                        config.testGuidance(),
                        negativePrompt(config),
                        height,
                        width,
                        frames,
                        config.evaluation().chunkSize()),
                config.evaluation().samplesPerPrompt(),
                config.evaluation().firstSeed());
        ReferenceDistance meter = new ReferenceDistance(
                new OdeSampler(
                        solver, pipeline.sizes().schedule(config.evaluation().steps(), height, width)),
                task.encoder(),
                task.latentShape(),
                config.evaluation().firstSeed());
        VelocityModel current = pipeline.guidedModel(trainable.weights(), () -> negative, config.testGuidance());
        VelocityModel first = pipeline.guidedModel(trainable.reference(), () -> negative, config.testGuidance());
        this.distance = () -> meter.of(manager, current, first, spread(test, ReferenceDistance.PROMPTS));
    }

    /**
     * Opens everything.
     *
     * @throws IOException if a file is missing, broken or does not fit the others
     * @throws IllegalArgumentException if a choice does not fit the model
     */
    public static TrainingSession open(RunConfig config) throws IOException {
        // The cheap things first, so that bad input is refused before a large model is read.
        Reward reward = RunRewards.of(config);
        Reward testReward = RunRewards.forTests(config, reward);
        List<Prompt> train = Prompts.read(config.prompts().train());
        Optional<PromptSource.PromptFile> stored = stored(config);
        if (stored.isPresent()) {
            PairFiles.check(stored.get(), train);
        }
        Device device = Torch.device(config.device());
        PromptReading reading =
                new PromptReading(texts(config), maxTokens(config.sampling().maxTokens()));
        FlowPipeline pipeline = FlowPipeline.open(config.model(), device, config.memoryPolicy(), reading);
        Lanes lanes = Lanes.open(config.lanes(), config.batch().chunks(), config.threads(), device);
        try {
            return new TrainingSession(config, lanes, pipeline, reward, testReward);
        } catch (IOException | RuntimeException | Error e) {
            lanes.close();
            pipeline.close();
            close(reward, testReward);
            throw e;
        }
    }

    /** Returns whether tests have another judge than training, and hacking is looked for. */
    private static boolean judgedOtherwise(RunConfig config) {
        List<RunConfig.RewardChoice> own = config.evaluation().rewards();
        boolean same = own.isEmpty()
                || (own.equals(config.rewards()) && config.joining().isEmpty());
        return !same && config.evaluation().hacking() != EvaluationChoice.Hacking.IGNORE;
    }

    /** Returns the file of the stored pairs that a run learns from, if it does. */
    private static Optional<PromptSource.PromptFile> stored(RunConfig config) {
        return config.exploration().rule() == ExplorationChoice.Rule.STORED
                ? Optional.of((PromptSource.PromptFile) config.prompts().train())
                : Optional.empty();
    }

    /** Returns all that will be encoded. */
    private static List<String> texts(RunConfig config) throws IOException {
        // A critic asks for the empty text, whatever guidance moves away from.
        List<String> texts = new ArrayList<>(List.of("", negativePrompt(config)));
        Prompts.read(config.prompts().train()).forEach(prompt -> texts.add(prompt.text()));
        spread(Prompts.read(config.prompts().test()), config.evaluation().prompts())
                .forEach(prompt -> texts.add(prompt.text()));
        return texts;
    }

    private static OptionalInt maxTokens(Optional<Integer> asked) {
        return asked.map(OptionalInt::of).orElse(OptionalInt.empty());
    }

    private static String negativePrompt(RunConfig config) {
        return config.sampling().negativePrompt().orElse("");
    }

    private void requireNegativePrompt(RunConfig read) {
        if (read.sampling().negativePrompt().isPresent() && !pipeline.takesNegativePrompt()) {
            throw new IllegalArgumentException(
                    "sampling.negativePrompt (%s) must be left out, because model (%s) is told its guidance and moves away from nothing."
                            .formatted(negativePrompt(read), pipeline.folder()));
        }
    }

    private OdeSolver testSolver(RunConfig read) {
        return read.evaluation()
                .solver()
                .map(named -> named.beside(pipeline.solver()))
                .orElse(pipeline.solver());
    }

    /** Returns the method that tests follow the flow with. */
    public OdeSolver testSolver() {
        return evaluator.settings().solver();
    }

    private static String settings(RunConfig config) {
        Map<String, Object> tree = new LinkedHashMap<>(RunFiles.tree(config));
        FREE.forEach(tree::remove);
        return tree.toString();
    }

    private RunConfig withinLimit(RunConfig read, Conditioning negative) throws IOException {
        if (read.memory().limitGiB().isEmpty()) {
            return read;
        }
        long limit = Math.round(read.memory().limitGiB().get() * (1 << 30));
        return read.withChunkSize(MemoryForecast.chunkSize(read, pipeline, trainable, negative, lanes.count(), limit));
    }

    /** Returns the most memory that the run would hold. */
    public MemoryForecast forecast() {
        return forecast;
    }

    /** Returns what in the run file may not be meant, though it can be run. */
    public List<String> doubts() {
        return doubts;
    }

    private Trainable openTrainable(RunConfig config) {
        if (config.adapter().kind() == AdapterChoice.Kind.FULL) {
            // The table of positions is computed, not learned.
            return new FullWeights(
                    manager, pipeline.transformerWeights(), name -> !name.startsWith("pos_embed.pos_embed"));
        }
        return new LoraAdapter(
                manager,
                pipeline.transformerWeights(),
                config.adapter().lora(pipeline.attentionLayers()),
                NoiseSource.of(config.seed(), ADAPTER));
    }

    private Function<Weights, VelocityModel> network(Conditioning negative, double guidance) {
        return weights -> counted(pipeline.guidedModel(weights, () -> negative, guidance), guidance);
    }

    /** Classifier-free guidance asks the network twice. */
    private VelocityModel counted(VelocityModel guided, double guidance) {
        int times = passesOfAVelocity(guidance);
        return (latents, sigmas, conditioning) -> {
            passes.addAndGet(times * latents.getShape().get(0));
            return guided.velocity(latents, sigmas, conditioning);
        };
    }

    /** Returns how many times a guided velocity asks the network: twice where guidance moves away from a negative prompt. */
    int passesOfAVelocity() {
        return passesOfAVelocity(config.sampling().guidance());
    }

    /** Returns how many times a velocity of that guidance asks the network. */
    public int passesOfAVelocity(double guidance) {
        return pipeline.takesNegativePrompt() && guidance != 1 ? 2 : 1;
    }

    /** Returns some of the prompts, spread evenly over all, so that every task keeps its share. */
    static List<Prompt> spread(List<Prompt> prompts, int count) {
        if (count == 0 || count >= prompts.size()) {
            return prompts;
        }
        List<Prompt> some = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            some.add(prompts.get((int) ((long) i * prompts.size() / count)));
        }
        return some;
    }

    /** Returns the run's options. */
    public RunConfig config() {
        return config;
    }

    /** Returns what samples and learns side by side. */
    public Lanes lanes() {
        return lanes;
    }

    /** Returns the model. */
    public FlowPipeline pipeline() {
        return pipeline;
    }

    /** Returns what is trained. */
    public Trainable trainable() {
        return trainable;
    }

    /** Returns the trainer. */
    public GrpoTrainer trainer() {
        return trainer;
    }

    /** Finds the noise of every step, from the run's own on; see {@link NoiseCalibration}. */
    public List<Double> calibrate(NoiseCalibration.Options options, NoiseCalibration.Listener listener) {
        return calibration.run(trainer.options().rollout(), options, listener);
    }

    /** Makes preference pairs of what the run would sample first; see {@link PairCollection}. */
    public void collect(int rounds, PairCollection.Listener listener) {
        collection.run(trainer.options(), rounds, listener);
    }

    /**
     * Returns how many times a sample went through the network, in rollouts and in updates: the measure by which algorithms
     * that call the model more often for a sample can be compared with those that do not. Tests do not count.
     */
    public long passes() {
        return passes.get();
    }

    /** Returns what the run's checkpoints belong to. */
    public RunIdentity identity() {
        return identity;
    }

    /** Returns how many prompts a test has. */
    public int testPrompts() {
        return test.size();
    }

    /** Returns what a test's samples earn as training judges them, where tests have a judge of their own and hacking is looked for. */
    Optional<ProxyBeside> beside() {
        return beside;
    }

    /** Samples the test prompts with the averaged weights. */
    public ModelEvaluator.Outcome evaluate(Evaluation.Listener listener) {
        beside.ifPresent(ProxyBeside::begin);
        return trainer.withAverage(() -> evaluator.run(test, listener));
    }

    /** Returns how far the averaged weights are from those that the run started from, see {@link ReferenceDistance}. */
    public double distance() {
        return trainer.withAverage(distance);
    }

    @Override
    public void close() {
        trainer.close();
        trainable.close();
        manager.close();
        pipeline.close();
        lanes.close();
        close(reward, testReward);
    }

    private static void close(Reward reward, Reward testReward) {
        reward.close();
        if (testReward != reward) {
            testReward.close();
        }
    }
}
