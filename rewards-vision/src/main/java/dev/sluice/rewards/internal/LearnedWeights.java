package dev.sluice.rewards.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.Ema;
import dev.sluice.flow.Learner;
import dev.sluice.flow.PretrainingStoppedException;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import tools.jackson.databind.json.JsonMapper;

/** The arrays of a small network that learn, with what AdamW and their moving average keep: one update, and checkpoints of all of it. */
public final class LearnedWeights implements AutoCloseable {
    /** What a model's folder has beside {@link #WEIGHTS}. */
    public static final String CONFIG = "config.json";

    /** The weights in a model's folder. */
    public static final String WEIGHTS = "model.safetensors";

    private static final String STEP = "step";

    private final NDManager manager;
    private final Map<String, NDArray> arrays;
    private final AdamW optimizer;
    private final Ema ema;
    private long step;

    /**
     * Starts before the first update.
     *
     * @param manager of what is kept; it and the arrays stay the caller's
     * @param arrays from here on have gradients
     * @param emaDecay decay of the moving average, in [0, 1)
     */
    public LearnedWeights(NDManager manager, Map<String, NDArray> arrays, AdamW.Options options, double emaDecay) {
        this.manager = manager;
        this.arrays = arrays;
        arrays.values().forEach(array -> array.setRequiresGradient(true));
        this.optimizer = new AdamW(manager, arrays, options);
        this.ema = new Ema(manager, arrays, new Ema.Options(emaDecay, 1));
    }

    /** Returns how many updates were taken. */
    public long step() {
        return step;
    }

    /** Returns the number of trained scalars. */
    public long count() {
        return arrays.values().stream().mapToLong(NDArray::size).sum();
    }

    /** Returns the moving averages, which stay this object's. */
    public Map<String, NDArray> averaged() {
        return ema.values();
    }

    /**
     * Takes an update.
     *
     * @param backward leaves the gradients in the arrays and returns the loss; what it makes belongs to the manager it is given
     * @throws PretrainingStoppedException if the loss or a gradient is not finite; nothing was changed then
     */
    public Learner.Progress update(double rate, ToDoubleFunction<NDManager> backward) {
        double loss;
        double norm;
        try (NDManager scratch = manager.newSubManager()) {
            try (Torch.Scope recording = Torch.withGradient()) {
                loss = backward.applyAsDouble(scratch);
            }
            Map<String, NDArray> gradients = new LinkedHashMap<>();
            arrays.forEach((name, array) -> {
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
        ema.step(arrays, step);
        step++;
        return new Learner.Progress(step, loss, norm, rate);
    }

    /**
     * Writes all that a later {@link #restore} needs.
     *
     * @param identity what must be the same there
     */
    public void checkpoint(Path file, Map<String, String> identity) throws IOException {
        Map<String, NDArray> all = new LinkedHashMap<>();
        arrays.forEach((name, array) -> all.put("parameter." + name, array));
        optimizer.state().forEach((name, array) -> all.put("optimizer." + name, array));
        ema.values().forEach((name, array) -> all.put("ema." + name, array));
        SafetensorsWriter.write(file, all, numbered(identity, step), SafetensorsWriter.Storage.FLOAT32);
    }

    /**
     * Continues from a checkpoint.
     *
     * @throws IOException if it cannot be read or has another identity; then nothing was changed
     */
    public void restore(Path path, Map<String, String> identity) throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(path);
                NDManager scratch = manager.newSubManager()) {
            long taken = Long.parseLong(file.metadata().getOrDefault(STEP, "0"));
            Map<String, String> expected = numbered(identity, taken);
            if (!file.metadata().equals(expected)) {
                throw new IOException(
                        "%s was made with other options or data (%s); this run has %s.%nMaybe name another output folder."
                                .formatted(path, file.metadata(), expected));
            }
            Map<String, Map<String, NDArray>> parts = new LinkedHashMap<>();
            for (String name : file.names()) {
                String[] split = name.split("\\.", 2);
                parts.computeIfAbsent(split[0], part -> new LinkedHashMap<>()).put(split[1], file.read(scratch, name));
            }
            arrays.forEach((name, array) ->
                    InPlace.assign(array, parts.get("parameter").get(name)));
            optimizer.restore(taken, parts.get("optimizer"));
            ema.restore(parts.get("ema"));
            step = taken;
        }
    }

    private static Map<String, String> numbered(Map<String, String> identity, long taken) {
        Map<String, String> all = new LinkedHashMap<>(identity);
        all.put(STEP, Long.toString(taken));
        return all;
    }

    /**
     * Writes a model's folder: {@link #CONFIG}, {@code made_by.json} and {@link #WEIGHTS}.
     *
     * @param model all its arrays
     */
    public static void export(
            Path folder,
            Map<String, Object> config,
            Map<String, Object> madeBy,
            Map<String, NDArray> model,
            SafetensorsWriter.Storage storage)
            throws IOException {
        AtomicFiles.folder(folder, place -> {
            json(place.resolve(CONFIG), config);
            json(place.resolve("made_by.json"), madeBy);
            SafetensorsWriter.write(place.resolve(WEIGHTS), model, Map.of("format", "pt"), storage);
        });
    }

    /** Writes a JSON file with line breaks. */
    public static void json(Path file, Map<String, Object> value) throws IOException {
        String text =
                JsonMapper.builder().build().writerWithDefaultPrettyPrinter().writeValueAsString(value);
        Files.writeString(file, text + "\n");
    }

    @Override
    public void close() {
        optimizer.close();
        ema.close();
    }
}
