package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Fixtures;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a transformer holds between its first and its last layer, against diffusers: where a velocity is off, the first of these that
 * fails says where. The parts are those that run one after another where blocks are recomputed.
 */
class BetweenLayersTest {
    private static final double TOLERANCE = 1e-5;

    private final NDManager manager = Torch.newManager();
    private final Torch.Scope off = Torch.noGradient();
    private SafetensorsFile golden;

    @AfterEach
    void close() throws IOException {
        if (golden != null) {
            golden.close();
        }
        off.close();
        manager.close();
    }

    private SafetensorsFile open(String fixture) throws IOException {
        golden = SafetensorsFile.open(Fixtures.path(fixture + "/golden.safetensors"));
        return golden;
    }

    private Weights weights(String folder) throws IOException {
        try (WeightFiles files = WeightFiles.open(Fixtures.path(folder))) {
            return files.load(manager);
        }
    }

    private NDArray read(String name) throws IOException {
        return golden.read(manager, name);
    }

    private void assertGolden(NDArray found, String name) throws IOException {
        assertClose(found, read(name), name);
    }

    private static void assertClose(NDArray found, NDArray expected, String name) {
        assertThat(Fixtures.relativeError(found, expected)).as(name).isLessThan(TOLERANCE);
    }

    private NDArray numbers(long... values) {
        return manager.create(values);
    }

    private static NDArray silu(NDArray x) {
        return x.div(x.neg().exp().add(1));
    }

    /** Our tables have a number for each pair of features, diffusers' one for each feature. */
    private static NDArray ofPairs(NDArray table) {
        return table.get(new NDIndex("..., ::2")).squeeze();
    }

    @Test
    void sd3() throws IOException {
        open("sd3-transformer");
        Weights weights = weights("sd3-transformer/transformer");
        NDArray shape = numbers(4, 2, 3, 12);
        NDList begun = Ops.callAll(
                "sd3_begin",
                weights,
                read("a.in.hidden_states"),
                read("a.in.timestep"),
                read("a.in.encoder_hidden_states"),
                read("a.in.pooled_projections"),
                shape);
        assertGolden(begun.get(0), "debug.a.pos_embed");
        assertGolden(begun.get(1), "debug.a.context");
        assertClose(begun.get(2), silu(read("debug.a.temb")), "temb");
        NDArray image = begun.get(0);
        NDArray words = begun.get(1);
        for (int block = 0; block < 3; block++) {
            NDList after =
                    Ops.callAll("sd3_blocks", weights, image, words, begun.get(2), shape, numbers(block, block + 1));
            image = after.get(0);
            words = after.get(1);
            assertGolden(image, "debug.a.block%s.hidden".formatted(block));
            if (block < 2) {
                assertGolden(words, "debug.a.block%s.context".formatted(block));
            }
        }
    }

    @Test
    void flux() throws IOException {
        open("flux-transformer");
        Weights weights = weights("flux-transformer/transformer");
        NDArray shape = numbers(2, 1, 2, 4, 6, 6);
        NDList begun = Ops.callAll(
                "flux_tokens_begin",
                weights,
                read("a.in.hidden_states"),
                read("a.in.timestep").mul(1000),
                read("a.in.guidance").mul(1000),
                read("a.in.encoder_hidden_states"),
                read("a.in.pooled_projections"),
                read("a.in.txt_ids").concat(read("a.in.img_ids"), 0),
                shape);
        assertClose(begun.get(2), silu(read("debug.a.temb")), "temb");
        assertClose(begun.get(3), ofPairs(read("debug.a.rope_cos")), "rope_cos");
        assertClose(begun.get(4), ofPairs(read("debug.a.rope_sin")), "rope_sin");
        NDArray image = begun.get(0);
        NDArray words = begun.get(1);
        long count = words.getShape().get(1);
        for (int block = 0; block < 3; block++) {
            NDList after = Ops.callAll(
                    "flux_blocks",
                    weights,
                    image,
                    words,
                    begun.get(2),
                    begun.get(3),
                    begun.get(4),
                    shape,
                    numbers(block, block + 1));
            image = after.get(0);
            words = after.get(1);
            if (block == 0) {
                assertGolden(image, "debug.a.double0.hidden");
                assertGolden(words, "debug.a.double0.context");
            } else {
                String single = "debug.a.single" + (block - 1);
                assertGolden(image.get(new NDIndex(":, {}:", count)), single + ".hidden");
                assertGolden(image.get(new NDIndex(":, :{}", count)), single + ".context");
            }
        }
    }

    /** The places of words and squares that the pipeline hands its network, by the angles that ours come to. */
    @Test
    void fluxCountsPlacesAsItsPipeline() throws IOException {
        open("flux-pipeline");
        Weights weights = weights("flux-pipeline/transformer");
        NDArray latents = read("latents.unpacked");
        NDArray text = read("prompt_embeds");
        NDArray pooled = read("pooled_prompt_embeds");
        NDArray time = manager.full(new Shape(2), 500f);
        NDArray shape = shapeOf(FluxConfig.of(ConfigFile.read(Fixtures.path("flux-pipeline/transformer/config.json"))));
        NDList ours = Ops.callAll("flux_begin", weights, latents, time, time, text, pooled, shape);
        NDArray ids = read("text_ids").concat(read("image_ids"), 0);
        assertThat(ids.getShape()).isEqualTo(new Shape(18 + 12, 3));
        NDList told = Ops.callAll(
                "flux_tokens_begin", weights, read("latents.initial"), time, time, text, pooled, ids, shape);
        for (int i = 0; i < 5; i++) {
            assertClose(ours.get(i), told.get(i), "value " + i);
        }
        NDArray others = ids.get(":, 0:1").concat(ids.get(":, 2:3"), 1).concat(ids.get(":, 1:2"), 1);
        NDArray turned = Ops.callAll(
                        "flux_tokens_begin", weights, read("latents.initial"), time, time, text, pooled, others, shape)
                .get(4);
        assertThat(Fixtures.relativeError(turned, ours.get(4)))
                .as("rows and columns changed")
                .isGreaterThan(0.1);
    }

    private NDArray shapeOf(FluxConfig config) {
        return numbers(
                config.heads(),
                config.doubleLayers(),
                config.singleLayers(),
                config.rotaryAxes().get(0),
                config.rotaryAxes().get(1),
                config.rotaryAxes().get(2));
    }

    @Test
    void wan() throws IOException {
        open("wan-transformer");
        Weights weights = weights("wan-transformer/transformer");
        NDArray shape = numbers(2, 2, frequencies(), 1, 2, 2, 0);
        NDArray none = manager.create(new Shape(0), DataType.FLOAT32);
        NDList begun = Ops.callAll(
                "wan_begin",
                weights,
                read("t2v.in.hidden_states"),
                read("t2v.in.timestep").toType(DataType.FLOAT32, false).expandDims(1),
                read("t2v.in.encoder_hidden_states"),
                none,
                shape);
        assertGolden(begun.get(0), "debug.t2v.patch");
        assertGolden(begun.get(1), "debug.t2v.text");
        assertGolden(begun.get(3).reshape(2, -1), "debug.t2v.timestep_proj");
        assertClose(begun.get(4), ofPairs(read("debug.t2v.rope_cos")), "rope_cos");
        assertClose(begun.get(5), ofPairs(read("debug.t2v.rope_sin")), "rope_sin");
        assertGolden(begun.get(6).squeeze(1), "debug.t2v.temb");
        NDArray tokens = begun.get(0);
        for (int block = 0; block < 2; block++) {
            NDArray[] arguments = begun.toArray(new NDArray[10]);
            arguments[0] = tokens;
            arguments[8] = shape;
            arguments[9] = numbers(block, block + 1);
            tokens = Ops.callAll("wan_blocks", weights, arguments).get(0);
            assertGolden(tokens, "debug.t2v.block" + block);
        }
    }

    private static int frequencies() throws IOException {
        return WanConfig.of(ConfigFile.read(Fixtures.path("wan-transformer/transformer/config.json")))
                .frequencies();
    }

    /** Seen through Wan's two layers after it, set to pass each feature on: x·sigmoid(x), which rises where features are. */
    @Test
    void timesAreEmbeddedAsInDiffusers() throws IOException {
        open("extras");
        int size = 32;
        NDArray times = read("time.timesteps");
        Map<String, NDArray> passing = new TreeMap<>();
        passing.put("patch_embedding.weight", manager.ones(new Shape(size, 1, 1, 1, 1)));
        passing.put("patch_embedding.bias", manager.zeros(new Shape(size)));
        String embedder = "condition_embedder.time_embedder.linear_";
        for (String name : new String[] {
            embedder + 1,
            embedder + 2,
            "condition_embedder.text_embedder.linear_1",
            "condition_embedder.text_embedder.linear_2"
        }) {
            passing.put(name + ".weight", manager.eye(size));
            passing.put(name + ".bias", manager.zeros(new Shape(size)));
        }
        passing.put("condition_embedder.time_proj.weight", manager.zeros(new Shape(6L * size, size)));
        passing.put("condition_embedder.time_proj.bias", manager.zeros(new Shape(6L * size)));
        NDArray embedded = Ops.callAll(
                        "wan_begin",
                        null,
                        passing,
                        manager.zeros(new Shape(5, 1, 1, 1, 1)),
                        times.expandDims(1),
                        manager.zeros(new Shape(5, 1, size)),
                        manager.create(new Shape(0), DataType.FLOAT32),
                        numbers(2, 0, size, 1, 1, 1, 0))
                .get(6)
                .squeeze(1);
        // Times of up to 1000 turn a rounding of the frequencies into 1e-5 of the sines.
        NDArray expected = silu(read("time.embedding"));
        assertThat(embedded.getShape()).isEqualTo(expected.getShape());
        assertThat(embedded.sub(expected).abs().max().getFloat()).isLessThan(3e-5f);
        assertThat(embedded.sub(silu(read("time.embedding_default")))
                        .abs()
                        .max()
                        .getFloat())
                .as("the function's default switches, which no family uses")
                .isGreaterThan(0.1f);
    }

    @Test
    void theTableOfPositionsIsThatOfDiffusers() throws IOException {
        open("extras");
        NDArray table = manager.create(Sd3Init.sineCosineTable(16, 6, 8 / 6.0), new Shape(36, 16));
        assertGolden(table, "pos.sincos");
        // A fresh model's table is over its sample's side: 8 patches of 2, as base_size has it.
        Sd3Config config = new Sd3Config(16, 2, 4, 1, 8, 2, 8, 8, 4, 6, Set.of(), true);
        NDArray fresh = Sd3Init.weights(manager, config, NoiseSource.of(1)).get(Sd3Init.POSITION_TABLE);
        assertGolden(fresh.squeeze(0), "pos.sincos");
    }
}
