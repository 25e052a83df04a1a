package dev.sluice.flow.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.PromptReading;
import dev.sluice.flow.Scheduler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The networks of a pipeline, which fit each other.
 *
 * @param network predicts velocities
 * @param prompts encodes texts
 * @param autoencoder stands between latents and pixels
 * @param pictures encodes the picture that a video starts from, in pipelines that need one
 */
public record PipelineParts(
        Network network, PromptEncoder prompts, Autoencoder autoencoder, Optional<WanPictures> pictures) {
    private PipelineParts(Network network, PromptEncoder prompts, Autoencoder autoencoder) {
        this(network, prompts, autoencoder, Optional.empty());
    }

    static final String SD3 = "StableDiffusion3Pipeline";
    static final String FLUX = "FluxPipeline";
    static final String WAN = "WanPipeline";
    static final String VELOCITY = "VelocityPipeline";
    static final String WAN_PICTURE = "WanImageToVideoPipeline";

    /** The pipelines that are known, by the class in {@code model_index.json}. */
    public static final List<String> KNOWN = List.of(SD3, FLUX, WAN, WAN_PICTURE, VELOCITY);

    /**
     * Opens the parts that an index names; weights belong to {@code manager}.
     *
     * @param scheduler the pipeline's; Wan's network is told times as it counts them
     * @param memory how they are held
     * @param reading how prompts are read
     * @throws IOException if the pipeline is of an unknown class, or a file is missing, broken or does not fit the others
     */
    public static PipelineParts open(
            PipelineIndex index, Scheduler scheduler, NDManager manager, MemoryPolicy memory, PromptReading reading)
            throws IOException {
        FrozenPlace frozen = FrozenPlace.of(manager, memory);
        Reader reader = new Reader(memory, manager, frozen, reading);
        return switch (index.className()) {
            case SD3 -> {
                Path folder = index.folder("transformer");
                Sd3Config sizes = Sd3Config.of(Components.check(folder, Components.SD3));
                PromptEncoder prompts = reader.open(owner -> Sd3Prompts.open(index, sizes, owner, memory.text()));
                Sd3Transformer network = Components.sd3(folder, manager, memory.weights());
                Autoencoder autoencoder = autoencoder(index, network, frozen);
                requireChannels(index.path(), "out_channels", sizes.outChannels(), autoencoder);
                yield new PipelineParts(network, prompts, autoencoder);
            }
            case FLUX -> {
                Path folder = index.folder("transformer");
                FluxConfig sizes = FluxConfig.of(Components.check(folder, Components.FLUX));
                PromptEncoder prompts = reader.open(owner -> FluxPrompts.open(index, sizes, owner, memory.text()));
                FluxTransformer network = Components.flux(folder, 1, manager, memory.weights());
                yield new PipelineParts(network, prompts, autoencoder(index, network, frozen));
            }
            case WAN, WAN_PICTURE -> {
                boolean fromPicture = index.startsFromPicture();
                refuseTimesOfFrames(index);
                boolean wholeTimes = scheduler instanceof Scheduler.FlowUniPc;
                WanConfig sizes = sizes(index, "transformer", fromPicture);
                PromptEncoder prompts = reader.open(owner -> WanPrompts.open(index, sizes, owner, memory.text()));
                WanTransformer first =
                        Components.wan(index.folder("transformer"), wholeTimes, manager, memory.weights());
                Autoencoder autoencoder = videoAutoencoder(index, first, frozen);
                Network network = first;
                if (index.has("transformer_2")) {
                    WanConfig others = sizes(index, "transformer_2", fromPicture);
                    double boundary = boundary(index, scheduler, sizes, others);
                    WanTransformer second =
                            Components.wan(index.folder("transformer_2"), wholeTimes, manager, memory.weights());
                    network = WanExperts.of(first, second, boundary);
                }
                Optional<WanPictures> pictures = fromPicture
                        ? Optional.of(WanPictures.open(index, sizes, autoencoder, frozen))
                        : Optional.empty();
                yield new PipelineParts(network, prompts, autoencoder, pictures);
            }
            case VELOCITY -> {
                VelocityNetwork network = VelocityNetwork.open(index.folder("transformer"), manager);
                try {
                    Autoencoder autoencoder = network.video()
                            ? videoAutoencoder(index, network, frozen)
                            : autoencoder(index, network, frozen);
                    int size = network.config().textSize();
                    PromptEncoder prompts = reader.open(owner -> PlainPrompts.open(index, size, owner, memory.text()));
                    yield new PipelineParts(network, prompts, autoencoder);
                } catch (IOException | RuntimeException | Error e) {
                    network.close();
                    throw e;
                }
            }
            default ->
                throw new IOException(
                        "%s: _class_name (%s) must be one of %s.".formatted(index.path(), index.className(), KNOWN));
        };
    }

    /** Wan 2.2's small model has a time for each frame, and another autoencoder. */
    private static void refuseTimesOfFrames(PipelineIndex index) throws IOException {
        if (index.flag("expand_timesteps")) {
            throw new IOException("%s: expand_timesteps (true) must be false; Wan 2.2's times of frames are not known."
                    .formatted(index.path()));
        }
    }

    private static WanConfig sizes(PipelineIndex index, String component, boolean fromPicture) throws IOException {
        WanConfig sizes = WanConfig.of(Components.check(index.folder(component), Components.WAN));
        if (!fromPicture && sizes.joinedChannels() > 0) {
            throw new IOException(
                    "%s: in_channels (%s) of the %s must be its out_channels (%s) in a text-to-video pipeline."
                            .formatted(index.path(), sizes.inChannels(), component, sizes.outChannels()));
        }
        return sizes;
    }

    /** Returns the time, in 0..1000, from which on the first of two networks works. */
    private static double boundary(PipelineIndex index, Scheduler scheduler, WanConfig first, WanConfig second)
            throws IOException {
        if (!second.equals(first)) {
            throw new IOException("%s: the config.json of transformer_2 must have the sizes of the transformer's."
                    .formatted(index.path()));
        }
        double ratio = index.number("boundary_ratio");
        if (!(ratio > 0 && ratio < 1)) {
            throw new IOException("%s: boundary_ratio (%s) must be between 0 and 1 where there is a transformer_2."
                    .formatted(index.path(), ratio));
        }
        return ratio * scheduler.timestep(1);
    }

    /** What opens text encoders as a policy has them. */
    private record Reader(MemoryPolicy memory, NDManager manager, FrozenPlace frozen, PromptReading reading) {
        PromptEncoder open(HeldPrompts.Opener opener) throws IOException {
            boolean released = memory.textEncoders() == MemoryPolicy.TextEncoders.RELEASED;
            Device device = frozen.manager().getDevice();
            if (released || !device.equals(manager.getDevice())) {
                return new HeldPrompts(opener, device, manager, released, reading);
            }
            PromptEncoder prompts = opener.open(manager);
            try {
                // Here already, because the transformer is read next, which may take long.
                prompts.tokens(reading.tokens());
                return prompts;
            } catch (RuntimeException | Error e) {
                prompts.close();
                throw e;
            }
        }
    }

    private static Autoencoder autoencoder(PipelineIndex index, Network network, FrozenPlace frozen)
            throws IOException {
        Autoencoder autoencoder = index.has("vae")
                ? frozen.reached(Components.vae(index.folder("vae"), frozen.manager()))
                : new Autoencoder.Pixels();
        requireChannels(index.path(), "in_channels", network.channels(), autoencoder);
        return autoencoder;
    }

    private static Autoencoder videoAutoencoder(PipelineIndex index, Network network, FrozenPlace frozen)
            throws IOException {
        Autoencoder autoencoder = index.has("vae")
                ? frozen.reached(Components.wanVae(index.folder("vae"), frozen.manager()))
                : new Autoencoder.Pixels();
        requireChannels(index.path(), "in_channels", network.channels(), autoencoder);
        return autoencoder;
    }

    private static void requireChannels(Path index, String key, int channels, Autoencoder autoencoder)
            throws IOException {
        if (channels != autoencoder.channels()) {
            throw new IOException("%s: the latent channels (%s) of the transformer's %s must be the %s of %s."
                    .formatted(
                            index,
                            channels,
                            key,
                            autoencoder.channels(),
                            autoencoder instanceof Autoencoder.Pixels ? "pixels" : "the autoencoder"));
        }
    }
}
