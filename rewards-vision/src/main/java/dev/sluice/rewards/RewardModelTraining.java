package dev.sluice.rewards;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.Ema;
import dev.sluice.flow.Learner;
import dev.sluice.flow.PretrainingStoppedException;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.internal.preference.BatchLoss;
import dev.sluice.rewards.internal.preference.Encoder;
import dev.sluice.rewards.internal.preference.Epochs;
import dev.sluice.rewards.internal.preference.Lessons;
import dev.sluice.rewards.internal.preference.ModelConfig;
import dev.sluice.rewards.internal.preference.RewardNetwork;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

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
            Require.within("goodAgainstBad", goodAgainstBad, 0, 1000);
            Require.within("goodAgainstGood", goodAgainstGood, 0, 1000);
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
    private final Map<String, NDArray> learned = new LinkedHashMap<>();
    private final AdamW optimizer;
    private final Ema ema;
    private long step;

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
        this.architecture = architecture;
        this.loss = new BatchLoss(architecture, loss, options.pinning(), BatchLoss.Levels.MJ_VIDEO);
        this.options = options;
        if (!architecture.columns().containsAll(data.axes())) {
            throw new IllegalArgumentException(
                    "The preferences are about %s; the model has %s.".formatted(data.axes(), architecture.columns()));
        }
        this.epochs = new Epochs(data, architecture.columns(), options.sampling(), options.seed());
        if (epochs.size() == 0) {
            throw new IllegalArgumentException(
                    "There is nothing to compare: no pair, and no axis with good and bad items.");
        }
        this.manager = Torch.newManager(device);
        try (Encoder encoder = Encoder.open(architecture, Torch.threads())) {
            this.network = new RewardNetwork(architecture, encoder.viewSize(), encoder.promptSize());
            this.lessons = Lessons.read(data, encoder, architecture);
            this.weights = network.fresh(manager, options.seed());
        } catch (IOException | RuntimeException | Error e) {
            manager.close();
            throw e;
        }
        lessons.measure(weights);
        weights.asMap().forEach((name, array) -> {
            if (RewardNetwork.learned(name)) {
                array.setRequiresGradient(true);
                learned.put(name, array);
            }
        });
        this.optimizer = new AdamW(manager, learned, options.optimizer());
        this.ema = new Ema(manager, learned, new Ema.Options(options.emaDecay(), 1));
    }

    @Override
    public long step() {
        return step;
    }

    @Override
    public long parameterCount() {
        return learned.values().stream().mapToLong(NDArray::size).sum();
    }

    @Override
    public Progress update() {
        double rate = options.learningRate(step);
        Lessons.Batch batch = lessons.batch(epochs.batch(step, options.pairs()));
        double value;
        double norm;
        try (NDManager scratch = manager.newSubManager()) {
            try (Torch.Scope recording = Torch.withGradient()) {
                NDArray outputs = network.call(scratch, weights, batch.seen());
                BatchLoss.Result result =
                        loss.of(network.means(outputs.toFloatArray(), batch.seen()), batch.pairs(), batch.irrelevant());
                value = result.value();
                NDArray cotangent =
                        scratch.create(network.cotangents(result.slopes(), batch.seen()), outputs.getShape());
                Torch.backward(outputs, cotangent);
            }
            Map<String, NDArray> gradients = new LinkedHashMap<>();
            learned.forEach((name, array) -> {
                NDArray gradient = array.getGradient();
                gradient.attach(scratch);
                gradients.put(name, gradient);
            });
            norm = Double.isFinite(value) ? optimizer.step(gradients, rate) : Double.NaN;
            gradients.values().forEach(InPlace::zero);
        }
        if (!Double.isFinite(norm)) {
            throw new PretrainingStoppedException(
                    "The loss (%s) and the gradient's norm (%s) of update %s must be finite.%nMaybe lower the learning rate (%s)."
                            .formatted(value, norm, step, rate));
        }
        ema.step(learned, step);
        step++;
        return new Progress(step, value, norm, rate);
    }

    @Override
    public void checkpoint(Path folder) throws IOException {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        learned.forEach((name, array) -> arrays.put("parameter." + name, array));
        optimizer.state().forEach((name, array) -> arrays.put("optimizer." + name, array));
        ema.values().forEach((name, array) -> arrays.put("ema." + name, array));
        SafetensorsWriter.write(folder.resolve(CHECKPOINT), arrays, identity(step), SafetensorsWriter.Storage.FLOAT32);
    }

    private Map<String, String> identity(long taken) {
        return Map.of(
                "step",
                Long.toString(taken),
                "architecture",
                architecture.toString(),
                "options",
                options + " " + loss.loss(),
                "data",
                lessons.fingerprint());
    }

    @Override
    public void restore(Path folder) throws IOException {
        Path path = folder.resolve(CHECKPOINT);
        try (SafetensorsFile file = SafetensorsFile.open(path);
                NDManager scratch = manager.newSubManager()) {
            long taken = Long.parseLong(file.metadata().getOrDefault("step", "0"));
            if (!file.metadata().equals(identity(taken))) {
                throw new IOException(
                        "%s was made with other options or preferences (%s); this run has %s.%nMaybe name another output folder."
                                .formatted(path, file.metadata(), identity(taken)));
            }
            Map<String, Map<String, NDArray>> parts = new LinkedHashMap<>();
            for (String name : file.names()) {
                String[] split = name.split("\\.", 2);
                parts.computeIfAbsent(split[0], part -> new LinkedHashMap<>()).put(split[1], file.read(scratch, name));
            }
            learned.forEach((name, array) ->
                    InPlace.assign(array, parts.get("parameter").get(name)));
            optimizer.restore(taken, parts.get("optimizer"));
            ema.restore(parts.get("ema"));
            step = taken;
        }
    }

    /** Writes the averaged model; see {@link RewardModel#open}. */
    @Override
    public void export(Path folder, Map<String, Object> madeBy) throws IOException {
        Map<String, NDArray> arrays = new LinkedHashMap<>(weights.asMap());
        arrays.putAll(ema.values());
        AtomicFiles.folder(folder, place -> {
            json(place.resolve(RewardModel.CONFIG), ModelConfig.of(architecture));
            json(place.resolve("made_by.json"), madeBy);
            SafetensorsWriter.write(
                    place.resolve(RewardModel.WEIGHTS),
                    arrays,
                    Map.of("format", "pt"),
                    SafetensorsWriter.Storage.FLOAT32);
        });
    }

    private static void json(Path file, Map<String, Object> value) throws IOException {
        String text =
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(value);
        Files.writeString(file, text + "\n");
    }

    @Override
    public void close() {
        optimizer.close();
        ema.close();
        weights.close();
        manager.close();
    }
}
