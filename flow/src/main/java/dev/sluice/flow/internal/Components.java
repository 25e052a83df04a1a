package dev.sluice.flow.internal;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/** Opens the components of a diffusers folder: {@code config.json} says which network, its weights are checked against it. */
public final class Components {
    /** SD3's transformer. */
    public static final String SD3 = "SD3Transformer2DModel";

    /** FLUX.1's transformer. */
    public static final String FLUX = "FluxTransformer2DModel";

    /** Wan's transformer. */
    public static final String WAN = "WanTransformer3DModel";

    /** A velocity model of any architecture, as a file. */
    public static final String VELOCITY = "VelocityModel";

    /** T5's encoder. */
    public static final String T5 = "T5EncoderModel";

    /** UMT5's encoder. */
    public static final String UMT5 = "UMT5EncoderModel";

    /** CLIP's text encoder with its projection. */
    public static final String CLIP = "CLIPTextModelWithProjection";

    /** CLIP's text encoder without its projection. */
    public static final String CLIP_PLAIN = "CLIPTextModel";

    /** CLIP's picture encoder without its projection. */
    public static final String CLIP_VISION = "CLIPVisionModel";

    /** The image autoencoder. */
    public static final String VAE = "AutoencoderKL";

    /** Wan's video autoencoder. */
    public static final String WAN_VAE = "AutoencoderKLWan";

    /** Every architecture there is. */
    public static final List<String> KNOWN =
            List.of(SD3, FLUX, WAN, T5, UMT5, CLIP, CLIP_PLAIN, CLIP_VISION, VAE, WAN_VAE);

    private static final Map<String, String> BY_MODEL_TYPE =
            Map.of("t5", T5, "umt5", UMT5, "clip_text_model", CLIP_PLAIN, "clip_vision_model", CLIP_VISION);

    private Components() {}

    /** Reads a component's {@code config.json}. */
    public static ConfigFile config(Path folder) throws IOException {
        return ConfigFile.read(folder.resolve("config.json"));
    }

    /** Returns the name of the architecture that a {@code config.json} describes. */
    public static String architecture(ConfigFile config) throws IOException {
        Optional<String> name = config.text("_class_name");
        if (name.isEmpty()) {
            name = config.texts("architectures").stream().findFirst();
        }
        if (name.isEmpty()) {
            name = config.text("model_type").map(BY_MODEL_TYPE::get);
        }
        return name.orElseThrow(() ->
                new IOException("%s names no architecture (_class_name or architectures).".formatted(config.path())));
    }

    /** Refuses a folder whose architecture is none of these. */
    public static String require(ConfigFile config, String... allowed) throws IOException {
        String found = architecture(config);
        if (!List.of(allowed).contains(found)) {
            throw new IOException(
                    "%s: the architecture (%s) must be one of %s.".formatted(config.path(), found, List.of(allowed)));
        }
        return found;
    }

    /** Returns the tensors that the architecture of a {@code config.json} needs. */
    public static WeightLayout layout(ConfigFile config, WeightFiles files) throws IOException {
        return layout(config, files::contains);
    }

    /**
     * Returns the tensors that the architecture of a {@code config.json} needs.
     *
     * @param there tells which names there are, for architectures whose files differ in them
     */
    public static WeightLayout layout(ConfigFile config, Predicate<String> there) throws IOException {
        String architecture = require(config, KNOWN.toArray(new String[0]));
        return switch (architecture) {
            case SD3 -> Sd3Config.of(config).layout();
            case FLUX -> FluxConfig.of(config).layout();
            case WAN -> WanConfig.of(config).layout();
            case T5, UMT5 -> {
                String shared = "shared.weight";
                String embedding = there.test(shared) ? shared : "encoder.embed_tokens.weight";
                yield T5Config.of(config).layout(embedding, architecture.equals(UMT5));
            }
            case CLIP, CLIP_PLAIN ->
                ClipConfig.of(config, architecture.equals(CLIP))
                        .layout(there.test(ClipConfig.TOKENS) ? "" : ClipConfig.PREFIX);
            case CLIP_VISION -> ClipVisionConfig.of(config).layout(ClipVisionConfig.prefix(there));
            case VAE -> VaeConfig.of(config).layout();
            default -> WanVaeConfig.of(config).layout();
        };
    }

    /** Returns whether a tensor of an autoencoder only turns pictures into latents. */
    public static boolean encodesPictures(ConfigFile config, String tensor) throws IOException {
        String architecture = architecture(config);
        boolean autoencoder = architecture.equals(VAE) || architecture.equals(WAN_VAE);
        return autoencoder && (tensor.startsWith("encoder.") || tensor.startsWith("quant_conv."));
    }

    /** Opens SD3's transformer; its weights belong to {@code manager}. */
    public static Sd3Transformer sd3(Path folder, NDManager manager) throws IOException {
        return sd3(folder, manager, Precision.FLOAT32);
    }

    /** The same with weights of a precision. */
    public static Sd3Transformer sd3(Path folder, NDManager manager, Precision precision) throws IOException {
        ConfigFile config = config(folder);
        require(config, SD3);
        return new Sd3Transformer(Sd3Config.of(config), weights(folder, config, manager, precision));
    }

    /** Opens FLUX's transformer, told a guidance scale; its weights belong to {@code manager}. */
    public static FluxTransformer flux(Path folder, double guidance, NDManager manager) throws IOException {
        return flux(folder, guidance, manager, Precision.FLOAT32);
    }

    /** The same with weights of a precision. */
    public static FluxTransformer flux(Path folder, double guidance, NDManager manager, Precision precision)
            throws IOException {
        ConfigFile config = config(folder);
        require(config, FLUX);
        return new FluxTransformer(FluxConfig.of(config), weights(folder, config, manager, precision), guidance);
    }

    /**
     * Opens Wan's transformer; its weights belong to {@code manager}.
     *
     * @param wholeTimes see {@link WanTransformer}
     */
    public static WanTransformer wan(Path folder, boolean wholeTimes, NDManager manager) throws IOException {
        return wan(folder, wholeTimes, manager, Precision.FLOAT32);
    }

    /** The same with weights of a precision. */
    public static WanTransformer wan(Path folder, boolean wholeTimes, NDManager manager, Precision precision)
            throws IOException {
        ConfigFile config = config(folder);
        require(config, WAN);
        return new WanTransformer(WanConfig.of(config), weights(folder, config, manager, precision), wholeTimes);
    }

    /** Opens a T5 or UMT5 encoder; its weights belong to {@code manager}. */
    public static T5Encoder t5(Path folder, NDManager manager) throws IOException {
        return t5(folder, manager, Precision.FLOAT32);
    }

    /** The same with weights of a precision. */
    public static T5Encoder t5(Path folder, NDManager manager, Precision precision) throws IOException {
        ConfigFile config = config(folder);
        require(config, T5, UMT5);
        return new T5Encoder(T5Config.of(config), weights(folder, config, manager, precision));
    }

    /** Opens a CLIP text encoder; its weights belong to {@code manager}. */
    public static ClipTextEncoder clip(Path folder, NDManager manager) throws IOException {
        return clip(folder, manager, Precision.FLOAT32);
    }

    /** The same with weights of a precision. */
    public static ClipTextEncoder clip(Path folder, NDManager manager, Precision precision) throws IOException {
        ConfigFile config = config(folder);
        String architecture = require(config, CLIP, CLIP_PLAIN);
        ClipConfig sizes = ClipConfig.of(config, architecture.equals(CLIP));
        return new ClipTextEncoder(sizes, weights(folder, config, manager, precision));
    }

    /** Opens a CLIP picture encoder; its weights belong to {@code manager}. */
    public static ClipVision clipVision(Path folder, NDManager manager) throws IOException {
        ConfigFile config = config(folder);
        require(config, CLIP_VISION);
        return new ClipVision(ClipVisionConfig.of(config), weights(folder, config, manager, Precision.FLOAT32));
    }

    /** Opens an image autoencoder; its weights belong to {@code manager}. */
    public static AutoencoderKl vae(Path folder, NDManager manager) throws IOException {
        ConfigFile config = config(folder);
        require(config, VAE);
        return new AutoencoderKl(VaeConfig.of(config), weights(folder, config, manager, Precision.FLOAT32));
    }

    /** Opens Wan's video autoencoder; its weights belong to {@code manager}. */
    public static AutoencoderKlWan wanVae(Path folder, NDManager manager) throws IOException {
        ConfigFile config = config(folder);
        require(config, WAN_VAE);
        return new AutoencoderKlWan(WanVaeConfig.of(config), weights(folder, config, manager, Precision.FLOAT32));
    }

    /** Checks a component's architecture and the names and shapes of its tensors, without reading any. */
    public static ConfigFile check(Path folder, String... architectures) throws IOException {
        ConfigFile config = config(folder);
        require(config, architectures);
        try (WeightFiles files = WeightFiles.open(folder)) {
            layout(config, files).check(architecture(config), files);
        }
        return config;
    }

    private static Weights weights(Path folder, ConfigFile config, NDManager manager, Precision precision)
            throws IOException {
        try (WeightFiles files = WeightFiles.open(folder)) {
            layout(config, files).check(architecture(config), files);
            return files.load(manager, precision).of(architecture(config));
        }
    }
}
