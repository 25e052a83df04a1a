package dev.sluice.rewards.internal;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.ScenesWorld;
import java.util.List;
import java.util.SplittableRandom;

/** Captions with labels; {@link ScenesWorld.Caption} says how. */
public final class SceneCaptions {
    private static final int COLORS = 4;
    private static final int RELATIONS = COLORS + SceneColor.values().length;

    private SceneCaptions() {}

    /** Returns the caption of a prompt, each word hidden with a probability. */
    public static ScenesWorld.Caption of(ScenePrompt prompt, double hidden, SplittableRandom random) {
        String[] words = prompt.text().split(" ");
        List<String> said = List.of(words);
        boolean[] told = new boolean[words.length];
        for (int i = 0; i < words.length; i++) {
            told[i] = random.nextDouble() >= hidden;
            words[i] = told[i] ? words[i] : ScenesWorld.HIDDEN;
        }
        float[] labels = new float[words.length * ScenesWorld.WORD_LABELS];
        for (Wanted wanted : prompt.include()) {
            int noun = noun(said, wanted);
            int row = noun * ScenesWorld.WORD_LABELS;
            int color = wanted.color().isPresent() ? noun - 1 : noun;
            labels[row + wanted.count() - 1] = told[color - 1] ? 1 : 0;
            wanted.color().ifPresent(c -> labels[row + COLORS + c.ordinal()] = told[color] ? 1 : 0);
            wanted.place().ifPresent(place -> {
                int other = noun(said, prompt.include().get(place.target())) * ScenesWorld.WORD_LABELS;
                String relation = place.relation().words().split(" ")[0];
                float known = told[said.indexOf(relation)] ? 1 : 0;
                labels[row + RELATIONS + place.relation().ordinal()] = known;
                labels[other + RELATIONS + place.relation().opposite().ordinal()] = known;
            });
        }
        return new ScenesWorld.Caption(String.join(" ", words), labels);
    }

    /** Returns the number of a shape's word. */
    private static int noun(List<String> words, Wanted wanted) {
        return Math.max(
                words.indexOf(wanted.shape().word()),
                words.indexOf(wanted.shape().plural()));
    }
}
