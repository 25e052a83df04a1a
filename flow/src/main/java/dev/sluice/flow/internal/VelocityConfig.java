package dev.sluice.flow.internal;

import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.util.List;

/**
 * The descriptor of a velocity model of any architecture: the {@code config.json} beside its file.
 *
 * @param file the TorchScript file (.pt or .ts) or ONNX file (.onnx), in the same folder
 * @param inputs what the function takes, in this order: some of {@link #INPUTS}, latents among them
 * @param timeScale what σ is multiplied by; 1, or 1000 for networks that count timesteps
 * @param channels of latents and velocity
 * @param video whether latents have an axis of frames
 * @param patchSize latent rows and columns must be multiples of it
 * @param rows latent rows it was made for
 * @param columns latent columns it was made for
 * @param frames of a video it was made for; 1 of pictures
 * @param mostRows the most latent rows or columns
 * @param textSize width of the text states
 * @param guided whether classifier-free guidance is meant to be used
 * @param attention names, or ends of names, of the layers that {@code attention} stands for in run files
 */
public record VelocityConfig(
        String file,
        List<String> inputs,
        double timeScale,
        int channels,
        boolean video,
        int patchSize,
        int rows,
        int columns,
        int frames,
        int mostRows,
        int textSize,
        boolean guided,
        List<String> attention) {
    /** What a function may take. */
    static final List<String> INPUTS = List.of("latents", "time", "tokens", "pooled");

    public VelocityConfig {
        inputs = List.copyOf(inputs);
        attention = List.copyOf(attention);
        if (!file.matches("[^/\\\\]+\\.(pt|ts|onnx)")) {
            throw new IllegalArgumentException(
                    "file (%s) must be the name of a .pt, .ts or .onnx file in the same folder.".formatted(file));
        }
        if (!INPUTS.containsAll(inputs)
                || !inputs.contains("latents")
                || inputs.stream().distinct().count() != inputs.size()) {
            throw new IllegalArgumentException(
                    "inputs (%s) must be some of %s, each once, and latents among them.".formatted(inputs, INPUTS));
        }
        if (!inputs.get(0).equals("latents")) {
            throw new IllegalArgumentException("inputs (%s) must begin with latents.".formatted(inputs));
        }
        Require.positive("time_scale", timeScale);
        Require.atLeast("channels", channels, 1);
        Require.atLeast("patch_size", patchSize, 1);
        Require.atLeast("usual_rows", rows, patchSize);
        Require.atLeast("usual_columns", columns, patchSize);
        Require.atLeast("usual_frames", frames, 1);
        Require.atLeast("most_rows", mostRows, Math.max(rows, columns));
        Require.atLeast("text_size", textSize, 1);
    }

    /** Parses a {@code config.json}. */
    public static VelocityConfig of(ConfigFile config) throws IOException {
        List<String> inputs = config.has("inputs") ? config.texts("inputs") : INPUTS;
        return config.parsed(c -> new VelocityConfig(
                c.text("file", "velocity.pt"),
                inputs,
                c.number("time_scale", 1),
                c.integer("channels"),
                c.flag("video", false),
                c.integer("patch_size", 1),
                c.integer("usual_rows"),
                c.integer("usual_columns"),
                c.integer("usual_frames", 1),
                c.integer("most_rows", 1 << 15),
                c.integer("text_size"),
                c.flag("guided", true),
                c.texts("attention_layers")));
    }

    /** Returns whether it is run by ONNX Runtime, and cannot be trained. */
    boolean onnx() {
        return file.endsWith(".onnx");
    }
}
