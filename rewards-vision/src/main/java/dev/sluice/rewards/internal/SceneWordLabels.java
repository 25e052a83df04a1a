package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.SceneTask;
import dev.sluice.rewards.ScenesWorld;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What the words of each caption of the scenes world ask for; {@link ScenesWorld#wordLabels} says how. */
public final class SceneWordLabels {
    private static final int COLORS = 4;
    private static final int RELATIONS = COLORS + SceneColor.values().length;
    private static final Map<String, float[]> ALL = new HashMap<>();

    static {
        ALL.put("", new float[0]);
        for (SceneTask task : SceneTask.values()) {
            ScenesWorld.prompts(task).forEach(SceneWordLabels::put);
        }
        DenseCaptions.all().forEach(SceneWordLabels::put);
    }

    private SceneWordLabels() {}

    /** Returns the labels of a caption's words. */
    public static float[] of(String caption) {
        float[] labels = ALL.get(caption);
        if (labels == null) {
            throw new IllegalArgumentException(
                    "The caption \"%s\" must be one of the scenes world.".formatted(caption));
        }
        return labels;
    }

    private static void put(ScenePrompt caption) {
        List<String> words = List.of(caption.text().split(" "));
        float[] labels = new float[words.size() * ScenesWorld.WORD_LABELS];
        for (Wanted wanted : caption.include()) {
            int row = row(words, wanted);
            labels[row + wanted.count() - 1] = 1;
            wanted.color().ifPresent(color -> labels[row + COLORS + color.ordinal()] = 1);
            wanted.place().ifPresent(place -> {
                int other = row(words, caption.include().get(place.target()));
                labels[row + RELATIONS + place.relation().ordinal()] = 1;
                labels[other + RELATIONS + place.relation().opposite().ordinal()] = 1;
            });
        }
        ALL.put(caption.text(), labels);
    }

    /** Returns where the labels of a shape's word begin; a caption names a shape once. */
    private static int row(List<String> words, Wanted wanted) {
        int word = Math.max(
                words.indexOf(wanted.shape().word()),
                words.indexOf(wanted.shape().plural()));
        return word * ScenesWorld.WORD_LABELS;
    }
}
