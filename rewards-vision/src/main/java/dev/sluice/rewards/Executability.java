package dev.sluice.rewards;

import dev.sluice.flow.tensor.Require;
import dev.sluice.rewards.internal.ArmFit;
import dev.sluice.video.Media;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Rewards videos for motions that a machine could follow: smooth in velocity, acceleration and jerk, within the joints' ranges and
 * speeds, and without touching itself, as an inverse dynamics model reads them from the frames.
 *
 * <p>R = 1/(1 + P/P₀) · gate · seen, P the {@link MotionCost#total} of the joints that were read. A frozen video is perfectly smooth, and
 * the model invents joints where there is no arm; so two factors that need no model stand beside it, both from colours alone: the gate
 * rises from 0 to 1 as the hand gets from 0.05 to 0.25 from its first place, and {@code seen} is the share of frames with one elbow and
 * one hand.
 *
 * <p>Source: EVA (2026), arXiv:2603.17808, with γ = 1. Differs: the two factors, and the form (1 + P/P₀)^−γ, which stays in (0, 1].
 */
public final class Executability implements Reward {
    private final InverseDynamics model;
    private final double scale;

    /**
     * Creates the reward.
     *
     * @param model closed with the reward
     * @param scale P₀, the cost that earns a half, above 0
     */
    public Executability(InverseDynamics model, double scale) {
        Require.positive("scale", scale);
        this.model = model;
        this.scale = scale;
    }

    @Override
    public Scores score(List<Sample> samples) {
        return Reward.each(sample -> score(sample.media())).score(samples);
    }

    /**
     * Returns the reward of a video, in [0, 1].
     *
     * @throws IllegalArgumentException if it is none of the arm's world
     */
    public double score(Media video) {
        MotionCost cost = model.read(video).motion().cost();
        ArmFit.Glance glance = ArmFit.glance(video);
        return cost.reward(scale) * ArmJudge.gate(glance.extent()) * glance.seen();
    }

    @Override
    public void close() {
        model.close();
    }

    /**
     * How well the model reads joints and the reward tells motions apart.
     *
     * @param triples how many triples of a clean motion, the same jittered and the same beyond the limits
     * @param cleanFirst in what share of them the clean one earns most
     * @param inOrder in what share all three stand in the order of their true costs
     * @param meanError of an angle in clean motions, in radians
     * @param worstError of an angle in clean motions, in radians
     */
    public record Agreement(int triples, double cleanFirst, double inOrder, double meanError, double worstError) {}

    /** Renders triples of motions to test prompts and compares with the truth. */
    public Agreement agreement(int triples, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<ArmPrompt> prompts = ArmWorld.prompts(SceneSplit.TEST);
        int first = 0;
        int order = 0;
        double sum = 0;
        double worst = 0;
        for (int i = 0; i < triples; i++) {
            ArmMotion clean = ArmWorld.motion(prompts.get(random.nextInt(prompts.size())), random);
            ArmMotion jittered = ArmFlaw.JITTERED.apply(clean, random);
            ArmMotion beyond = ArmFlaw.BEYOND_LIMITS.apply(clean, random);
            double best = score(clean.media());
            double trembling = score(jittered.media());
            double outside = score(beyond.media());
            boolean isFirst = best > trembling && best > outside;
            boolean cheaper = jittered.cost().total() < beyond.cost().total();
            first += isFirst ? 1 : 0;
            order += isFirst && cheaper == trembling > outside ? 1 : 0;
            double[][] truth = clean.angles();
            double[][] read = model.read(clean.media()).angles();
            for (int frame = 0; frame < truth.length; frame++) {
                for (int joint = 0; joint < 2; joint++) {
                    double error = Math.abs(ArmPose.wrapped(read[frame][joint] - truth[frame][joint]));
                    sum += error / (2 * truth.length);
                    worst = Math.max(worst, error);
                }
            }
        }
        return new Agreement(triples, first / (double) triples, order / (double) triples, sum / triples, worst);
    }
}
