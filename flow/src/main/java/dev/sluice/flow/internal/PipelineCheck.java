package dev.sluice.flow.internal;

import dev.sluice.flow.Scheduler;
import dev.sluice.flow.WeightFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks through a pipeline's folder before the first weight is read, so that a missing shard of the last component is not found
 * after minutes of reading the others.
 */
public final class PipelineCheck {
    private PipelineCheck() {}

    /**
     * Checks the headers of all weight files against the configurations, and the tokenizers' sizes against the text encoders'.
     * What is not of a known kind is left to whoever opens it.
     *
     * @throws IOException if a file is missing, pickled, a mere pointer, or does not fit; the message is one sentence
     */
    public static void check(PipelineIndex index) throws IOException {
        for (Map.Entry<String, List<String>> network :
                networks(index.className()).entrySet()) {
            if (index.has(network.getKey())) {
                weights(index.folder(network.getKey()), network.getValue());
            }
        }
        for (String end : List.of("", "_2", "_3")) {
            if (index.has("text_encoder" + end) && index.has("tokenizer" + end)) {
                ConfigFile config = Components.config(index.folder("text_encoder" + end));
                index.tokenizer("tokenizer" + end, config.integer("vocab_size", Integer.MAX_VALUE))
                        .close();
            }
        }
    }

    /**
     * Reads the scheduler.
     *
     * @throws IOException if it is missing or counts otherwise than the transformers, which multiply σ by 1000
     */
    public static Scheduler scheduler(PipelineIndex index) throws IOException {
        ConfigFile config = ConfigFile.read(index.folder("scheduler").resolve("scheduler_config.json"));
        Scheduler scheduler = config.parsed(read -> Scheduler.read(read.root()));
        if (scheduler.timestep(1) != 1000) {
            throw new IOException(
                    "%s: num_train_timesteps (%s) must be 1000.".formatted(config.path(), scheduler.timestep(1)));
        }
        return scheduler;
    }

    /** The classes that the components of a family may have. */
    private static Map<String, List<String>> networks(String pipeline) {
        List<String> clip = List.of(Components.CLIP, Components.CLIP_PLAIN);
        List<String> t5 = List.of(Components.T5, Components.UMT5);
        List<String> vae = List.of(Components.VAE);
        List<String> wan = List.of(Components.WAN);
        Map<String, List<String>> networks = new LinkedHashMap<>();
        switch (pipeline) {
            case PipelineParts.SD3 -> {
                networks.put("transformer", List.of(Components.SD3));
                networks.put("vae", vae);
                networks.put("text_encoder", clip);
                networks.put("text_encoder_2", clip);
                networks.put("text_encoder_3", t5);
            }
            case PipelineParts.FLUX -> {
                networks.put("transformer", List.of(Components.FLUX));
                networks.put("vae", vae);
                networks.put("text_encoder", clip);
                networks.put("text_encoder_2", t5);
            }
            case PipelineParts.WAN, PipelineParts.WAN_PICTURE -> {
                networks.put("transformer", wan);
                networks.put("transformer_2", wan);
                networks.put("vae", List.of(Components.WAN_VAE));
                networks.put("text_encoder", t5);
                networks.put("image_encoder", List.of(Components.CLIP_VISION));
            }
            default -> {
                // Whoever opens it says which pipelines are known.
            }
        }
        return networks;
    }

    private static void weights(Path folder, List<String> classes) throws IOException {
        ConfigFile config = Components.config(folder);
        String architecture = Components.require(config, classes.toArray(new String[0]));
        try (WeightFiles files = WeightFiles.open(folder)) {
            Components.layout(config, files).check(architecture, files);
        }
    }
}
