package dev.sluice.rewards;

import dev.sluice.rewards.TinyOnnx.Attribute;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Folders of networks that compute what can be computed by hand. */
public final class TinyModels {
    /** GenEval's colours, each in a corner or in the middle of an edge of the cube of colours, from −1 to 1. */
    private static final float[][] COLOURS = {
        {1, -1, -1},
        {1, 0, -1},
        {1, 1, -1},
        {-1, 1, -1},
        {-1, -1, 1},
        {0, -1, 0},
        {1, 0, 0.5f},
        {0, -0.5f, -1},
        {-1, -1, -1},
        {1, 1, 1}
    };

    private static final List<String> NAMES =
            List.of("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white");

    private TinyModels() {}

    /** Writes a network whose embedding is the picture's mean colour, red, green and blue from −1 to 1. */
    private static byte[] meanColour(String output) {
        TinyOnnx onnx = new TinyOnnx();
        String pixels = onnx.floats("pixel_values", -1, 3, 16, 16);
        onnx.named(output, "ReduceMean", List.of(pixels), Attribute.list("axes", 2, 3), Attribute.of("keepdims", 0));
        return onnx.output(output, -1, 3).bytes();
    }

    private static void common(Path folder) throws IOException {
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("model.json"), "{\"id\": \"colours\", \"contextLength\": 12}");
        Files.writeString(folder.resolve("preprocessor_config.json"), """
            {"size": {"shortest_edge": 16}, "crop_size": {"height": 16, "width": 16},
             "image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}
            """);
    }

    /** Writes an encoder of {@code dino.onnx}'s form whose features are the mean colour. */
    public static Path colourEncoder(Path folder) throws IOException {
        common(folder);
        Files.write(folder.resolve("dino.onnx"), meanColour("features"));
        return folder;
    }

    /**
     * Writes a model of CLIP's form: a picture is its mean colour, a text the sum of its colours' words; any other word is a
     * hundredth of grey.
     */
    public static Path colourClip(Path folder) throws IOException {
        common(folder);
        Files.write(folder.resolve("vision.onnx"), meanColour("image_embeds"));
        TinyOnnx onnx = new TinyOnnx();
        String ids = onnx.ids("input_ids", -1, -2);
        float[] table = new float[3 * (NAMES.size() + 1)];
        for (int i = 0; i < 3 * NAMES.size(); i++) {
            table[3 + i] = COLOURS[i / 3][i % 3];
        }
        table[0] = table[1] = table[2] = 0.01f;
        String words =
                onnx.op("Gather", List.of(onnx.constant(table, NAMES.size() + 1, 3), ids), Attribute.of("axis", 0));
        String mask = onnx.op("Cast", List.of(onnx.ids("attention_mask", -1, -2)), Attribute.of("to", 1));
        String counted = onnx.op("Mul", List.of(words, onnx.op("Unsqueeze", List.of(mask, onnx.list(2)))));
        onnx.named("text_embeds", "ReduceSum", List.of(counted, onnx.list(1)), Attribute.of("keepdims", 0));
        Files.write(
                folder.resolve("text.onnx"), onnx.output("text_embeds", -1, 3).bytes());
        List<String> vocabulary = new ArrayList<>(List.of("\"<unk>\": 0"));
        NAMES.forEach(name -> vocabulary.add("\"%s\": %s".formatted(name, vocabulary.size())));
        Files.writeString(folder.resolve("tokenizer.json"), """
            {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": {"type": "Lowercase"},
             "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
             "model": {"type": "WordLevel", "unk_token": "<unk>", "vocab": {%s}}}
            """.formatted(String.join(", ", vocabulary)));
        return folder;
    }
}
