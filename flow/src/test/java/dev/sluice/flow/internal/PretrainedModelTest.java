package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.ModelInspection;
import dev.sluice.flow.Pretraining;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PretrainedModelTest {
    private static final Pretraining.Architecture TINY = new Pretraining.Architecture(8, 4, 2, 2, 8, 1, 2, 16, 6);
    private static final List<String> WORDS = List.of("a", "red", "blue", "circle", "square");
    private static final List<String> CAPTIONS = List.of("a red circle", "a blue square", "");

    @TempDir
    Path folder;

    @Test
    void whatIsExportedOpensAsAPipelineInPixelSpace() throws IOException {
        try (NDManager manager = Torch.newManager();
                PretrainedModel model = PretrainedModel.create(manager, TINY, 0, 0, WORDS, 3)) {
            // The output layer starts at zero; a model that predicts nothing would equal anything.
            InPlace.assign(
                    model.arrays().get("transformer.proj_out.weight"),
                    NoiseSource.of(1).gaussian(manager, new Shape(48, 16)));
            model.export(folder.resolve("model"), model.arrays(), Map.of("seed", 3));
            PretrainedReplica replica = model.replica(manager, Set.of());
            Conditioning expected = replica.encode(manager.create(model.tokens(CAPTIONS), new Shape(3, 6)));
            try (FlowPipeline pipeline = FlowPipeline.open(folder.resolve("model"), Device.cpu())) {
                assertThat(pipeline.sizes().defaultHeight()).isEqualTo(8);
                assertThat(pipeline.usualTokens()).isEqualTo(6);
                Conditioning found = pipeline.encode(manager, CAPTIONS);
                // Half precision keeps 11 bits of each weight.
                assertThat(Fixtures.relativeError(found.tokens(), expected.tokens()))
                        .isLessThan(4e-3);
                assertThat(Fixtures.relativeError(found.pooled(), expected.pooled()))
                        .isLessThan(4e-3);
                NDArray noise =
                        NoiseSource.of(2).gaussian(manager, pipeline.sizes().latentShape(3, 8, 8));
                NDArray ours = pipeline.velocityModel().velocity(noise, 0.7, expected);
                NDArray theirs = replica.transformer().velocity(noise, 0.7, expected);
                assertThat(Fixtures.relativeError(ours, theirs)).isLessThan(4e-3);
                assertThat(pipeline.decode(manager.ones(new Shape(1, 3, 8, 8)).mul(0.5f))
                                .toFloatArray())
                        .containsOnly(0.75f);
                assertThat(pipeline.decode(manager.ones(new Shape(1, 3, 8, 8)).mul(-7f))
                                .toFloatArray())
                        .containsOnly(0f);
            }
            ModelInspection inspection = ModelInspection.of(folder.resolve("model"));
            assertThat(inspection.components())
                    .allSatisfy(c -> assertThat(c.fault()).isEmpty());
            assertThat(inspection.bytes()).isEqualTo(2 * inspection.parameters());
        }
    }

    @Test
    void predictingWordsAndWritingTheModelLeaveNoArrayBehind() throws IOException {
        try (NDManager manager = Torch.newManager();
                PretrainedModel model = PretrainedModel.create(manager, TINY, 2, 7, WORDS, 3);
                PretrainedReplica replica =
                        model.replica(manager, Set.of("labels.linear.weight", "labels.linear.bias"))) {
            NDManager weights =
                    model.arrays().get("transformer.proj_out.weight").getManager();
            Set<Integer> counts = new TreeSet<>();
            for (int i = 0; i < 3; i++) {
                try (NDManager scratch = manager.newSubManager();
                        Torch.Scope recording = Torch.withGradient()) {
                    NDArray ids = scratch.create(model.tokens(CAPTIONS), new Shape(3, 6));
                    NDArray words = replica.words(replica.encode(ids));
                    assertThat(words.getShape()).isEqualTo(new Shape(3, 6, 7));
                    Torch.backward(words.sum());
                }
                model.export(folder.resolve("model"), model.arrays(), Map.of());
                model.load(folder.resolve("model"));
                replica.drain((name, gradient) -> counts.add(weights.getManagedArrays()
                                .size()
                        + 1000 * gradient.getManager().getManagedArrays().size()));
            }
            assertThat(counts).hasSize(1);
        }
    }

    @Test
    void aHiddenWordIsTheUnknownToken() {
        try (NDManager manager = Torch.newManager();
                PretrainedModel model = PretrainedModel.create(manager, TINY, 0, 0, WORDS, 3)) {
            long[] plain = model.tokens(List.of("a red circle"));
            long[] hidden = model.tokens(List.of("a <unk> circle"));
            assertThat(hidden).hasSize(6).containsExactly(plain[0], 2, plain[2], 1, 0, 0);
            assertThat(model.tokens(List.of("a green circle"))).isEqualTo(hidden);
        }
    }

    @Test
    void whatIsExportedPredictsTheVelocityWithoutTheLabelsAndCanBeStartedFrom() throws IOException {
        Path exported = folder.resolve("model");
        try (NDManager manager = Torch.newManager();
                PretrainedModel model = PretrainedModel.create(manager, TINY, 2, 7, WORDS, 3);
                PretrainedModel other = PretrainedModel.create(manager, TINY, 2, 7, WORDS, 4)) {
            for (Map.Entry<String, NDArray> entry : model.arrays().entrySet()) {
                if (entry.getKey().startsWith("transformer.proj_out.")) {
                    Shape shape = entry.getValue().getShape();
                    assertThat(shape.get(0)).isEqualTo(16 * (3 + 2));
                    InPlace.assign(entry.getValue(), NoiseSource.of(1).gaussian(manager, shape));
                }
            }
            model.export(exported, model.arrays(), Map.of());
            NDArray noise = NoiseSource.of(2).gaussian(manager, new Shape(3, 3, 8, 8));
            NDArray expected = velocity(manager, model, noise);
            assertThat(expected.getShape()).isEqualTo(new Shape(3, 5, 8, 8));
            try (FlowPipeline pipeline = FlowPipeline.open(exported, Device.cpu())) {
                NDArray found = pipeline.velocityModel().velocity(noise, 0.7, pipeline.encode(manager, CAPTIONS));
                assertThat(found.getShape()).isEqualTo(new Shape(3, 3, 8, 8));
                assertThat(Fixtures.relativeError(found, expected.get(new NDIndex(":, :3"))))
                        .isLessThan(4e-3);
            }
            other.load(exported);
            NDArray loaded = velocity(manager, other, noise);
            assertThat(Fixtures.relativeError(loaded.get(new NDIndex(":, :3")), expected.get(new NDIndex(":, :3"))))
                    .isLessThan(4e-3);
            assertThat(loaded.get(new NDIndex(":, 3:")).abs().sum().getFloat()).isZero();
        }
    }

    private static NDArray velocity(NDManager manager, PretrainedModel model, NDArray noise) {
        PretrainedReplica replica = model.replica(manager, Set.of());
        Conditioning conditioning = replica.encode(manager.create(model.tokens(CAPTIONS), new Shape(3, 6)));
        return replica.transformer().velocity(noise, 0.7, conditioning);
    }
}
