package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Reads adapters as PEFT and diffusers write them, adds them to weights, and writes ones that both would read. */
class StoredAdapterTest {
    private static final Path ADAPTERS = Fixtures.path("adapters");
    private static final Path PEFT = Fixtures.path("grpo-step/lora");
    private static final Path DIFFUSERS = Fixtures.path("grpo-step/lora_diffusers");
    private static final Path SD3 = Fixtures.path("sd3-pipeline");

    /** The settings that change what a LoRA does. */
    private static final Set<String> EFFECTIVE = Set.of(
            "transformer.alpha_pattern",
            "transformer.lora_alpha",
            "transformer.r",
            "transformer.rank_pattern",
            "transformer.target_modules",
            "transformer.use_rslora");

    @TempDir
    private Path folder;

    private final NDManager manager = Torch.newManager();

    @AfterEach
    void free() {
        manager.close();
    }

    private Weights weights(String model) throws IOException {
        try (WeightFiles files = WeightFiles.open(Fixtures.path(model).resolve("transformer"))) {
            return files.load(manager);
        }
    }

    private Map<String, NDArray> copies(Weights weights) {
        Map<String, NDArray> copies = new TreeMap<>();
        weights.asMap().forEach((name, array) -> copies.put(name, InPlace.copy(manager, array)));
        return copies;
    }

    private static void assertSame(Weights found, Map<String, NDArray> expected) {
        expected.forEach((name, array) ->
                assertThat(found.get(name).toFloatArray()).as(name).isEqualTo(array.toFloatArray()));
    }

    /** Ranks and alphas by patterns, the root's scale, and DoRA; in both forms. */
    @ParameterizedTest(name = "{0} of {2}")
    @CsvSource({
        "sd3-patterns, sd3-pipeline, peft",
        "sd3-patterns, sd3-pipeline, diffusers",
        "flux, flux-pipeline, peft",
        "flux, flux-pipeline, diffusers",
        "wan-dora, wan-pipeline, peft",
        "wan-dora, wan-pipeline, diffusers",
    })
    void mergedWeightsAreThoseOfFuseLora(String name, String model, String form) throws IOException {
        Weights weights = weights(model);
        try (StoredAdapter adapter = StoredAdapter.open(ADAPTERS.resolve(name).resolve(form));
                SafetensorsFile golden = SafetensorsFile.open(ADAPTERS.resolve("golden.safetensors"))) {
            adapter.requireFits(Fixtures.path(model));
            adapter.merge(weights, 1);
            int compared = 0;
            for (String tensor : golden.names()) {
                if (tensor.startsWith(name + ".")) {
                    Fixtures.assertEqual(golden, weights.get(tensor.substring(name.length() + 1)), tensor, 1e-6);
                    compared++;
                }
            }
            assertThat(compared).isGreaterThan(2);
            assertThat(adapter.dora()).isEqualTo(name.endsWith("dora"));
        }
    }

    /** The file that diffusers saved of the same adapter as PEFT's folder: names, values, and the settings that change what it does. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "grpo-step/lora, grpo-step/lora_diffusers, 46",
        "adapters/sd3-patterns/peft, adapters/sd3-patterns/diffusers, 12",
        "adapters/flux/peft, adapters/flux/diffusers, 12",
    })
    void whatIsWrittenForDiffusersIsWhatDiffusersWrites(String peft, String diffusers, int tensors) throws IOException {
        FlowPipelineTest.copy(Fixtures.path(peft), folder);
        AdapterFolder.writeDiffusers(folder);
        assertThat(folder.resolve(StoredAdapter.DIFFUSERS_SECOND)).doesNotExist();
        try (SafetensorsFile ours = SafetensorsFile.open(folder.resolve(StoredAdapter.DIFFUSERS));
                SafetensorsFile theirs =
                        SafetensorsFile.open(Fixtures.path(diffusers).resolve(StoredAdapter.DIFFUSERS))) {
            assertThat(ours.names()).isEqualTo(theirs.names()).hasSize(tensors);
            for (String name : ours.names()) {
                assertThat(ours.shape(name)).as(name).isEqualTo(theirs.shape(name));
                assertThat(ours.floats(name)).as(name).isEqualTo(theirs.floats(name));
            }
            Map<String, Object> said = settings(ours);
            Map<String, Object> expected = settings(theirs);
            expected.keySet().retainAll(EFFECTIVE);
            assertThat(said).containsAllEntriesOf(expected).containsOnlyKeys(EFFECTIVE);
            assertThat(expected).containsKeys("transformer.r", "transformer.lora_alpha", "transformer.target_modules");
        }
    }

    private static Map<String, Object> settings(SafetensorsFile file) {
        JsonNode json = JsonMapper.shared().readTree(file.metadata().get(AdapterReader.METADATA));
        Map<String, Object> settings = new TreeMap<>();
        json.properties().forEach(entry -> settings.put(entry.getKey(), plain(entry.getValue())));
        return settings;
    }

    /** Numbers without their type, and lists without their order. */
    private static Object plain(JsonNode json) {
        if (json.isNumber()) {
            return json.doubleValue();
        }
        if (json.isArray()) {
            return json.valueStream().map(StoredAdapterTest::plain).collect(Collectors.toSet());
        }
        if (json.isObject()) {
            return json.propertyStream().collect(Collectors.toMap(Map.Entry::getKey, entry -> plain(entry.getValue())));
        }
        return json.toString();
    }

    @Test
    void bothFormsOfAFolderSayTheSame() throws IOException {
        try (StoredAdapter peft = StoredAdapter.open(PEFT);
                StoredAdapter diffusers = StoredAdapter.open(DIFFUSERS);
                StoredAdapter file = StoredAdapter.open(DIFFUSERS.resolve(StoredAdapter.DIFFUSERS))) {
            assertThat(diffusers.options()).isEqualTo(peft.options());
            assertThat(file.layers()).isEqualTo(peft.layers()).hasSize(23);
            assertThat(peft.options().scale("transformer_blocks.0.attn.to_q")).isEqualTo(2);
        }
    }

    /** Patterns survive being trained on and written. */
    @Test
    void anAdapterWithPatternsIsWrittenAsItIs() throws IOException {
        Weights weights = weights("sd3-pipeline").of("SD3Transformer2DModel");
        Map<String, NDArray> before = copies(weights);
        try (LoraAdapter adapter = AdapterFolder.open(ADAPTERS.resolve("sd3-patterns/diffusers"), manager, weights)) {
            AdapterFolder.write(folder, adapter, adapter.parameters(), "");
            AdapterFolder.writeDiffusers(folder);
            adapter.fold();
            Map<String, NDArray> folded = copies(weights);
            adapter.unfold();
            assertSame(weights, before);
            for (Path written : List.of(folder, folder.resolve(StoredAdapter.DIFFUSERS))) {
                try (StoredAdapter again = StoredAdapter.open(written)) {
                    assertThat(again.options()).isEqualTo(adapter.options());
                    again.merge(weights, 1);
                    assertSame(weights, folded);
                    adapter.unfold();
                }
            }
        }
        assertThat(Files.readString(folder.resolve(AdapterFolder.CONFIG)))
                .contains("\"SD3Transformer2DModel\"", "transformer_sd3");
    }

    /** Older files: down and up, an alpha for each layer, and no settings. */
    @ParameterizedTest
    @CsvSource({"lora.down, lora.up", "lora_down, lora_up", "lora_A.default, lora_B.default"})
    void olderNamesAndAlphaTensorsAreUnderstood(String down, String up) throws IOException {
        Weights weights = weights("sd3-pipeline");
        String layer = "transformer_blocks.0.attn.to_q";
        NDArray weight = weights.get(layer + ".weight");
        NDArray before = InPlace.copy(manager, weight);
        NDArray a = NoiseSource.of(1)
                .gaussian(manager, new Shape(2, weight.getShape().get(1)));
        NDArray b =
                NoiseSource.of(2).gaussian(manager, new Shape(weight.getShape().get(0), 2));
        Path file = folder.resolve("style.safetensors");
        write(
                file,
                Map.of(
                        "transformer." + layer + "." + down + ".weight",
                        a,
                        "transformer." + layer + "." + up + ".weight",
                        b));
        try (StoredAdapter adapter = StoredAdapter.open(file)) {
            adapter.merge(weights, 0.5);
            assertThat(Fixtures.relativeError(weight, before.add(b.matMul(a).mul(0.5))))
                    .isLessThan(1e-6);
            adapter.merge(weights, -0.5);
            assertThat(Fixtures.relativeError(weight, before)).isLessThan(1e-6);
        }
        write(
                file,
                Map.of(
                        "diffusion_model." + layer + "." + down + ".weight", a,
                        "diffusion_model." + layer + "." + up + ".weight", b,
                        "diffusion_model." + layer + ".alpha", manager.create(3f)));
        InPlace.assign(weight, before);
        try (StoredAdapter adapter = StoredAdapter.open(file)) {
            assertThat(adapter.options().alpha()).isEqualTo(3);
            adapter.merge(weights, 1);
            assertThat(Fixtures.relativeError(weight, before.add(b.matMul(a).mul(1.5))))
                    .isLessThan(1e-6);
        }
    }

    private static void write(Path file, Map<String, NDArray> tensors) throws IOException {
        SafetensorsWriter.write(file, tensors, Map.of(), SafetensorsWriter.Storage.FLOAT32);
    }

    @Test
    void stackedAdaptersAddUpAndAreTakenOutBitForBit() throws IOException {
        Weights weights = weights("wan-pipeline");
        Map<String, NDArray> before = copies(weights);
        String layer = "blocks.0.attn1.to_q";
        NDArray weight = weights.get(layer + ".weight");
        NDArray a = manager.ones(new Shape(1, weight.getShape().get(1)));
        NDArray b = manager.ones(new Shape(weight.getShape().get(0), 1));
        write(folder.resolve("ones.safetensors"), Map.of(layer + ".lora_A.weight", a, layer + ".lora_B.weight", b));
        try (StoredAdapter dora = StoredAdapter.open(ADAPTERS.resolve("wan-dora/peft"));
                StoredAdapter ones = StoredAdapter.open(folder.resolve("ones.safetensors"));
                AdapterStack stack = new AdapterStack(manager, weights)) {
            stack.set(List.of(new AdapterStack.Entry(ones, 0.25), new AdapterStack.Entry(ones, -0.5)));
            assertThat(Fixtures.relativeError(
                            weight, before.get(layer + ".weight").sub(0.25f)))
                    .isLessThan(1e-6);
            stack.set(List.of(new AdapterStack.Entry(dora, 1)));
            Map<String, NDArray> alone = copies(weights);
            stack.set(List.of(new AdapterStack.Entry(dora, 1), new AdapterStack.Entry(ones, 2)));
            assertThat(Fixtures.relativeError(
                            weight, alone.get(layer + ".weight").add(2)))
                    .isLessThan(1e-6);
            stack.clear();
            assertSame(weights, before);
            try (StoredAdapter other = StoredAdapter.open(PEFT)) {
                assertThatThrownBy(() -> stack.set(List.of(new AdapterStack.Entry(other, 1))))
                        .hasMessageContaining("does not fit the model");
            }
            assertSame(weights, before);
            assertThatThrownBy(() -> AdapterFolder.open(ADAPTERS.resolve("wan-dora/peft"), manager, weights))
                    .hasMessageContaining("is a DoRA adapter, which can be used but not trained");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "text_encoder.layer.lora_A.weight | adapts a text encoder",
                "lora_te1_text_model_encoder.lora_down.weight | adapts a text encoder",
                "lora_unet_joint_blocks_0_attn_qkv.lora_down.weight | whose layer has no name of diffusers'",
                "transformer.blocks.0.diff | expected names such as transformer.LAYER.lora_A.weight",
                "transformer.proj_out.weight | expected names such as",
                "transformer.proj_out.lora_B.bias | expected names such as",
                "transformer.proj_out.lora_A.weight | has no B of proj_out",
                "base_model.model.proj_out.alpha | has no A of proj_out",
            })
    void aFileOfSomethingElseIsRefusedInOneSentence(String name, String says) throws IOException {
        Path file = folder.resolve("other.safetensors");
        write(file, Map.of(name, manager.ones(new Shape(2, 2))));
        assertThatThrownBy(() -> StoredAdapter.open(file).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining(says);
    }

    @Test
    void shapesThatAreNoLinearLayersAreRefused() throws IOException {
        Path file = folder.resolve("other.safetensors");
        write(
                file,
                Map.of(
                        "x.lora_A.weight",
                        manager.ones(new Shape(2, 3)),
                        "x.lora_B.weight",
                        manager.ones(new Shape(4, 3))));
        assertThatThrownBy(() -> StoredAdapter.open(file).close())
                .hasMessageContaining("A and B of x have shapes (2, 3) and (4, 3)");
        write(
                file,
                Map.of(
                        "x.lora_A.weight",
                        manager.ones(new Shape(2, 3)),
                        "x.lora_down.weight",
                        manager.ones(new Shape(2, 3))));
        assertThatThrownBy(() -> StoredAdapter.open(file).close()).hasMessageContaining("expected one");
    }

    @Test
    void anAdapterForAnotherModelIsRefusedBeforeItIsOpened() throws IOException {
        try (StoredAdapter wan = StoredAdapter.open(ADAPTERS.resolve("wan-dora/diffusers"));
                StoredAdapter larger = StoredAdapter.open(PEFT)) {
            assertThatThrownBy(() -> wan.requireFits(SD3))
                    .hasMessageContaining("it adapts blocks.0.attn1.to_q, which is no layer of " + SD3);
            assertThatThrownBy(() -> larger.requireFits(SD3)).hasMessageContaining("of shape (32, 32)");
        }
    }

    @Test
    void foldersWithoutAnAdapterAreRefused() throws IOException {
        assertThatThrownBy(() -> StoredAdapter.open(SD3)).hasMessageContaining("is a model, not an adapter");
        assertThatThrownBy(() -> StoredAdapter.open(folder.resolve("none")))
                .hasMessageContaining("expected an adapter's folder or file");
        assertThatThrownBy(() -> StoredAdapter.open(folder)).hasMessageContaining("has no weights");
        Path pickled = Files.createFile(folder.resolve("adapter_model.bin"));
        assertThatThrownBy(() -> StoredAdapter.open(folder)).hasMessageContaining("is a pickled checkpoint");
        Files.delete(pickled);
        Path pointer = folder.resolve(StoredAdapter.DIFFUSERS);
        Files.writeString(pointer, "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n");
        assertThatThrownBy(() -> StoredAdapter.open(folder)).hasMessageContaining("a Git LFS pointer");
    }
}
