package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads the adapter that PEFT wrote for the tiny SD3 transformer, and writes one that it would read. */
class AdapterFolderTest {
    private static final Path PEFT = Fixtures.path("grpo-step/lora");
    private static final String PREFIX = "base_model.model.";
    private static final String LAYER = "transformer_blocks.0.attn.to_q";

    @TempDir
    private Path folder;

    private final NDManager manager = Torch.newManager();
    private final Weights weights = new Weights(manager);

    /** Weights of the layers that the adapter has, in the shapes it says, with other values. */
    @BeforeEach
    void network() throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(PEFT.resolve(AdapterFolder.WEIGHTS))) {
            for (String name : file.names()) {
                if (name.endsWith(".lora_A.weight")) {
                    String layer = name.substring(PREFIX.length(), name.length() - ".lora_A.weight".length());
                    long out = file.shape(name.replace("lora_A", "lora_B")).get(0);
                    Shape shape = new Shape(out, file.shape(name).get(1));
                    weights.put(layer + ".weight", NoiseSource.of(3).gaussian(manager, shape));
                }
            }
        }
    }

    @AfterEach
    void free() {
        manager.close();
    }

    @Test
    void peftsAdapterAddsItsScaledProduct() throws IOException {
        NDArray weight = weights.get(LAYER + ".weight");
        NDArray before = weight.duplicate();
        try (LoraAdapter adapter = AdapterFolder.open(PEFT, manager, weights)) {
            assertThat(adapter.options().rank()).isEqualTo(4);
            assertThat(adapter.layers()).hasSize(23);
            assertThat(weight.toFloatArray()).isEqualTo(before.toFloatArray());
            adapter.fold();
            NDArray a = adapter.parameters().get(PREFIX + LAYER + ".lora_A.weight");
            NDArray b = adapter.parameters().get(PREFIX + LAYER + ".lora_B.weight");
            assertThat(Fixtures.relativeError(weight, before.add(b.matMul(a).mul(2))))
                    .isLessThan(1e-6);
            assertThat(weight.sub(before).abs().max().getFloat()).isGreaterThan(1e-3f);
        }
    }

    @Test
    void whatIsWrittenIsReadBackBitForBit() throws IOException {
        try (LoraAdapter adapter = AdapterFolder.open(PEFT, manager, weights)) {
            AdapterFolder.write(folder, adapter, adapter.parameters(), "configs/models/scenes");
            try (LoraAdapter again = AdapterFolder.open(folder, manager, weights)) {
                assertThat(again.options()).isEqualTo(adapter.options());
                assertThat(again.layers()).isEqualTo(adapter.layers());
                adapter.parameters()
                        .forEach((name, array) -> assertThat(
                                        again.parameters().get(name).toFloatArray())
                                .as(name)
                                .isEqualTo(array.toFloatArray()));
            }
        }
    }

    @ParameterizedTest(name = "{0} → {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "\"peft_type\": \"LORA\" | \"peft_type\": \"LOHA\" | peft_type (\"LOHA\") must be one of [LORA]",
                "\"lora_bias\": false | \"lora_bias\": true | lora_bias (true) must be false",
                "\"modules_to_save\": null | \"modules_to_save\": [\"x\"] | modules_to_save ([\"x\"]) must be empty",
                "\"bias\": \"none\" | \"bias\": \"all\" | bias (\"all\") must be one of [none]",
                "\"rank_pattern\": {} | \"rank_pattern\": {\"to_q\": 2} | to_q has the rank 2, but",
                "\"rank_pattern\": {} | \"rank_pattern\": {\"(\": 2} | ranks (() must be a layer's name or a regular expression",
                "\"alpha_pattern\": {} | \"alpha_pattern\": {\"to_q\": []} | alpha_pattern of to_q ([]) must be a number",
                "\"r\": 4 | \"r\": 0 | rank (0) must be at least 1",
                "\"r\": 4 | \"s\": 4 | has no r",
                "\"lora_alpha\": 8 | \"lora_alpha\": -1 | alpha (-1.0) must be",
                "\"attn.to_q\" | \"norm.to_q\" | does not fit the model",
                "\"r\": 4 | \"r\": 5 | has the rank 5, but",
                "\"attn.to_q\" | 7 | must be a list of texts",
                "{ | x | adapter_config.json is not valid JSON",
            })
    void anotherKindOfAdapterIsRefusedInOneSentence(String from, String to, String message) throws IOException {
        String config = Files.readString(PEFT.resolve(AdapterFolder.CONFIG));
        assertThat(config).contains(from);
        Files.writeString(folder.resolve(AdapterFolder.CONFIG), config.replace(from, to));
        Files.copy(PEFT.resolve(AdapterFolder.WEIGHTS), folder.resolve(AdapterFolder.WEIGHTS));
        assertThatThrownBy(() -> AdapterFolder.open(folder, manager, weights))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message)
                .hasMessageContaining("adapter_");
    }

    @Test
    void anAdapterOfAnotherModelIsRefused() {
        Weights other = new Weights(manager);
        other.put("blocks.0.attn1.to_q.weight", manager.zeros(new Shape(4, 4)));
        assertThatThrownBy(() -> AdapterFolder.open(PEFT, manager, other))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("does not fit the model: it adapts transformer_blocks.0.attn.add_k_proj");
    }

    @Test
    void aFolderWithoutAnAdapterIsRefused() {
        assertThatThrownBy(() -> AdapterFolder.open(folder.resolve("none"), manager, weights))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected an adapter's folder");
        assertThatThrownBy(() -> AdapterFolder.open(folder, manager, weights))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("has no weights");
    }
}
