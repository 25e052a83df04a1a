package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdapterFolder;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.Trainable;
import dev.sluice.flow.tensor.InPlace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * A trainer's whole state as a folder:
 *
 * <ul>
 *   <li>{@code adapter/}: the trained arrays, for LoRA in PEFT's form;
 *   <li>{@code ema/}: their moving average, in the same form: what is evaluated and used;
 *   <li>{@code copy/}: the copy of the policy, in the same form, where the objective has one;
 *   <li>{@code optimizer.safetensors}: the moments;
 *   <li>{@code NAME.safetensors}: what learns beside the policy, such as a critic, with its moments;
 *   <li>{@code state.json}: iteration, position in the prompt list, counters, past outcomes of prompts if they are kept, and what
 *       the checkpoint belongs to. Random numbers are functions of the seed and the iteration, so no generator's state is needed.
 * </ul>
 */
final class TrainerCheckpoint {
    static final String STATE = "state.json";
    private static final int FORMAT = 1;
    private static final String ADAPTER = "adapter";
    private static final String AVERAGE = "ema";
    private static final String COPY = "copy";
    private static final String ENDING = ".safetensors";
    private static final String OPTIMISER = "optimizer" + ENDING;
    private static final String COMPANION_STEPS = "Steps";

    private TrainerCheckpoint() {}

    /** Writes the folder beside its place, then renames it. */
    static void write(Path folder, GrpoTrainer trainer, RunIdentity identity) throws IOException {
        Trainable trainable = trainer.policy().trainable();
        AtomicFiles.folder(folder, partial -> {
            writeArrays(partial.resolve(ADAPTER), trainable, trainable.parameters(), identity);
            writeArrays(partial.resolve(AVERAGE), trainable, trainer.ema().values(), identity);
            if (trainer.copy().isPresent()) {
                writeArrays(
                        partial.resolve(COPY), trainable, trainer.copy().get().values(), identity);
            }
            SafetensorsWriter.write(
                    partial.resolve(OPTIMISER),
                    trainer.optimiser().state(),
                    Map.of(),
                    SafetensorsWriter.Storage.FLOAT32);
            for (Companion companion : trainer.companions()) {
                SafetensorsWriter.write(
                        partial.resolve(companion.name() + ENDING),
                        companion.arrays(),
                        Map.of(),
                        SafetensorsWriter.Storage.FLOAT32);
            }
            AtomicFiles.file(partial.resolve(STATE), state(trainer, identity));
        });
    }

    private static void writeArrays(Path folder, Trainable trainable, Map<String, NDArray> values, RunIdentity identity)
            throws IOException {
        if (trainable instanceof LoraAdapter adapter) {
            AdapterFolder.write(folder, adapter, values, "sha256:" + identity.model());
        } else {
            Files.createDirectories(folder);
            SafetensorsWriter.write(
                    folder.resolve(AdapterFolder.WEIGHTS), values, Map.of(), SafetensorsWriter.Storage.FLOAT32);
        }
    }

    private static byte[] state(GrpoTrainer trainer, RunIdentity identity) {
        JsonMapper mapper = new JsonMapper();
        TrainerState state = trainer.state();
        ObjectNode node = mapper.createObjectNode();
        node.put("format", FORMAT);
        node.put("iteration", state.iteration());
        node.put("promptPosition", state.promptPosition());
        node.put("optimizerSteps", trainer.optimiser().steps());
        node.put("skippedSamples", state.skippedSamples());
        node.put("skippedUpdates", state.skippedUpdates());
        node.put("lostInARow", state.lostInARow());
        node.put("seed", trainer.options().seed());
        node.put("config", identity.config());
        node.put("model", identity.model());
        for (Companion companion : trainer.companions()) {
            node.put(companion.name() + COMPANION_STEPS, companion.optimiser().steps());
        }
        if (trainer.history().window() > 0) {
            node.set(
                    "history",
                    mapper.valueToTree(new TreeMap<>(trainer.history().outcomes())));
        }
        return mapper.writerWithDefaultPrettyPrinter().writeValueAsBytes(node);
    }

    /** Restores a trainer; nothing changes if the folder is broken or belongs to something else. */
    static void restore(Path folder, GrpoTrainer trainer, RunIdentity identity) throws IOException {
        JsonNode state = readState(folder);
        require(folder, "model", state, identity.model(), "another base model");
        require(folder, "config", state, identity.config(), "other settings");
        TrainerState restored = new TrainerState(
                number(folder, state, "iteration"),
                number(folder, state, "promptPosition"),
                number(folder, state, "skippedSamples"),
                number(folder, state, "skippedUpdates"),
                Math.toIntExact(number(folder, state, "lostInARow")));
        long steps = number(folder, state, "optimizerSteps");
        PromptHistory history =
                history(folder, state, trainer.options().signal().history());
        Map<String, NDArray> parameters = trainer.policy().trainable().parameters();
        try (NDManager scratch = trainer.manager().newSubManager()) {
            Map<String, NDArray> values =
                    read(scratch, folder.resolve(ADAPTER).resolve(AdapterFolder.WEIGHTS), parameters);
            Map<String, NDArray> averages =
                    read(scratch, folder.resolve(AVERAGE).resolve(AdapterFolder.WEIGHTS), parameters);
            Map<String, NDArray> moments =
                    read(scratch, folder.resolve(OPTIMISER), trainer.optimiser().state());
            Map<String, NDArray> copied = trainer.copy().isPresent()
                    ? read(scratch, folder.resolve(COPY).resolve(AdapterFolder.WEIGHTS), parameters)
                    : Map.of();
            List<Restored> beside = new ArrayList<>();
            for (Companion companion : trainer.companions()) {
                beside.add(new Restored(
                        companion,
                        number(folder, state, companion.name() + COMPANION_STEPS),
                        read(scratch, folder.resolve(companion.name() + ENDING), companion.arrays())));
            }
            parameters.forEach((name, parameter) -> InPlace.assign(parameter, values.get(name)));
            trainer.ema().restore(averages);
            trainer.optimiser().restore(steps, moments);
            trainer.copy().ifPresent(copy -> copy.restore(copied));
            beside.forEach(one -> one.companion().restore(one.steps(), one.values()));
        }
        trainer.policy().trainable().fold();
        trainer.state(restored, history);
    }

    /** What was read of a companion. */
    private record Restored(Companion companion, long steps, Map<String, NDArray> values) {}

    private static PromptHistory history(Path folder, JsonNode state, int window) throws IOException {
        if (window == 0) {
            return PromptHistory.empty(0);
        }
        Map<String, List<double[]>> outcomes = new HashMap<>();
        for (Map.Entry<String, JsonNode> prompt : state.path("history").properties()) {
            List<double[]> samples = new ArrayList<>();
            for (JsonNode sample : prompt.getValue()) {
                double[] outcome = new double[sample.size()];
                for (int i = 0; i < outcome.length; i++) {
                    if (!sample.get(i).isNumber()) {
                        throw new IOException("%s: history of \"%s\" (%s) must hold numbers."
                                .formatted(folder.resolve(STATE), prompt.getKey(), sample));
                    }
                    outcome[i] = sample.get(i).doubleValue();
                }
                samples.add(outcome);
            }
            outcomes.put(prompt.getKey(), List.copyOf(samples));
        }
        return new PromptHistory(window, Map.copyOf(outcomes));
    }

    private static JsonNode readState(Path folder) throws IOException {
        Path file = folder.resolve(STATE);
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s is missing; a checkpoint is a folder with %s.".formatted(file, STATE));
        }
        JsonNode state;
        try {
            state = new JsonMapper().readTree(Files.readAllBytes(file));
        } catch (JacksonException e) {
            throw new IOException("%s is not valid JSON: %s".formatted(file, e.getOriginalMessage()), e);
        }
        if (state.path("format").asInt(0) != FORMAT) {
            throw new IOException("%s: format (%s) must be %s.".formatted(file, state.path("format"), FORMAT));
        }
        return state;
    }

    private static void require(Path folder, String key, JsonNode state, String expected, String what)
            throws IOException {
        String found = state.path(key).asString("");
        if (!found.equals(expected)) {
            throw new IOException(
                    "%s was made with %s: its %s is %s, this run's is %s.%nMaybe start a new run under another name."
                            .formatted(folder, what, key, shortened(found), shortened(expected)));
        }
    }

    private static String shortened(String hash) {
        return hash.substring(0, Math.min(12, hash.length()));
    }

    private static long number(Path folder, JsonNode state, String key) throws IOException {
        JsonNode value = state.path(key);
        if (!value.isIntegralNumber() || value.asLong() < 0) {
            throw new IOException(
                    "%s: %s (%s) must be a whole number of at least 0.".formatted(folder.resolve(STATE), key, value));
        }
        return value.asLong();
    }

    /** Reads arrays with exactly the names and shapes of {@code like}. */
    private static Map<String, NDArray> read(NDManager owner, Path path, Map<String, NDArray> like) throws IOException {
        Map<String, NDArray> values = new LinkedHashMap<>();
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            for (Map.Entry<String, NDArray> entry : like.entrySet()) {
                String name = entry.getKey();
                Shape shape = entry.getValue().getShape();
                if (!file.contains(name)) {
                    throw new IOException(
                            "%s has no tensor %s, which this run's model and adapter need.".formatted(path, name));
                }
                if (!file.shape(name).equals(shape)) {
                    throw new IOException("%s: tensor %s has shape %s; this run's model and adapter need %s."
                            .formatted(path, name, file.shape(name), shape));
                }
                values.put(name, file.read(owner, name));
            }
            if (file.names().size() != like.size()) {
                throw new IOException("%s has %s tensors; this run's model and adapter need %s."
                        .formatted(path, file.names().size(), like.size()));
            }
        }
        return values;
    }
}
