package dev.sluice.rewards;

import dev.sluice.rewards.internal.SceneCloseness;
import dev.sluice.rewards.internal.SceneDetector;
import dev.sluice.rewards.internal.SceneRules;
import dev.sluice.video.Media;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;

/**
 * Reads objects, colours, counts and places back from a picture of the scenes world and judges a prompt by GenEval's rules.
 *
 * <p>What is no clear object is never counted as one: neither shape nor colour is guessed. So grey, noise, smears, outlines
 * and checkerboards earn 0 on every prompt, in every score but flow_grpo's unlimited one.
 */
public final class ScenesVerifier {
    /** Smallest height and width of a picture that is judged; a smaller one holds no object. */
    public static final int LEAST_SIZE = 16;

    /** Largest height and width of a picture that is judged: objects have a fixed size in pixels. */
    public static final int MOST_SIZE = 128;

    private ScenesVerifier() {}

    /**
     * Returns what is in a picture, objects first.
     *
     * @param picture an image of {@link #LEAST_SIZE} to {@link #MOST_SIZE} pixels
     */
    public static List<SceneDetection> detect(Media picture) {
        require(picture);
        return SceneDetector.detect(picture);
    }

    private static void require(Media picture) {
        int least = Math.min(picture.height(), picture.width());
        int most = Math.max(picture.height(), picture.width());
        if (!picture.isImage()) {
            throw new IllegalArgumentException("picture (%s frames) must be an image.".formatted(picture.frames()));
        }
        if (!(least >= LEAST_SIZE && most <= MOST_SIZE)) {
            throw new IllegalArgumentException("picture (%s×%s pixels) must have %s to %s pixels on each side."
                    .formatted(picture.height(), picture.width(), LEAST_SIZE, MOST_SIZE));
        }
    }

    /** Returns how a picture obeys a prompt; the picture is as in {@link #detect}. */
    public static SceneVerdict judge(ScenePrompt prompt, Media picture) {
        return SceneRules.judge(prompt, detect(picture));
    }

    /**
     * Returns how near a picture comes to obeying a prompt, in [0, 1]: a smooth score without the verdict's thresholds, for
     * training. The picture is as in {@link #detect}.
     */
    public static double closeness(ScenePrompt prompt, Media picture) {
        require(picture);
        return SceneCloseness.of(prompt, picture);
    }

    /**
     * How often the verifier is right on rendered scenes.
     *
     * @param scenes how many scenes were judged
     * @param right on how many everything was right
     * @param byTask the share of right ones by the task of the scene's prompt
     */
    public record Agreement(int scenes, int right, Map<SceneTask, Double> byTask) {
        /** Returns the share of right ones in [0, 1]. */
        public double share() {
            return right / (double) scenes;
        }
    }

    /**
     * Renders scenes of all prompts, task after task, and compares with the truth. A scene is judged rightly if exactly its
     * objects are found (shape, colour, middle within 1.5 pixels), its own prompt is strictly obeyed, and the strict verdict
     * on some other prompt is that of the true objects.
     *
     * @param scenes how many, at least 6
     * @param disturbance what happens to the picture between renderer and verifier; the identity for none
     */
    public static Agreement agreement(int scenes, long seed, UnaryOperator<Media> disturbance) {
        if (scenes < SceneTask.values().length) {
            throw new IllegalArgumentException("scenes (%s) must be at least 6.".formatted(scenes));
        }
        SplittableRandom random = new SplittableRandom(seed);
        Map<SceneTask, int[]> counts = new EnumMap<>(SceneTask.class);
        int right = 0;
        for (int i = 0; i < scenes; i++) {
            SceneTask task = SceneTask.values()[i % SceneTask.values().length];
            ScenePrompt prompt = any(task, random);
            ScenePrompt other = any(SceneTask.values()[random.nextInt(SceneTask.values().length)], random);
            Scene scene = ScenesWorld.scene(prompt, random);
            boolean ok = right(scene, prompt, other, detect(disturbance.apply(scene.media())));
            int[] count = counts.computeIfAbsent(task, t -> new int[2]);
            count[0] += ok ? 1 : 0;
            count[1]++;
            right += ok ? 1 : 0;
        }
        Map<SceneTask, Double> shares = new EnumMap<>(SceneTask.class);
        counts.forEach((task, count) -> shares.put(task, count[0] / (double) count[1]));
        return new Agreement(scenes, right, shares);
    }

    private static ScenePrompt any(SceneTask task, SplittableRandom random) {
        List<ScenePrompt> prompts = ScenesWorld.prompts(task);
        return prompts.get(random.nextInt(prompts.size()));
    }

    private static boolean right(Scene scene, ScenePrompt own, ScenePrompt other, List<SceneDetection> found) {
        List<SceneDetection> truth = scene.objects().stream()
                .map(object -> new SceneDetection(Optional.of(object), 1, ""))
                .toList();
        return found.size() == truth.size()
                && scene.objects().stream().allMatch(new Unused(found)::take)
                && SceneRules.judge(own, found).strict()
                && SceneRules.judge(other, found).strict()
                        == SceneRules.judge(other, truth).strict();
    }

    /** Detections that no true object has claimed yet. */
    private static final class Unused {
        private final Set<SceneDetection> left;

        Unused(List<SceneDetection> found) {
            left = new HashSet<>(found);
        }

        boolean take(SceneObject truth) {
            return left.removeIf(detection -> detection
                    .object()
                    .filter(seen -> seen.shape() == truth.shape()
                            && seen.color() == truth.color()
                            && Math.hypot(seen.x() - truth.x(), seen.y() - truth.y()) < 1.5)
                    .isPresent());
        }
    }
}
