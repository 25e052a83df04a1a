package dev.sluice.rewards;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Learner;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.internal.LearnedWeights;
import dev.sluice.rewards.internal.preference.BatchLoss;
import dev.sluice.rewards.internal.preference.Encoder;
import dev.sluice.rewards.internal.preference.Epochs;
import dev.sluice.rewards.internal.preference.Lessons;
import dev.sluice.rewards.internal.preference.ModelConfig;
import dev.sluice.rewards.internal.preference.RewardNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Trains a {@link RewardModel} on preferences. All media are read, and what a frozen encoder makes of them is computed, once, before
 * the first update, and kept in memory.
 *
 * <p>Scores and losses are float64 on the JVM; the engine carries their derivatives through the network.
 */
public final class RewardModelTraining implements Learner {
    /**
     * How to train.
     *
     * @param steps updates in all
     * @param pairs comparisons in an update
     * @param optimizer AdamW's options; its learning rate is the highest
     * @param warmupSteps updates until the highest learning rate
     * @param finalLearningRate share of the highest learning rate at the end of a cosine decay, in [0, 1]
     * @param emaDecay decay of the moving average that is kept as the model, in [0, 1)
     * @param pinning η of η·(r + r′)², which keeps scores around 0
     * @param scoreMargin what a pair's difference of scores is multiplied by to be its margin
     * @param ratingWeight how much the squared error of ratings counts beside the loss of comparisons
     * @param balancePrompts whether all prompts count the same, however many pairs they have
     * @param goodAgainstBad bad items that a good one meets in an epoch, of labelled ones
     * @param goodAgainstGood good items that a good one meets in an epoch, of labelled ones
     * @param seed of the first weights and the order of the pairs
     */
    public record Options(
            long steps,
            int pairs,
            AdamW.Options optimizer,
            int warmupSteps,
            double finalLearningRate,
            double emaDecay,
            double pinning,
            double scoreMargin,
            double ratingWeight,
            boolean balancePrompts,
            int goodAgainstBad,
            int goodAgainstGood,
            long seed) {
        public Options {
            Require.positive("steps", steps);
            Require.atLeast("pairs", pairs, 1);
            Require.atLeast("warmupSteps", warmupSteps, 0);
            Require.within("finalLearningRate", finalLearningRate, 0, 1);
            Require.within("emaDecay", emaDecay, 0, Math.nextDown(1.0));
            Require.notNegative("pinning", pinning);
            Require.notNegative("scoreMargin", scoreMargin);
            Require.notNegative("ratingWeight", ratingWeight);
            Require.within("goodAgainstBad", goodAgainstBad, 0, 1000);
            Require.within("goodAgainstGood", goodAgainstGood, 0, 1000);
        }

        /** Returns the same with other first weights and another order. */
        Options withSeed(long other) {
            return new Options(
                    steps,
                    pairs,
                    optimizer,
                    warmupSteps,
                    finalLearningRate,
                    emaDecay,
                    pinning,
                    scoreMargin,
                    ratingWeight,
                    balancePrompts,
                    goodAgainstBad,
                    goodAgainstGood,
                    other);
        }

        private double learningRate(long step) {
            int decay = Math.toIntExact(Math.max(1, steps - warmupSteps));
            return optimizer.learningRate() * new RateSchedule(warmupSteps, decay, finalLearningRate).share(step);
        }

        private Epochs.Sampling sampling() {
            return new Epochs.Sampling(goodAgainstBad, goodAgainstGood, balancePrompts, scoreMargin);
        }
    }

    /** The file in a checkpoint's folder. */
    public static final String CHECKPOINT = "reward_model.safetensors";

    private final NDManager manager;
    private final RewardArchitecture architecture;
    private final BatchLoss loss;
    private final Options options;
    private final Lessons lessons;
    private final Epochs epochs;
    private final RewardNetwork network;
    private final Weights weights;
    private final LearnedWeights learned;

    /**
     * What is read once, however many models learn from it.
     *
     * @param network of each
     * @param lessons what all items look like
     */
    record Material(RewardNetwork network, Lessons lessons) {
        /**
         * Reads all media.
         *
         * @throws IOException if a sample or a file of the encoder cannot be read
         * @throws IllegalArgumentException if a sample cannot be judged, an axis is unknown, or there is nothing to compare
         */
        static Material read(RewardArchitecture architecture, Options options, PreferenceData data) throws IOException {
            if (!architecture.columns().containsAll(data.axes())) {
                throw new IllegalArgumentException("The preferences are about %s; the model has %s."
                        .formatted(data.axes(), architecture.columns()));
            }
            if (epochs(architecture, options, data).empty()) {
                throw new IllegalArgumentException(
                        "There is nothing to compare: no pair, no rating, and no axis with good and bad items.");
            }
            try (Encoder encoder = Encoder.open(architecture, Torch.threads())) {
                return new Material(
                        new RewardNetwork(architecture, encoder.viewSize(), encoder.promptSize()),
                        Lessons.read(data, encoder, architecture));
            }
        }

        /** Returns some of the judgments in the order in which they teach. */
        Epochs epochs(Options options, PreferenceData data) {
            return epochs(network.architecture(), options, data);
        }

        private static Epochs epochs(RewardArchitecture architecture, Options options, PreferenceData data) {
            return new Epochs(data, architecture.columns(), options.sampling(), options.seed());
        }
    }

    /**
     * Reads all media and starts from fresh weights.
     *
     * @param architecture what is trained
     * @param loss of a comparison
     * @param options how
     * @param data what it learns from; its axes are those of the architecture
     * @throws IOException if a sample or a file of the encoder cannot be read
     * @throws IllegalArgumentException if a sample cannot be judged, an axis is unknown, or there is nothing to compare
     */
    public RewardModelTraining(
            Device device, RewardArchitecture architecture, PreferenceLoss loss, Options options, PreferenceData data)
            throws IOException {
        this(device, loss, options, Material.read(architecture, options, data), data);
    }

    /**
     * Starts from fresh weights.
     *
     * @param data the judgments to learn from, of items that the material has
     */
    RewardModelTraining(Device device, PreferenceLoss loss, Options options, Material material, PreferenceData data) {
        this.architecture = material.network().architecture();
        this.loss =
                new BatchLoss(architecture, loss, options.pinning(), options.ratingWeight(), BatchLoss.Levels.MJ_VIDEO);
        this.options = options;
        this.epochs = material.epochs(options, data);
        this.network = material.network();
        this.lessons = material.lessons();
        this.manager = Torch.newManager(device);
        try {
            this.weights = network.fresh(manager, options.seed());
            lessons.measure(weights);
            Map<String, NDArray> arrays = new LinkedHashMap<>(weights.asMap());
            arrays.keySet().removeIf(name -> !RewardNetwork.learned(name));
            this.learned = new LearnedWeights(manager, arrays, options.optimizer(), options.emaDecay());
        } catch (RuntimeException | Error e) {
            manager.close();
            throw e;
        }
    }

    @Override
    public long step() {
        return learned.step();
    }

    @Override
    public long parameterCount() {
        return learned.count();
    }

    @Override
    public Progress update() {
        long step = learned.step();
        Lessons.Batch batch =
                lessons.batch(epochs.batch(step, options.pairs()), epochs.ratings(step, 2 * options.pairs()));
        return learned.update(options.learningRate(step), scratch -> {
            NDArray outputs = network.call(scratch, weights, batch.seen());
            BatchLoss.Result result = loss.of(
                    network.means(outputs.toFloatArray(), batch.seen()),
                    batch.pairs(),
                    batch.ratings(),
                    batch.irrelevant());
            NDArray cotangent = scratch.create(network.cotangents(result.slopes(), batch.seen()), outputs.getShape());
            Torch.backward(outputs, cotangent);
            return result.value();
        });
    }

    @Override
    public void checkpoint(Path folder) throws IOException {
        learned.checkpoint(folder.resolve(CHECKPOINT), identity());
    }

    private Map<String, String> identity() {
        return Map.of(
                "architecture",
                architecture.toString(),
                "options",
                options + " " + loss.loss(),
                "data",
                lessons.fingerprint());
    }

    @Override
    public void restore(Path folder) throws IOException {
        learned.restore(folder.resolve(CHECKPOINT), identity());
    }

    /** Writes the averaged model; see {@link RewardModel#open}. */
    @Override
    public void export(Path folder, Map<String, Object> madeBy) throws IOException {
        Map<String, NDArray> arrays = new LinkedHashMap<>(weights.asMap());
        arrays.putAll(learned.averaged());
        LearnedWeights.export(folder, ModelConfig.of(architecture), madeBy, arrays, SafetensorsWriter.Storage.FLOAT32);
    }

    @Override
    public void close() {
        learned.close();
        weights.close();
        manager.close();
    }
}
