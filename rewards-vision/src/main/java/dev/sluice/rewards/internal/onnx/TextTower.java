package dev.sluice.rewards.internal.onnx;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Embeds texts; those asked for last are kept, as the samples of one prompt ask for it again and again. */
final class TextTower implements AutoCloseable {
    private static final int KEPT = 4096;
    private static final String OUTPUT = "text_embeds";

    private final OnnxNetwork network;
    private final TextIds tokenizer;
    private final Map<String, float[]> kept = new LinkedHashMap<>(16, 0.75f, true);

    private TextTower(OnnxNetwork network, TextIds tokenizer) {
        this.network = network;
        this.tokenizer = tokenizer;
    }

    static TextTower open(ModelFolder folder, OnnxNetwork.Place place) throws IOException {
        OnnxNetwork network = OnnxNetwork.ofRows(folder.file("text.onnx"), place);
        try {
            network.requireOutput(OUTPUT);
            long fixed = network.shape("input_ids")[1];
            int length = fixed > 0 ? Math.toIntExact(fixed) : (int) folder.number("contextLength", 77);
            return new TextTower(network, TextIds.open(folder.file("tokenizer.json"), length));
        } catch (IOException | RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** Returns whether a text has a token: an empty one has none where the tokenizer marks neither beginning nor end. */
    boolean reads(String text) {
        return !text.isBlank() || tokenizer.marks();
    }

    /** Returns one unit vector for each text. */
    synchronized List<float[]> embed(List<String> texts) {
        List<String> missing = texts.stream()
                .distinct()
                .filter(text -> !kept.containsKey(text))
                .toList();
        Map<String, float[]> found = new LinkedHashMap<>();
        texts.forEach(text -> found.put(text, kept.get(text)));
        for (int start = 0; start < missing.size(); start += Pictures.BATCH) {
            List<String> batch = missing.subList(start, Math.min(missing.size(), start + Pictures.BATCH));
            Map<String, long[][]> inputs = inputs(tokenizer.rows(batch));
            float[][] embeds = network.inLanes(
                    batch.size(), (from, to) -> network.run(Map.of(), OnnxNetwork.part(inputs, from, to), OUTPUT));
            for (int i = 0; i < embeds.length; i++) {
                float[] unit = Vectors.unit(embeds[i]);
                kept.put(batch.get(i), unit);
                found.put(batch.get(i), unit);
            }
        }
        while (kept.size() > KEPT) {
            kept.remove(kept.keySet().iterator().next());
        }
        List<float[]> all = new ArrayList<>();
        texts.forEach(text -> all.add(found.get(text)));
        return all;
    }

    private Map<String, long[][]> inputs(TextIds.Rows rows) {
        return network.inputs().contains("attention_mask")
                ? Map.of("input_ids", rows.ids(), "attention_mask", rows.mask())
                : Map.of("input_ids", rows.ids());
    }

    @Override
    public void close() {
        network.close();
        tokenizer.close();
    }
}
