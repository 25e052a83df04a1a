package dev.sluice.flow.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.Scheduler;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;

/** The networks of a pipeline, which fit each other. */
public record PipelineParts(Network network, PromptEncoder prompts, Autoencoder autoencoder) {
    private static final String SD3 = "StableDiffusion3Pipeline";
    private static final String FLUX = "FluxPipeline";
    private static final String WAN = "WanPipeline";

    /** The pipelines that are known, by the class in {@code model_index.json}. */
    public static final List<String> KNOWN = List.of(SD3, FLUX, WAN);

    /**
     * Opens the parts that an index names; weights belong to {@code manager}.
     *
     * @param scheduler the pipeline's; Wan's network is told times as it counts them
     * @param memory how they are held
     * @param texts what is known to be encoded, for text encoders that are released
     * @throws IOException if the pipeline is of an unknown class, or a file is missing, broken or does not fit the others
     */
    public static PipelineParts open(
            PipelineIndex index, Scheduler scheduler, NDManager manager, MemoryPolicy memory, Collection<String> texts)
            throws IOException {
        if (index.has("vae") && KNOWN.contains(index.className())) {
            // Headers are read before any weights, so that a fault is found before long work.
            Components.check(index.folder("vae"), index.className().equals(WAN) ? Components.WAN_VAE : Components.VAE);
        }
        return switch (index.className()) {
            case SD3 -> {
                Path folder = index.folder("transformer");
                Sd3Config sizes = Sd3Config.of(Components.check(folder, Components.SD3));
                PromptEncoder prompts =
                        prompts(memory, manager, texts, owner -> Sd3Prompts.open(index, sizes, owner, memory.text()));
                Sd3Transformer network = Components.sd3(folder, manager, memory.weights());
                Autoencoder autoencoder = autoencoder(index, network, manager, memory);
                requireChannels(index.path(), "out_channels", sizes.outChannels(), autoencoder);
                yield new PipelineParts(network, prompts, autoencoder);
            }
            case FLUX -> {
                Path folder = index.folder("transformer");
                FluxConfig sizes = FluxConfig.of(Components.check(folder, Components.FLUX));
                PromptEncoder prompts =
                        prompts(memory, manager, texts, owner -> FluxPrompts.open(index, sizes, owner, memory.text()));
                FluxTransformer network = Components.flux(folder, 1, manager, memory.weights());
                yield new PipelineParts(network, prompts, autoencoder(index, network, manager, memory));
            }
            case WAN -> {
                requireOneExpert(index);
                boolean wholeTimes = scheduler instanceof Scheduler.FlowUniPc;
                Path folder = index.folder("transformer");
                WanConfig sizes = WanConfig.of(Components.check(folder, Components.WAN));
                if (sizes.joinedChannels() > 0) {
                    throw new IOException(
                            "%s: in_channels (%s) of the transformer must be its out_channels (%s) in a text-to-video pipeline."
                                    .formatted(index.path(), sizes.inChannels(), sizes.outChannels()));
                }
                PromptEncoder prompts =
                        prompts(memory, manager, texts, owner -> WanPrompts.open(index, sizes, owner, memory.text()));
                WanTransformer network = Components.wan(folder, wholeTimes, manager, memory.weights());
                Autoencoder autoencoder = index.has("vae")
                        ? Components.wanVae(index.folder("vae"), forFrozen(manager, memory))
                        : new Autoencoder.Pixels();
                requireChannels(index.path(), "in_channels", network.channels(), autoencoder);
                yield new PipelineParts(network, prompts, autoencoder);
            }
            default ->
                throw new IOException(
                        "%s: _class_name (%s) must be one of %s.".formatted(index.path(), index.className(), KNOWN));
        };
    }

    /** Wan 2.2 has a second network for low noise, or a time for each frame. */
    private static void requireOneExpert(PipelineIndex index) throws IOException {
        if (index.has("transformer_2")) {
            throw new IOException(
                    "%s: transformer_2 must be null; Wan 2.2's two networks are not known.".formatted(index.path()));
        }
        if (index.flag("expand_timesteps")) {
            throw new IOException("%s: expand_timesteps (true) must be false; Wan 2.2's times of frames are not known."
                    .formatted(index.path()));
        }
    }

    private static PromptEncoder prompts(
            MemoryPolicy memory, NDManager manager, Collection<String> texts, HeldPrompts.Opener opener)
            throws IOException {
        NDManager frozen = forFrozen(manager, memory);
        boolean released = memory.textEncoders() == MemoryPolicy.TextEncoders.RELEASED;
        return released || frozen != manager
                ? new HeldPrompts(opener, frozen.getDevice(), manager, released, texts)
                : opener.open(manager);
    }

    /** Returns the owner of what is never trained. */
    private static NDManager forFrozen(NDManager manager, MemoryPolicy memory) {
        boolean elsewhere = memory.offload() && !manager.getDevice().equals(Device.cpu());
        return elsewhere ? manager.newSubManager(Device.cpu()) : manager;
    }

    private static Autoencoder autoencoder(PipelineIndex index, Network network, NDManager manager, MemoryPolicy memory)
            throws IOException {
        Autoencoder autoencoder = index.has("vae")
                ? Components.vae(index.folder("vae"), forFrozen(manager, memory))
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
