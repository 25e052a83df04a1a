package dev.sluice.cli.internal.study;

import dev.sluice.cli.internal.JsonLines;
import dev.sluice.cli.internal.Manifests;
import dev.sluice.cli.internal.RunFolder;
import dev.sluice.cli.internal.compare.TestSets;
import dev.sluice.configs.RunFiles;
import dev.sluice.configs.RunManifest;
import dev.sluice.configs.StudyConfig;
import dev.sluice.flow.AtomicFiles;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/**
 * The folder of a study: {@code study.yaml}, the runs' folders and logs, {@code seconds.json}, and at the end
 * {@code comparison.html} and {@code comparison.csv}.
 *
 * @param path the folder
 */
public record StudyFolder(Path path) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    /** What may differ between a run that is there and the run that the study asks for: none of it changes results. */
    private static final List<String> FREE = List.of("device", "lanes", "threads", "output");

    /** Left out, it is what the model's scheduler says, and a run's folder tells what that was. */
    private static final String OF_THE_MODEL = "evaluation.solver";

    /** How far a run is. */
    public enum State {
        /** Nothing is there. */
        NEW,
        /** Something is there that can be continued. */
        STARTED,
        /** All iterations are done, the last test too, and the weights are there. */
        FINISHED
    }

    /** Returns the folder of one of the study's runs. */
    public RunFolder run(StudyConfig.Planned run) {
        return new RunFolder(path.resolve(run.name()));
    }

    /** Returns the file of what one of the study's runs printed. */
    Path log(StudyConfig.Planned run) {
        return path.resolve(run.name() + ".log");
    }

    /**
     * Returns how far a run is.
     *
     * @throws IllegalArgumentException if what is there was run with other options
     */
    public State state(StudyConfig.Planned run) throws IOException {
        RunFolder folder = run(run);
        if (!folder.used() || !Files.exists(folder.config())) {
            return State.NEW;
        }
        requireSame(run, folder);
        boolean weights = Files.exists(folder.path().resolve("adapter"))
                || Files.exists(folder.path().resolve("model"));
        return weights && lastTest(folder) == run.config().iterations() ? State.FINISHED : State.STARTED;
    }

    /**
     * Refuses runs that cannot be of one study, and changes nothing.
     *
     * @throws IllegalArgumentException if what is there was run with other options or of another model, or the runs are
     *     tested differently
     */
    public void check(List<StudyConfig.Planned> plan) throws IOException {
        Map<String, Map<String, Object>> configs = new LinkedHashMap<>();
        for (StudyConfig.Planned run : plan) {
            configs.put(run.name(), RunFiles.tree(run.config()));
        }
        TestSets.requireOne(configs);
        Map<List<Path>, Map<String, String>> hashes = new HashMap<>();
        for (StudyConfig.Planned run : plan) {
            if (state(run) != State.NEW) {
                List<Path> inputs = Manifests.inputs(run.config());
                if (!hashes.containsKey(inputs)) {
                    hashes.put(inputs, RunManifest.hashes(inputs));
                }
                requireSameData(run(run), hashes.get(inputs));
            }
        }
    }

    /** A run of an earlier model must not stand beside those of the present one. */
    private static void requireSameData(RunFolder folder, Map<String, String> now) throws IOException {
        for (Map.Entry<String, String> then : Manifests.data(folder).entrySet()) {
            if (!then.getValue().equals(now.get(then.getKey()))) {
                throw new IllegalArgumentException(
                        "%s was run with other data: %s has changed since.%nMaybe give the study another name, or delete that folder."
                                .formatted(folder.path(), then.getKey()));
            }
        }
    }

    private static long lastTest(RunFolder folder) throws IOException {
        List<Map<String, Object>> tests =
                Files.exists(folder.evaluations()) ? JsonLines.read(folder.evaluations()) : List.of();
        return !tests.isEmpty() && tests.get(tests.size() - 1).get("step") instanceof Number step
                ? step.longValue()
                : -1;
    }

    private static void requireSame(StudyConfig.Planned run, RunFolder folder) {
        Map<String, String> there = flat(RunFiles.tree(folder.config()));
        Map<String, String> asked = flat(RunFiles.tree(run.config()));
        Map<String, String> all = new TreeMap<>(there);
        all.putAll(asked);
        for (String key : all.keySet()) {
            boolean same = Objects.equals(there.get(key), asked.get(key));
            boolean chosen = key.equals(OF_THE_MODEL) && asked.get(key) == null;
            if (!same && !chosen) {
                throw new IllegalArgumentException(
                        "%s was run with other options: %s is %s there and %s in the study.%nMaybe give the study another name, or delete that folder."
                                .formatted(folder.path(), key, there.get(key), asked.get(key)));
            }
        }
    }

    /** Returns the values by their keys with dots, without what may differ. */
    private static Map<String, String> flat(Map<String, Object> tree) {
        Map<String, String> flat = new LinkedHashMap<>();
        tree.forEach((key, value) -> {
            if (!FREE.contains(key)) {
                flatten(key, value, flat);
            }
        });
        return flat;
    }

    private static void flatten(String path, Object value, Map<String, String> flat) {
        if (value instanceof Map<?, ?> group) {
            group.forEach((key, inner) -> flatten(path + "." + key, inner, flat));
        } else {
            flat.put(path, String.valueOf(value));
        }
    }

    /** Makes the folder and writes the study's options. */
    void begin(String yaml) throws IOException {
        Files.createDirectories(path);
        AtomicFiles.file(path.resolve("study.yaml"), yaml.getBytes(StandardCharsets.UTF_8));
    }

    /**
     * Keeps other processes from the study until the returned channel is closed, or this process ends, however that happens.
     *
     * @throws IOException if another process has it
     */
    FileChannel lock() throws IOException {
        Files.createDirectories(path);
        FileChannel channel =
                FileChannel.open(path.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        boolean locked = false;
        try {
            locked = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            locked = false; // another thread of this process has it: the same answer
        } finally {
            if (!locked) {
                channel.close();
            }
        }
        if (!locked) {
            throw new IOException(
                    "%s is being worked on by another process.%nMaybe wait for it to end.".formatted(path));
        }
        return channel;
    }

    /** Returns the seconds that each run has taken so far, by its name; those of a run that was resumed are summed up. */
    public Map<String, Double> seconds() throws IOException {
        Path file = path.resolve("seconds.json");
        if (!Files.exists(file)) {
            return new LinkedHashMap<>();
        }
        try {
            return JSON.readValue(file, new TypeReference<LinkedHashMap<String, Double>>() {});
        } catch (JacksonException e) {
            throw new IOException("%s is not a JSON object of numbers.".formatted(file), e);
        }
    }

    /** Writes the seconds that each run has taken so far. */
    void seconds(Map<String, Double> seconds) throws IOException {
        AtomicFiles.file(path.resolve("seconds.json"), JSON.writeValueAsBytes(seconds));
    }
}
