package dev.sluice.cli.internal.report;

import dev.sluice.flow.AtomicFiles;
import dev.sluice.rewards.BiasTrait;
import dev.sluice.rewards.Bootstrap;
import dev.sluice.rewards.PositionBias;
import dev.sluice.rewards.RewardBias;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** Writes what rewards go along with as JSON. */
public final class ProbeFile {
    private static final JsonMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private ProbeFile() {}

    /**
     * Writes {@code probe.json}.
     *
     * @param folder made if it is not there
     * @param biases by reward
     * @param positions of those that compare two, by reward
     * @return the file
     */
    public static Path write(
            Path folder, Map<String, Map<BiasTrait, RewardBias>> biases, Map<String, PositionBias> positions)
            throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        biases.forEach((label, traits) -> {
            Map<String, Object> json = new LinkedHashMap<>();
            traits.forEach((trait, bias) -> json.put(trait.toString(), bias(bias)));
            PositionBias position = positions.get(label);
            if (position != null) {
                json.put("position", position(position));
            }
            all.put(label, json);
        });
        Path file = folder.resolve("probe.json");
        AtomicFiles.file(file, JSON.writeValueAsString(all).getBytes(StandardCharsets.UTF_8));
        return file;
    }

    private static Map<String, Object> bias(RewardBias bias) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("items", bias.samples());
        json.put("prompts", bias.prompts());
        put(json, "spearman", bias.spearman());
        put(json, "pearson", bias.pearson());
        put(json, "within", bias.within());
        return json;
    }

    private static Map<String, Object> position(PositionBias test) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("pairs", test.pairs());
        put(json, "consistent", test.consistent());
        put(json, "first", test.first());
        put(json, "identical", test.identical());
        return json;
    }

    /** JSON has no NaN. */
    private static void put(Map<String, Object> json, String name, Bootstrap.Figure figure) {
        json.put(name, figure.known() ? figure : null);
    }
}
