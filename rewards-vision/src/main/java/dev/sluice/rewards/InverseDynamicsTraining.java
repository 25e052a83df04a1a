package dev.sluice.rewards;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.Ema;
import dev.sluice.flow.Learner;
import dev.sluice.flow.PretrainingStoppedException;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.internal.IdmBatches;
import dev.sluice.rewards.internal.IdmWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/**
 * Trains an {@link InverseDynamics} model on rendered motions of the arm ({@link ArmWorld#reading}), also such as cannot be executed. The loss is the mean squared error of sines, cosines and speeds (in units of four times the greatest,
 * up to twice the greatest).
 */
public final class InverseDynamicsTraining implements Learner {
    /**
     * How to train.
     *
     * @param steps updates in all
     * @param videos in an update; each gives sixteen windows
     * @param optimizer AdamW's options; its learning rate is the highest
     * @param warmupSteps updates until the highest learning rate
     * @param finalLearningRate share of the highest learning rate at the end of a cosine decay, in [0, 1]
     * @param emaDecay decay of the moving average that is kept as the model, in [0, 1)
     * @param seed of the first weights and the motions
     */
    public record Options(
            long steps,
            int videos,
            AdamW.Options optimizer,
            int warmupSteps,
            double finalLearningRate,
            double emaDecay,
            long seed) {
        public Options {
            Require.positive("steps", steps);
            Require.atLeast("videos", videos, 1);
            Require.atLeast("warmupSteps", warmupSteps, 0);
            Require.within("finalLearningRate", finalLearningRate, 0, 1);
            Require.within("emaDecay", emaDecay, 0, Math.nextDown(1.0));
        }

        private double learningRate(long step) {
            int decay = Math.toIntExact(Math.max(1, steps - warmupSteps));
            return optimizer.learningRate() * new RateSchedule(warmupSteps, decay, finalLearningRate).share(step);
        }
    }

    /** The file in a checkpoint's folder. */
    public static final String CHECKPOINT = "inverse_dynamics.safetensors";

    private final NDManager manager;
    private final InverseDynamics.Architecture architecture;
    private final Options options;
    private final Weights weights;
    private final AdamW optimizer;
    private final Ema ema;
    private long step;

    /** Starts from fresh weights. */
    public InverseDynamicsTraining(Device device, InverseDynamics.Architecture architecture, Options options) {
        this.manager = Torch.newManager(device);
        this.architecture = architecture;
        this.options = options;
        this.weights = IdmWeights.fresh(manager, architecture, options.seed());
        weights.asMap().values().forEach(array -> array.setRequiresGradient(true));
        this.optimizer = new AdamW(manager, weights.asMap(), options.optimizer());
        this.ema = new Ema(manager, weights.asMap(), new Ema.Options(options.emaDecay(), 1));
    }

    @Override
    public long step() {
        return step;
    }

    @Override
    public long parameterCount() {
        return weights.parameterCount();
    }

    @Override
    public Progress update() {
        double rate = options.learningRate(step);
        IdmBatches.Batch batch = IdmBatches.draw(options.seed(), step, options.videos(), architecture.context());
        int rows = options.videos() * ArmWorld.FRAMES;
        Shape shape = new Shape(rows, 3L * architecture.window(), ArmWorld.SIZE, ArmWorld.SIZE);
        double loss;
        double norm;
        try (NDManager scratch = manager.newSubManager()) {
            try (Torch.Scope recording = Torch.withGradient()) {
                NDArray read = Ops.call("idm", weights, scratch.create(batch.windows(), shape));
                NDArray error = read.sub(
                        scratch.create(batch.targets(), new Shape(rows, InverseDynamics.Architecture.OUTPUTS)));
                NDArray mean = error.mul(error).mean();
                Torch.backward(mean);
                loss = mean.getFloat();
            }
            Map<String, NDArray> gradients = new LinkedHashMap<>();
            weights.asMap().forEach((name, array) -> {
                NDArray gradient = array.getGradient();
                gradient.attach(scratch);
                gradients.put(name, gradient);
            });
            norm = Double.isFinite(loss) ? optimizer.step(gradients, rate) : Double.NaN;
            gradients.values().forEach(InPlace::zero);
        }
        if (!Double.isFinite(norm)) {
            throw new PretrainingStoppedException(
                    "The loss (%s) and the gradient's norm (%s) of update %s must be finite.%nMaybe lower the learning rate (%s)."
                            .formatted(loss, norm, step, rate));
        }
        ema.step(weights.asMap(), step);
        step++;
        return new Progress(step, loss, norm, rate);
    }

    @Override
    public void checkpoint(Path folder) throws IOException {
        Map<String, NDArray> arrays = new LinkedHashMap<>();
        weights.asMap().forEach((name, array) -> arrays.put("parameter." + name, array));
        optimizer.state().forEach((name, array) -> arrays.put("optimizer." + name, array));
        ema.values().forEach((name, array) -> arrays.put("ema." + name, array));
        SafetensorsWriter.write(folder.resolve(CHECKPOINT), arrays, identity(step), SafetensorsWriter.Storage.FLOAT32);
    }

    private Map<String, String> identity(long taken) {
        return Map.of(
                "step", Long.toString(taken), "architecture", architecture.toString(), "options", options.toString());
    }

    @Override
    public void restore(Path folder) throws IOException {
        Path path = folder.resolve(CHECKPOINT);
        try (SafetensorsFile file = SafetensorsFile.open(path);
                NDManager scratch = manager.newSubManager()) {
            long taken = Long.parseLong(file.metadata().getOrDefault("step", "0"));
            if (!file.metadata().equals(identity(taken))) {
                throw new IOException(
                        "%s was made with other options (%s); this run has %s.%nMaybe name another output folder."
                                .formatted(path, file.metadata(), identity(taken)));
            }
            Map<String, Map<String, NDArray>> parts = new LinkedHashMap<>();
            for (String name : file.names()) {
                int dot = name.indexOf('.');
                parts.computeIfAbsent(name.substring(0, dot), part -> new LinkedHashMap<>())
                        .put(name.substring(dot + 1), file.read(scratch, name));
            }
            weights.asMap()
                    .forEach((name, array) ->
                            InPlace.assign(array, parts.get("parameter").get(name)));
            optimizer.restore(taken, parts.get("optimizer"));
            ema.restore(parts.get("ema"));
            step = taken;
        }
    }

    /** Writes the averaged model in half precision; see {@link InverseDynamics#open}. */
    @Override
    public void export(Path folder, Map<String, Object> madeBy) throws IOException {
        AtomicFiles.folder(folder, place -> {
            json(place.resolve("config.json"), InverseDynamics.config(architecture));
            json(place.resolve("made_by.json"), madeBy);
            SafetensorsWriter.write(
                    place.resolve("model.safetensors"),
                    ema.values(),
                    Map.of("format", "pt"),
                    SafetensorsWriter.Storage.FLOAT16);
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
