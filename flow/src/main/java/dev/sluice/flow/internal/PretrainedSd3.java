package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Pretraining;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Ops;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** SD3's transformer and T5, for pictures; the pooled text is the mean of T5's states. */
record PretrainedSd3(Pretraining.Architecture architecture) implements PretrainedFamily {
    private Sd3Config config(int labels) {
        Pretraining.Architecture a = architecture;
        return new Sd3Config(
                a.imageSize(),
                a.patchSize(),
                CHANNELS,
                a.layers(),
                a.headSize(),
                a.heads(),
                a.textWidth(),
                a.textWidth(),
                CHANNELS + labels,
                a.imageSize() / a.patchSize(),
                Set.of(),
                true);
    }

    @Override
    public Network transformer(NDManager manager, int labels, NoiseSource noise) {
        Sd3Config config = config(labels);
        return new Sd3Transformer(config, Sd3Init.weights(manager, config, noise));
    }

    @Override
    public WeightLayout layout() {
        return config(0).layout();
    }

    /** The table of positions is computed. */
    @Override
    public boolean learned(String name) {
        return !name.equals(Sd3Init.POSITION_TABLE);
    }

    @Override
    public boolean hidden(String name, Shape shape) {
        return name.startsWith("transformer_blocks.") && !name.contains(".norm1") && shape.dimension() == 2;
    }

    @Override
    public boolean tablePerBlock() {
        return false;
    }

    @Override
    public Conditioning encode(T5Encoder encoder, NDArray ids) {
        NDArray states = encoder.encode(ids);
        return new Conditioning(states, Ops.call("t5_pooled", null, states, ids));
    }

    @Override
    public String textEncoder() {
        return "text_encoder_3";
    }

    @Override
    public String tokenizer() {
        return "tokenizer_3";
    }

    @Override
    public Map<String, String> textEncoderKind() {
        return Map.of("architectures", Components.T5, "model_type", "t5");
    }

    @Override
    public Map<String, Object> modelIndex() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", "StableDiffusion3Pipeline");
        json.put("_diffusers_version", "0.40.0");
        List<String> absent = new ArrayList<>();
        absent.add(null);
        absent.add(null);
        for (String name : List.of("text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "vae")) {
            json.put(name, absent);
        }
        json.put("scheduler", List.of("diffusers", "FlowMatchEulerDiscreteScheduler"));
        json.put("text_encoder_3", List.of("transformers", "T5EncoderModel"));
        json.put("tokenizer_3", List.of("transformers", "PreTrainedTokenizerFast"));
        json.put("transformer", List.of("diffusers", "SD3Transformer2DModel"));
        return json;
    }

    @Override
    public Map<String, Object> transformerConfig() {
        Sd3Config c = config(0);
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", "SD3Transformer2DModel");
        json.put("attention_head_dim", c.headSize());
        json.put("caption_projection_dim", c.width());
        json.put("dual_attention_layers", c.dualAttentionLayers());
        json.put("in_channels", c.inChannels());
        json.put("joint_attention_dim", c.jointAttentionSize());
        json.put("num_attention_heads", c.heads());
        json.put("num_layers", c.layers());
        json.put("out_channels", c.outChannels());
        json.put("patch_size", c.patchSize());
        json.put("pooled_projection_dim", c.pooledSize());
        json.put("pos_embed_max_size", c.tableSide());
        json.put("qk_norm", c.queryKeyNorm() ? "rms_norm" : null);
        json.put("sample_size", c.sampleSize());
        return json;
    }

    @Override
    public Shape latents(int batch) {
        return new Shape(batch, CHANNELS, architecture.imageSize(), architecture.imageSize());
    }
}
