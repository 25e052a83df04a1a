package dev.sluice.flow.internal;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Scheduler;
import java.io.IOException;
import java.nio.file.Path;
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
     * @throws IOException if the pipeline is of an unknown class, or a file is missing, broken or does not fit the others
     */
    public static PipelineParts open(PipelineIndex index, Scheduler scheduler, NDManager manager) throws IOException {
        return switch (index.className()) {
            case SD3 -> {
                Sd3Transformer network = Components.sd3(index.folder("transformer"), manager);
                Autoencoder autoencoder = autoencoder(index, network, manager);
                int out = network.config().outChannels();
                requireChannels(index.path(), "out_channels", out, autoencoder);
                yield new PipelineParts(network, Sd3Prompts.open(index, network.config(), manager), autoencoder);
            }
            case FLUX -> {
                FluxTransformer network = Components.flux(index.folder("transformer"), 1, manager);
                Autoencoder autoencoder = autoencoder(index, network, manager);
                yield new PipelineParts(network, FluxPrompts.open(index, network.config(), manager), autoencoder);
            }
            case WAN -> {
                requireOneExpert(index);
                boolean wholeTimes = scheduler instanceof Scheduler.FlowUniPc;
                WanTransformer network = Components.wan(index.folder("transformer"), wholeTimes, manager);
                if (network.config().joinedChannels() > 0) {
                    throw new IOException(
                            "%s: in_channels (%s) of the transformer must be its out_channels (%s) in a text-to-video pipeline."
                                    .formatted(
                                            index.path(),
                                            network.config().inChannels(),
                                            network.config().outChannels()));
                }
                Autoencoder autoencoder =
                        index.has("vae") ? Components.wanVae(index.folder("vae"), manager) : new Autoencoder.Pixels();
                requireChannels(index.path(), "in_channels", network.channels(), autoencoder);
                yield new PipelineParts(network, WanPrompts.open(index, network.config(), manager), autoencoder);
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

    private static Autoencoder autoencoder(PipelineIndex index, Network network, NDManager manager) throws IOException {
        Autoencoder autoencoder =
                index.has("vae") ? Components.vae(index.folder("vae"), manager) : new Autoencoder.Pixels();
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
