package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Pretraining;
import dev.sluice.flow.tensor.NoiseSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Wan's transformer and UMT5, for videos; padding is neither attended to nor kept, and there is no pooled text. */
record PretrainedWan(Pretraining.Architecture architecture) implements PretrainedFamily {
    private static final int FREQUENCIES = 256;
    private static final int MOST_POSITIONS = 1024;
    private static final Autoencoder PIXELS = new Autoencoder.Pixels();

    private WanConfig config() {
        Pretraining.Architecture a = architecture;
        Pretraining.Video video = a.video().orElseThrow();
        return new WanConfig(
                List.of(video.patchFrames(), a.patchSize(), a.patchSize()),
                a.heads(),
                a.headSize(),
                CHANNELS + (video.fromPicture() ? WanPictures.joinedChannels(PIXELS) : 0),
                CHANNELS,
                a.textWidth(),
                FREQUENCIES,
                4 * a.heads() * a.headSize(),
                a.layers(),
                true,
                true,
                0,
                MOST_POSITIONS,
                video.blockFrames().orElse(0) / video.patchFrames(),
                new WanConfig.Usual(a.imageSize(), a.imageSize(), video.frames()),
                video.predictsVideo());
    }

    @Override
    public Network transformer(NDManager manager, int labels, NoiseSource noise) {
        return new WanTransformer(config(), WanInit.weights(manager, config(), labels, noise), false);
    }

    @Override
    public WeightLayout layout() {
        return config().layout();
    }

    @Override
    public boolean learned(String name) {
        return true;
    }

    @Override
    public boolean hidden(String name, Shape shape) {
        return name.startsWith("blocks.") && shape.dimension() == 2;
    }

    @Override
    public boolean tablePerBlock() {
        return true;
    }

    @Override
    public Conditioning encode(T5Encoder encoder, NDArray ids) {
        NDArray mask = ids.gt(0).toType(DataType.INT64, false);
        NDArray states = encoder.encode(ids, mask);
        NDArray kept = states.mul(mask.toType(DataType.FLOAT32, false).expandDims(2));
        return new Conditioning(
                kept, ids.getManager().zeros(new Shape(ids.getShape().get(0), 0)));
    }

    @Override
    public String textEncoder() {
        return "text_encoder";
    }

    @Override
    public String tokenizer() {
        return "tokenizer";
    }

    @Override
    public Map<String, String> textEncoderKind() {
        return Map.of("architectures", Components.UMT5, "model_type", "umt5");
    }

    @Override
    public Map<String, Object> modelIndex() {
        Map<String, Object> json = new LinkedHashMap<>();
        boolean picture = architecture.video().orElseThrow().fromPicture();
        json.put("_class_name", picture ? PipelineParts.WAN_PICTURE : PipelineParts.WAN);
        json.put("_diffusers_version", "0.40.0");
        List<String> absent = new ArrayList<>();
        absent.add(null);
        absent.add(null);
        if (picture) {
            json.put("image_encoder", absent);
            json.put("image_processor", absent);
        }
        json.put("scheduler", List.of("diffusers", "FlowMatchEulerDiscreteScheduler"));
        json.put("text_encoder", List.of("transformers", Components.UMT5));
        json.put("tokenizer", List.of("transformers", "PreTrainedTokenizerFast"));
        json.put("transformer", List.of("diffusers", Components.WAN));
        json.put("vae", absent);
        return json;
    }

    @Override
    public Map<String, Object> transformerConfig() {
        WanConfig c = config();
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("_class_name", Components.WAN);
        json.put("attention_head_dim", c.headSize());
        json.put("cross_attn_norm", c.crossNorm());
        json.put("eps", 1e-6);
        json.put("ffn_dim", c.feedForward());
        json.put("freq_dim", c.frequencies());
        json.put("in_channels", c.inChannels());
        json.put("num_attention_heads", c.heads());
        if (c.blockFrames() > 0) {
            json.put("num_frame_per_block", c.blockFrames());
        }
        json.put("num_layers", c.layers());
        json.put("out_channels", c.outChannels());
        json.put("patch_size", c.patchSize());
        if (c.predictsData()) {
            json.put(WanConfig.PREDICTION, WanConfig.DATA);
        }
        json.put("qk_norm", "rms_norm_across_heads");
        json.put("rope_max_seq_len", c.mostPositions());
        json.put("sample_frames", c.usual().frames());
        json.put("sample_height", c.usual().rows());
        json.put("sample_width", c.usual().columns());
        json.put("text_dim", c.textSize());
        return json;
    }

    @Override
    public int parts() {
        return architecture.video().orElseThrow().blocks();
    }

    @Override
    public List<NDArray> picture(NDArray clean) {
        if (!architecture.video().orElseThrow().fromPicture()) {
            return List.of();
        }
        return List.of(WanPictures.channels(
                PIXELS,
                clean.get(new NDIndex(":, :, :1")),
                Math.toIntExact(clean.getShape().get(2))));
    }

    @Override
    public Shape latents(int batch) {
        int frames = architecture.video().orElseThrow().frames();
        return new Shape(batch, CHANNELS, frames, architecture.imageSize(), architecture.imageSize());
    }
}
