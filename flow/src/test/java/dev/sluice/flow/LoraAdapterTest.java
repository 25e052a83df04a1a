package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class LoraAdapterTest {
    private static final NoiseSource NOISE = NoiseSource.of(5);
    private static final LoraAdapter.Options OPTIONS = new LoraAdapter.Options(2, 6, List.of("attn.to_q"));
    private static final String A = "base_model.model.block.0.attn.to_q.lora_A.weight";
    private static final String B = "base_model.model.block.0.attn.to_q.lora_B.weight";

    private static Weights weights(NDManager manager) {
        Weights weights = new Weights(manager);
        weights.put("block.0.attn.to_q.weight", NOISE.gaussian(manager, new Shape(3, 4)));
        weights.put("block.0.attn.to_q.bias", NOISE.gaussian(manager, new Shape(3)));
        weights.put("block.0.other_to_q.weight", NOISE.gaussian(manager, new Shape(3, 4)));
        return weights;
    }

    @Test
    void aFreshAdapterChangesNothingAndOneWithValuesAddsTheirProduct() {
        try (NDManager manager = Torch.newManager()) {
            Weights weights = weights(manager);
            float[] before = weights.get("block.0.attn.to_q.weight").toFloatArray();
            LoraAdapter adapter = new LoraAdapter(manager, weights, OPTIONS, NOISE);
            assertThat(adapter.layers()).containsExactly("block.0.attn.to_q");
            adapter.fold();
            assertThat(weights.get("block.0.attn.to_q.weight").toFloatArray()).isEqualTo(before);

            Map<String, NDArray> values = new LinkedHashMap<>();
            values.put(A, NOISE.gaussian(manager, new Shape(2, 4)));
            values.put(B, NOISE.gaussian(manager, new Shape(3, 2)));
            adapter.load(values);
            adapter.fold();
            float[] product = values.get(B).matMul(values.get(A)).toFloatArray();
            float[] folded = weights.get("block.0.attn.to_q.weight").toFloatArray();
            for (int i = 0; i < folded.length; i++) {
                assertThat(folded[i]).isCloseTo(before[i] + 3 * product[i], within(1e-5f));
            }
            assertThat(adapter.reference().get("block.0.attn.to_q.weight").toFloatArray())
                    .isEqualTo(before);
            adapter.unfold();
            assertThat(weights.get("block.0.attn.to_q.weight").toFloatArray()).isEqualTo(before);
        }
    }

    /** The gradient pulled back from the folded weight equals that of a layer that adds the low-rank branch itself. */
    @Test
    void pulledBackGradientsEqualThoseOfASeparateBranch() {
        try (NDManager manager = Torch.newManager();
                Torch.Scope recording = Torch.withGradient()) {
            Weights weights = weights(manager);
            LoraAdapter adapter = new LoraAdapter(manager, weights, OPTIONS, NOISE);
            NDArray b = NOISE.gaussian(manager, new Shape(3, 2));
            adapter.load(Map.of(A, adapter.parameters().get(A), B, b));
            adapter.fold();
            NDArray x = NOISE.gaussian(manager, new Shape(5, 4));
            NDArray cotangent = NOISE.gaussian(manager, new Shape(5, 3));

            NDArray separateA = adapter.parameters().get(A).duplicate();
            NDArray separateB = b.duplicate();
            separateA.setRequiresGradient(true);
            separateB.setRequiresGradient(true);
            NDArray base = adapter.reference().get("block.0.attn.to_q.weight");
            NDArray separate = x.matMul(base.transpose())
                    .add(x.matMul(separateA.transpose())
                            .matMul(separateB.transpose())
                            .mul(3));
            Torch.backward(separate, cotangent);

            Replica replica = adapter.replica(manager);
            for (int pass = 0; pass < 2; pass++) {
                NDArray folded = x.matMul(
                        replica.weights().get("block.0.attn.to_q.weight").transpose());
                Torch.backward(folded, cotangent.mul(0.5f));
            }
            adapter.pullBack(replica);
            adapter.pullBack(replica);
            assertClose(adapter.gradients().get(A), separateA.getGradient());
            assertClose(adapter.gradients().get(B), separateB.getGradient());

            adapter.zeroGradients();
            assertThat(adapter.gradients().get(A).abs().max().getFloat()).isZero();
        }
    }

    private static void assertClose(NDArray found, NDArray expected) {
        assertThat(found.sub(expected).abs().max().getFloat())
                .isLessThan(1e-5f * expected.abs().max().getFloat());
    }

    @Test
    void targetsThatMatchNothingAndForeignTensorsAreRefused() {
        try (NDManager manager = Torch.newManager()) {
            Weights weights = weights(manager);
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            new LoraAdapter(manager, weights, new LoraAdapter.Options(2, 2, List.of("to_z")), NOISE))
                    .withMessageContaining("to_z");
            LoraAdapter adapter = new LoraAdapter(manager, weights, OPTIONS, NOISE);
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> adapter.load(Map.of("x", manager.create(1f))))
                    .withMessageContaining("x");
            assertThatIllegalArgumentException()
                    .isThrownBy(() ->
                            adapter.load(Map.of(A, manager.zeros(new Shape(2, 5)), B, manager.zeros(new Shape(3, 2)))))
                    .withMessageContaining("(2, 5)");
        }
    }

    @Test
    void anOperatorMayTakeAWeightAsArgumentAndLaterAsEntry() {
        try (NDManager manager = Torch.newManager()) {
            Weights weights = new Weights(manager);
            weights.put("a.b", manager.create(2f));
            NDArray doubled = Ops.call("to_float32", null, weights.get("a.b"));
            assertThat(doubled.getFloat()).isEqualTo(2f);
            assertThat(weights.get("a.b").getFloat()).isEqualTo(2f);
        }
    }
}
