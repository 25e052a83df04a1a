package dev.sluice.rewards;

import dev.sluice.rewards.internal.DenseCaptions;
import dev.sluice.rewards.internal.SceneCaptions;
import dev.sluice.rewards.internal.ScenePrompts;
import dev.sluice.rewards.internal.SceneSampler;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * The bundled world: pictures of 32×32 pixels with one to four flat objects, prompts of GenEval's six tasks, and a fixed
 * division of the prompts.
 *
 * <p><b>Prompts.</b> With the shapes S, the colours C, relations R: 4 single objects; 12 ordered pairs of two shapes; 16
 * counts (one to four of each shape); 24 coloured shapes; 48 positions (12 pairs × 4 relations); 360 attribute bindings
 * (two coloured shapes that differ in both).
 *
 * <p><b>Division.</b> It is fixed, the same for every seed and every version. Held out of {@link SceneSplit#TRAIN}, as a
 * whole, are the combinations
 * <ul>
 *   <li>of two shapes: circle with star, in every task that has two shapes;
 *   <li>of count and shape: three circles, four squares, two triangles, three stars;
 *   <li>of colour and shape: yellow circle, green square, purple triangle, red star, in every task that has colours; and
 *       no picture that {@link #scene} draws shows one unless its prompt names it;
 *   <li>of two shapes and their arrangement: a tenth of the arrangements (a circle left of a square, or, the same, a
 *       square right of a circle);
 *   <li>of two coloured shapes: a seventh.
 * </ul>
 * Beside these unseen combinations ({@link #unseenCombination}) the test prompts have seen combinations in unseen words:
 * "a square and a circle" where training has only "a circle and a square". Single objects are four in all, so that both
 * splits have all of them. Of the many attribute bindings that are in no training prompt the test split takes a fixed
 * choice; the others are in neither split.
 */
public final class ScenesWorld {
    /** Height and width of a picture. */
    public static final int SIZE = 32;

    /** The most objects in a picture. */
    private static final int MOST = 4;

    /** Each task as often as it is drawn. */
    private static final List<SceneTask> TASKS = Stream.of(SceneTask.values())
            .flatMap(task -> Collections.nCopies(task.weight(), task).stream())
            .toList();

    /** How many labels a word has: four counts, six colours and four relations. */
    public static final int WORD_LABELS = MOST + SceneColor.values().length + SceneRelation.values().length;

    /** What stands for a word that is not told, the unknown word of a tokenizer. */
    public static final String HIDDEN = "<unk>";

    private static final double HIDDEN_SHARE = 0.1;

    private ScenesWorld() {}

    /**
     * A picture with its caption.
     *
     * @param prompt what the caption says in full
     * @param scene the picture; obeys the prompt exactly, with no other object in it; perhaps faded
     * @param caption the words, some of them hidden
     */
    public record Example(ScenePrompt prompt, Scene scene, Caption caption) {}

    /**
     * A caption with labels, for pretraining. A word for a shape is labelled with the number of its objects (1 to 4), their colour
     * and how they lie as seen from the other object, one of each at most; what the caption leaves open, and every other word, has
     * zeros only. Hidden words are {@link #HIDDEN}, and what they would have asked for is left open: what is asked of a shape must
     * then be learned from the words that ask it, whatever the shape is, and not the other way round.
     *
     * @param text words, separated by one space
     * @param labels {@link #WORD_LABELS} zeros and ones for one word after another
     */
    public record Caption(String text, float[] labels) {}

    /** Returns all prompts of a split, task after task, always in the same order. */
    public static List<ScenePrompt> prompts(SceneSplit split) {
        return ScenePrompts.of(split);
    }

    /** Returns the prompts of one task in a split, always in the same order. */
    public static List<ScenePrompt> prompts(SceneSplit split, SceneTask task) {
        return ScenePrompts.of(split).stream()
                .filter(prompt -> prompt.task() == task)
                .toList();
    }

    /** Returns all prompts of a task that the world has, of both splits and of neither. */
    public static List<ScenePrompt> prompts(SceneTask task) {
        return ScenePrompts.all(task);
    }

    /** Returns the prompt with these words, of either split or of neither; blanks and case do not matter. */
    public static Optional<ScenePrompt> prompt(String text) {
        return ScenePrompts.named(text);
    }

    /** Returns whether no prompt of training combines what this prompt combines, in whatever words. */
    public static boolean unseenCombination(ScenePrompt prompt) {
        return ScenePrompts.unseen(prompt);
    }

    /** Returns every word that a prompt can have, sorted: the vocabulary of a word-level tokenizer. */
    public static List<String> words() {
        return ScenePrompts.words();
    }

    /**
     * Draws a scene that obeys the prompt exactly and has no other object; what the prompt leaves free (colour, place, size,
     * shade, background) is random. Objects keep two pixels between their bounding boxes; the radius is 5 to 7 pixels for
     * one object and at least 4 for four.
     */
    public static Scene scene(ScenePrompt prompt, SplittableRandom random) {
        return SceneSampler.draw(prompt, SceneDrawing.PLAIN, random);
    }

    /**
     * Draws a captioned picture for pretraining, from what training combines only: first the task, the harder
     * ones more often, then the prompt, then the scene. Every other caption says more than a prompt does, such as "a red
     * circle left of a square", and combines nothing that is held out. A tenth of the words is hidden.
     *
     * @param drawing how they are drawn
     * @param seed the seed of the data set
     * @param index the example's number; the same seed and number give the same example
     */
    public static Example example(SceneDrawing drawing, long seed, long index) {
        SplittableRandom random = random(seed, index);
        ScenePrompt prompt = random.nextBoolean() ? DenseCaptions.draw(random) : prompt(random);
        Scene scene = SceneSampler.draw(prompt, drawing, random);
        return new Example(prompt, scene, SceneCaptions.of(prompt, HIDDEN_SHARE, random));
    }

    private static ScenePrompt prompt(SplittableRandom random) {
        List<ScenePrompt> prompts = prompts(SceneSplit.TRAIN, TASKS.get(random.nextInt(TASKS.size())));
        return prompts.get(random.nextInt(prompts.size()));
    }

    /** Returns what an example of a data set is drawn with. */
    static SplittableRandom random(long seed, long index) {
        return new SplittableRandom(mix(mix(seed) + index));
    }

    /** Spreads neighbouring seeds (the finaliser of MurmurHash3). */
    private static long mix(long z) {
        z = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
        z = (z ^ (z >>> 33)) * 0xC4CEB9FE1A85EC53L;
        return z ^ (z >>> 33);
    }
}
