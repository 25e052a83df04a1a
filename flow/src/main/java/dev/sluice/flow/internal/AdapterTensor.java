package dev.sluice.flow.internal;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a tensor of an adapter's file is, by its name: PEFT's, diffusers' and older ones of both.
 *
 * @param layer the layer that it adapts, as the model's weights name it, without {@code .weight}
 * @param part what it is to it
 */
public record AdapterTensor(String layer, Part part) {
    /** The tensors of an adapted layer. */
    public enum Part {
        /** What maps down, (r, in). */
        A,
        /** What maps up, (out, r). */
        B,
        /** A number that sets the scale. */
        ALPHA,
        /** The lengths of the rows, (out), of DoRA. */
        LENGTHS
    }

    /** PEFT's, diffusers', and what trainers of the models' makers write. */
    private static final List<String> PREFIXES = List.of("base_model.model.", "transformer.", "diffusion_model.");

    /** Of text encoders, and of layers that are not named as diffusers does. */
    private static final List<String> FOREIGN = List.of("text_encoder", "lora_te", "lora_unet_", "lora_transformer_");

    private static final Map<String, Part> ENDINGS = endings();

    private static Map<String, Part> endings() {
        Map<String, Part> endings = new LinkedHashMap<>();
        for (String end : List.of(".lora_A", ".lora_A.default", ".lora.down", ".lora_down")) {
            endings.put(end + ".weight", Part.A);
        }
        for (String end : List.of(".lora_B", ".lora_B.default", ".lora.up", ".lora_up")) {
            endings.put(end + ".weight", Part.B);
        }
        endings.put(".alpha", Part.ALPHA);
        for (String end : List.of("", ".weight", ".default", ".default.weight")) {
            endings.put(".lora_magnitude_vector" + end, Part.LENGTHS);
        }
        return endings;
    }

    /**
     * Reads a name.
     *
     * @param file for messages
     * @throws IOException if it is none of an adapter's tensor
     */
    public static AdapterTensor of(Path file, String name) throws IOException {
        for (Map.Entry<String, Part> ending : ENDINGS.entrySet()) {
            if (name.endsWith(ending.getKey()) && FOREIGN.stream().noneMatch(name::startsWith)) {
                String layer = name.substring(0, name.length() - ending.getKey().length());
                return new AdapterTensor(withoutPrefix(layer), ending.getValue());
            }
        }
        throw unknown(file, name);
    }

    private static String withoutPrefix(String layer) {
        return PREFIXES.stream()
                .filter(layer::startsWith)
                .findFirst()
                .map(prefix -> layer.substring(prefix.length()))
                .orElse(layer);
    }

    private static IOException unknown(Path file, String name) {
        String shown = name.length() <= 120 ? name : name.substring(0, 120) + "…";
        if (name.startsWith("text_encoder") || name.startsWith("lora_te")) {
            return new IOException(
                    "%s has the tensor %s, which adapts a text encoder; only adapters of the transformer are known."
                            .formatted(file, shown));
        }
        if (name.startsWith("lora_unet_") || name.startsWith("lora_transformer_")) {
            return new IOException("""
                    %s has the tensor %s, whose layer has no name of diffusers'.
                    Maybe convert the file in Python: pipe.load_lora_weights(…), then pipe.save_lora_weights(…).""".formatted(file, shown));
        }
        return new IOException(
                "%s has the tensor %s; expected names such as transformer.LAYER.lora_A.weight.".formatted(file, shown));
    }
}
