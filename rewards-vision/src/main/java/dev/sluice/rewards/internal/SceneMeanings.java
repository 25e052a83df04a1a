package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.SceneShape;
import dev.sluice.rewards.SceneTask;
import dev.sluice.rewards.ScenesWorld;
import java.util.HashMap;
import java.util.Map;

/** What each caption of the scenes world asks for, as numbers. */
public final class SceneMeanings {
    private static final int COUNTS = 4;
    private static final Map<String, float[]> ALL = new HashMap<>();

    static {
        ALL.put("", new float[ScenesWorld.MEANINGS]);
        for (SceneTask task : SceneTask.values()) {
            ScenesWorld.prompts(task).forEach(prompt -> ALL.put(prompt.text(), of(prompt)));
        }
        DenseCaptions.all().forEach(caption -> ALL.put(caption.text(), of(caption)));
    }

    private SceneMeanings() {}

    /** Returns what a caption asks for; see {@link ScenesWorld#meaning}. */
    public static float[] of(String caption) {
        float[] meaning = ALL.get(caption);
        if (meaning == null) {
            throw new IllegalArgumentException(
                    "The caption \"%s\" must be a prompt of the scenes world.".formatted(caption));
        }
        return meaning;
    }

    private static float[] of(ScenePrompt prompt) {
        float[] meaning = new float[ScenesWorld.MEANINGS];
        for (Wanted wanted : prompt.include()) {
            int counts = wanted.shape().ordinal() * meaning.length / SceneShape.values().length;
            int colors = counts + COUNTS;
            meaning[counts + wanted.count() - 1] = 1;
            wanted.color().ifPresent(color -> meaning[colors + color.ordinal()] = 1);
            wanted.place().ifPresent(place -> {
                int relations = COUNTS + SceneColor.values().length;
                int other = prompt.include().get(place.target()).shape().ordinal();
                meaning[counts + relations + place.relation().ordinal()] = 1;
                meaning[
                        other * meaning.length / SceneShape.values().length
                                + relations
                                + place.relation().opposite().ordinal()] = 1;
            });
        }
        return meaning;
    }
}
