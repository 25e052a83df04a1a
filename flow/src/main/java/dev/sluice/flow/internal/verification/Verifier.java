package dev.sluice.flow.internal.verification;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.ModelVerification.Comparison;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.internal.Components;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Chooses what a folder's model is compared on. */
public final class Verifier {
    private static final String OTHERWISE = "not an output that is computed here";

    private Verifier() {}

    /** Runs the model of a folder on the inputs of a golden file. */
    public static List<Comparison> verify(Path folder, Path golden, Device device) throws IOException {
        try (SafetensorsFile file = SafetensorsFile.open(golden);
                NDManager manager = Torch.newManager(device)) {
            Golden tensors = new Golden(file, manager);
            if (Files.exists(folder.resolve("model_index.json"))) {
                PipelineCases.run(folder, golden, device, tensors);
            } else {
                component(folder, tensors);
            }
            return tensors.result(OTHERWISE);
        }
    }

    private static void component(Path folder, Golden golden) throws IOException {
        if (!Files.exists(folder.resolve("config.json"))) {
            throw new IOException("%s has neither config.json nor model_index.json.%s".formatted(folder, hint(folder)));
        }
        ConfigFile config = Components.config(folder);
        String architecture = Components.require(config, Components.KNOWN.toArray(new String[0]));
        NDManager manager = golden.manager();
        String name = String.valueOf(folder.toAbsolutePath().normalize().getFileName());
        switch (architecture) {
            case Components.SD3 ->
                TransformerCases.of(Components.sd3(folder, manager), golden).run();
            case Components.FLUX ->
                TransformerCases.of(Components.flux(folder, 1, manager), golden).run();
            case Components.WAN ->
                TransformerCases.of(Components.wan(folder, false, manager), golden)
                        .run();
            case Components.T5, Components.UMT5 -> new TextCases(name, golden).run(Components.t5(folder, manager));
            case Components.CLIP, Components.CLIP_PLAIN ->
                new TextCases(name, golden).run(Components.clip(folder, manager));
            case Components.WAN_VAE -> new WanVaeCases(Components.wanVae(folder, manager), golden).run();
            default -> new VaeCases(Components.vae(folder, manager), golden).run();
        }
    }

    private static String hint(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            return "";
        }
        try (Stream<Path> children = Files.list(folder)) {
            List<String> inside = children.filter(child -> Files.exists(child.resolve("config.json")))
                    .map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
            return inside.isEmpty() ? "" : "%nMaybe name a folder inside it: %s.".formatted(String.join(", ", inside));
        }
    }
}
