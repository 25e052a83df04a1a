package dev.sluice.rewards.internal.preference;

import dev.sluice.flow.tensor.Require;
import dev.sluice.rewards.PreferenceData;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.SceneSplit;
import dev.sluice.rewards.SceneTask;
import dev.sluice.rewards.ScenesVerifier;
import dev.sluice.rewards.ScenesWorld;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** Draws pairs of the bundled world, with the verifier as annotator. */
public final class ScenePreferences {
    private static final double RIGHT = 0.5;
    private static final double SAME_TASK = 0.7;

    private ScenePreferences() {}

    /** Draws pairs; as many are asked of every task. */
    public static PreferenceData draw(SceneSplit split, int pairs, long seed) {
        Require.atLeast("pairs", pairs, 1);
        SceneTask[] tasks = SceneTask.values();
        List<PreferenceData.Item> items = new ArrayList<>();
        List<PreferenceData.Pair> drawn = new ArrayList<>();
        SplittableRandom root = new SplittableRandom(seed);
        for (int i = 0; i < pairs; i++) {
            SplittableRandom random = root.split();
            ScenePrompt prompt = any(ScenesWorld.prompts(split, tasks[i % tasks.length]), random);
            double[] scores = new double[2];
            for (int side = 0; side < 2; side++) {
                Media media =
                        ScenesWorld.scene(shown(split, prompt, random), random).media();
                scores[side] = ScenesVerifier.judge(prompt, media).graded();
                items.add(new PreferenceData.Item(
                        "scenes %s/%s".formatted(i, side),
                        prompt.text(),
                        "scenes",
                        () -> new Sample(media, prompt.text(), prompt.metadata())));
            }
            PreferenceData.Verdict verdict = scores[0] > scores[1] + 1e-9
                    ? PreferenceData.Verdict.A
                    : scores[1] > scores[0] + 1e-9 ? PreferenceData.Verdict.B : PreferenceData.Verdict.TIE;
            drawn.add(new PreferenceData.Pair(
                    2 * i,
                    2 * i + 1,
                    PreferenceData.OVERALL,
                    verdict,
                    "verifier",
                    Optional.of(List.of(scores[0], scores[1]))));
        }
        return new PreferenceData(items, drawn, List.of());
    }

    /** Returns the prompt that a picture obeys: the one that it is judged by, or more or less another one. */
    private static ScenePrompt shown(SceneSplit split, ScenePrompt prompt, SplittableRandom random) {
        if (random.nextDouble() < RIGHT) {
            return prompt;
        }
        return any(
                random.nextDouble() < SAME_TASK
                        ? ScenesWorld.prompts(split, prompt.task())
                        : ScenesWorld.prompts(split),
                random);
    }

    private static ScenePrompt any(List<ScenePrompt> prompts, SplittableRandom random) {
        return prompts.get(random.nextInt(prompts.size()));
    }
}
