package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import dev.sluice.sde.KlForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointTest {
    private static final RunIdentity RUN = new RunIdentity("config-hash", "model-hash");
    private static final Objective OBJECTIVE = Objective.flowGrpo(0.05, 0.1, KlForm.EXACT);

    @TempDir
    private Path folder;

    /** Returns all metrics that are not times or memory. */
    private static List<Map<String, Double>> iterate(GrpoTrainer trainer, int count) {
        List<Map<String, Double>> metrics = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Map<String, Double> one = trainer.iterate().metrics();
            one.keySet()
                    .removeIf(
                            name -> name.startsWith("seconds.") || name.contains("second") || name.contains("memory"));
            metrics.add(one);
        }
        return metrics;
    }

    private static Map<String, float[]> values(Map<String, NDArray> arrays) {
        Map<String, float[]> values = new LinkedHashMap<>();
        arrays.forEach((name, array) -> values.put(name, array.toFloatArray()));
        return values;
    }

    private static Map<String, float[]> everything(GrpoTrainer trainer) {
        Map<String, float[]> all =
                new LinkedHashMap<>(values(trainer.policy().trainable().parameters()));
        values(trainer.ema().values()).forEach((name, value) -> all.put("ema." + name, value));
        values(trainer.optimiser().state()).forEach((name, value) -> all.put("moment." + name, value));
        return all;
    }

    private static void assertSame(Map<String, float[]> found, Map<String, float[]> expected) {
        assertThat(found.keySet()).isEqualTo(expected.keySet());
        expected.forEach((name, value) -> assertThat(found.get(name)).as(name).containsExactly(value));
    }

    @ParameterizedTest(name = "stopped after {0}")
    @ValueSource(ints = {1, 3, 4})
    void aResumedRunOfSd3EqualsOneThatNeverStoppedBitForBit(int stop) throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 2);
        List<Map<String, Double>> whole;
        Map<String, float[]> end;
        try (TinySd3 world = new TinySd3(4);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager, world.lanes, world.policy, TinySd3.task(), TinySd3.options(11))) {
            whole = iterate(trainer, 6);
            end = everything(trainer);
            assertThat(whole).allMatch(m -> m.get("ratio.max_deviation_before_update") == 0.0);
            assertThat(whole.stream().mapToDouble(m -> m.get("updates")).sum()).isGreaterThan(6);
        }
        List<Map<String, Double>> parts;
        try (TinySd3 world = new TinySd3(4);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager, world.lanes, world.policy, TinySd3.task(), TinySd3.options(11))) {
            parts = iterate(trainer, stop);
            checkpoints.save(trainer, RUN);
        }
        try (TinySd3 world = new TinySd3(4);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager, world.lanes, world.policy, TinySd3.task(), TinySd3.options(11))) {
            assertThat(checkpoints.restoreLatest(trainer, RUN)).hasValue(folder.resolve("step-%06d".formatted(stop)));
            assertThat(trainer.iteration()).isEqualTo(stop);
            parts.addAll(iterate(trainer, 6 - stop));
            assertSame(everything(trainer), end);
        }
        assertThat(parts).isEqualTo(whole);
    }

    @Test
    void theOldestCheckpointsGoAndHalfWrittenOnesAreCleared() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 2);
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = trainer(world, 1)) {
            for (int i = 0; i < 4; i++) {
                trainer.iterate();
                checkpoints.save(trainer, RUN);
            }
            Files.createDirectories(folder.resolve(".step-000005.partial123"));
            Files.createDirectories(folder.resolve("step-000009"));
            assertThat(checkpoints.latest()).hasValue(folder.resolve("step-000004"));
            checkpoints.restoreLatest(trainer, RUN);
            assertThat(names()).containsExactly("step-000003", "step-000004", "step-000009");
        }
    }

    private List<String> names() throws IOException {
        try (var entries = Files.list(folder)) {
            return entries.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private static GrpoTrainer trainer(GaussianWorld world, long seed) {
        return world.trainer(GaussianWorld.nearness(0.8), GaussianWorld.options(0.05, OBJECTIVE, seed));
    }

    @Test
    void theAverageIsWhatIsEvaluatedAndThePresentWeightsComeBack() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = trainer(world, 1)) {
            for (int i = 0; i < 10; i++) {
                trainer.iterate();
            }
            float[] present = world.weights.get("theta").toFloatArray();
            float[] average =
                    trainer.withAverage(() -> world.weights.get("theta").toFloatArray());
            assertThat(average)
                    .containsExactly(trainer.ema().values().get("theta").toFloatArray());
            assertThat(average[0]).isNotEqualTo(present[0]).isNotZero();
            assertThat(world.weights.get("theta").toFloatArray()).containsExactly(present);
        }
    }

    @Test
    void aCheckpointOfSomethingElseIsRefusedInOneSentenceAndChangesNothing() throws IOException {
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 2);
        try (TinySd3 world = new TinySd3(4);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager, world.lanes, world.policy, TinySd3.task(), TinySd3.options(11))) {
            trainer.iterate();
            checkpoints.save(trainer, RUN);
            Path state = folder.resolve("step-000001/state.json");
            Map<String, float[]> before = everything(trainer);
            trainer.iterate();
            refused(
                    checkpoints,
                    trainer,
                    new RunIdentity("config-hash", "other"),
                    "another base model",
                    "its model is model-hash");
            refused(
                    checkpoints,
                    trainer,
                    new RunIdentity("other", "model-hash"),
                    "other settings",
                    "its config is config-hash");

            String good = Files.readString(state);
            Files.writeString(state, good.replace("\"iteration\" : 1", "\"iteration\" : -1"));
            refused(checkpoints, trainer, RUN, "state.json: iteration (-1) must be a whole number");
            Files.writeString(state, good.substring(0, 40));
            refused(checkpoints, trainer, RUN, "state.json is not valid JSON");
            Files.writeString(state, good.replace("\"format\" : 1", "\"format\" : 2"));
            refused(checkpoints, trainer, RUN, "format (2) must be 1");
            Files.writeString(state, good);

            Path optimiser = folder.resolve("step-000001/optimizer.safetensors");
            byte[] moments = Files.readAllBytes(optimiser);
            Files.write(optimiser, java.util.Arrays.copyOf(moments, moments.length - 8));
            refused(checkpoints, trainer, RUN, "optimizer.safetensors");
            Files.delete(optimiser);
            refused(checkpoints, trainer, RUN, "optimizer.safetensors");
            Files.write(optimiser, moments);

            checkpoints.restoreLatest(trainer, RUN);
            assertSame(everything(trainer), before);
        }
        try (TinySd3 world = new TinySd3(2);
                GrpoTrainer trainer = new GrpoTrainer(
                        world.manager, world.lanes, world.policy, TinySd3.task(), TinySd3.options(11))) {
            refused(checkpoints, trainer, RUN, "has shape (4, 32); this run's model and adapter need (2, 32)");
        }
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = trainer(world, 1)) {
            refused(checkpoints, trainer, RUN, "has no tensor theta");
        }
    }

    private static void refused(CheckpointFolder checkpoints, GrpoTrainer trainer, RunIdentity run, String... parts) {
        Map<String, float[]> before = everything(trainer);
        assertThatThrownBy(() -> checkpoints.restoreLatest(trainer, run))
                .isInstanceOf(IOException.class)
                .hasMessageContainingAll(parts);
        assertSame(everything(trainer), before);
    }

    @Test
    void identitiesDifferWhereWeightsOrSettingsDo() {
        try (TinySd3 one = new TinySd3(4);
                TinySd3 same = new TinySd3(2)) {
            RunIdentity first = RunIdentity.of("a: 1", one.weights);
            assertThat(RunIdentity.of("a: 1", same.weights)).isEqualTo(first);
            assertThat(RunIdentity.of("a: 2", same.weights).config()).isNotEqualTo(first.config());
            String name = same.weights.names().iterator().next();
            same.weights.get(name).addi(1e-6f);
            assertThat(RunIdentity.hash(same.weights)).isNotEqualTo(first.model());
        }
    }

    @Test
    void aFolderWithoutCheckpointsRestoresNothing() {
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = trainer(world, 1)) {
            assertThatCode(() -> assertThat(new CheckpointFolder(folder.resolve("none"), 1).restoreLatest(trainer, RUN))
                            .isEmpty())
                    .doesNotThrowAnyException();
        }
    }
}
