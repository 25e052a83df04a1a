package dev.sluice.rewards;

import dev.sluice.rewards.internal.ArmMotions;
import dev.sluice.rewards.internal.ArmPrompts;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * The bundled world of videos: sixteen frames of 32×32 pixels, one second, in which an arm of two links in a plane moves to where
 * the prompt says. Its joints are known, so that whether a machine could do what a video shows is judged exactly
 * ({@link ArmJudge}).
 *
 * <p><b>Pictures.</b> The window is [−1.15, 1.15]², y upwards, black; the upper link is red, the lower green, both capsules, and
 * discs mark the base (white), the elbow (cyan) and the hand (yellow).
 *
 * <p><b>Prompts.</b> A verb (move, point, reach, swing), perhaps how far (near, far), and one of eight directions: "move to the
 * upper left", "reach to the far top". 96 in all.
 *
 * <p><b>Division.</b> It is fixed. Held out of {@link SceneSplit#TRAIN} as a whole are four combinations of distance and
 * direction (near right, far upper left, near lower left, far bottom), whatever the verb; and of each verb, two directions
 * without a distance, which training has in the words of other verbs.
 *
 * <p><b>Motions.</b> Minimum-jerk to a pose in the middle of what obeys the prompt, from about 1 rad beside it, in nearly the whole
 * second, then at rest (Flash and Hogan 1985).
 */
public final class ArmWorld {
    /** Height and width of a frame. */
    public static final int SIZE = 32;

    /** Frames of a video. */
    public static final int FRAMES = 16;

    /** Playing speed, the one that Wan's videos have. */
    public static final double FRAMES_PER_SECOND = 16;

    /** What shoulder and elbow can do. */
    public static final List<JointLimits> LIMITS =
            List.of(new JointLimits(-2.8, 2.8, 4, 50, 1200), new JointLimits(-2.4, 2.4, 4, 50, 1200));

    /** The share of examples for pretraining that go beyond a joint's range. */
    private static final double BEYOND_LIMITS = 0.1;

    /** The share of those that jerk. */
    private static final double TOO_FAST = 0.35;

    /** The first seed of pictures to start from. */
    private static final long STARTS = 0x737461727473L;

    private ArmWorld() {}

    /**
     * A video with its caption.
     *
     * @param prompt what it obeys
     * @param motion the truth
     */
    public record Example(ArmPrompt prompt, ArmMotion motion) {}

    /** Returns all prompts of a split, always in the same order. */
    public static List<ArmPrompt> prompts(SceneSplit split) {
        return ArmPrompts.of(split);
    }

    /** Returns whether no prompt of training combines what this prompt combines, in whatever words. */
    public static boolean unseenCombination(ArmPrompt prompt) {
        return ArmPrompts.unseen(prompt);
    }

    /** Returns every word that a prompt can have, sorted: the vocabulary of a word-level tokenizer. */
    public static List<String> words() {
        return ArmPrompts.words();
    }

    /** Draws an executable motion that ends where the prompt says. */
    public static ArmMotion motion(ArmPrompt prompt, SplittableRandom random) {
        return ArmMotions.draw(prompt, random);
    }

    /**
     * Returns a picture that a video of a prompt can start from: the first frame of an executable motion that obeys it.
     *
     * @param number the same prompt and number give the same picture
     */
    public static Media start(ArmPrompt prompt, int number) {
        SplittableRandom random =
                ScenesWorld.random(STARTS + number, prompt.text().hashCode());
        byte[] rgb = new ArmMotion(motion(prompt, random).poses().subList(0, 2))
                .media()
                .rgb();
        return Media.image(SIZE, SIZE, Arrays.copyOf(rgb, 3 * SIZE * SIZE));
    }

    /**
     * Draws a captioned video for pretraining, of a training prompt. Of twenty, seven jerk (they are up to twice too fast) and two go
     * beyond the elbow's range, so that a model that learns them leaves something to align.
     *
     * @param seed the seed of the data set
     * @param index the example's number; the same seed and number give the same example
     */
    public static Example example(long seed, long index) {
        SplittableRandom random = ScenesWorld.random(seed, index);
        List<ArmPrompt> prompts = prompts(SceneSplit.TRAIN);
        ArmPrompt prompt = prompts.get(random.nextInt(prompts.size()));
        ArmMotion clean = motion(prompt, random);
        double flaw = random.nextDouble();
        if (flaw < BEYOND_LIMITS) {
            return new Example(prompt, ArmMotions.bulged(clean, 1, random.nextDouble(2.5, 2.65), FRAMES / 2));
        }
        return new Example(prompt, flaw < BEYOND_LIMITS + TOO_FAST ? ArmMotions.hurried(clean, random) : clean);
    }

    /**
     * Draws a motion from any pose, for a network that reads joints from frames: as likely an executable one, one with any flaw, or one
     * whose frames are shuffled, which teaches to read a frame and not what its neighbours suggest.
     *
     * @param seed the seed of the data set
     * @param index the example's number; the same seed and number give the same motion
     */
    public static ArmMotion reading(long seed, long index) {
        SplittableRandom random = ScenesWorld.random(seed, index);
        List<ArmPrompt> prompts = prompts(SceneSplit.TRAIN);
        ArmMotion clean = ArmMotions.anywhere(prompts.get(random.nextInt(prompts.size())), random);
        ArmFlaw[] flaws = ArmFlaw.values();
        ArmMotion flawed = flaws[random.nextInt(flaws.length)].apply(clean, random);
        return switch (random.nextInt(3)) {
            case 0 -> clean;
            case 1 -> flawed;
            default -> ArmMotions.shuffled(flawed, random);
        };
    }
}
