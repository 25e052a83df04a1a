package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.sde.SdeSampler;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Makes preference pairs of a policy's samples: the best and the worst of every group, as the reward judges; a group whose rewards
 * are all equal has none. What it makes can be stored and learned from later; see {@link StoredPairs}.
 */
public final class PairCollection {
    private final NDManager owner;
    private final Lanes lanes;
    private final Policy policy;
    private final AlignmentTask task;

    /**
     * Creates a collection, which does nothing yet.
     *
     * @param owner what is computed lives in a child of it
     * @param lanes sample
     * @param policy its present weights sample
     * @param task whose reward judges
     */
    public PairCollection(NDManager owner, Lanes lanes, Policy policy, AlignmentTask task) {
        this.owner = owner;
        this.lanes = lanes;
        this.policy = policy;
        this.task = task;
    }

    /**
     * A pair.
     *
     * @param prompt of both
     * @param preferred the better one
     * @param rejected the other one
     * @param better the score of the preferred one
     * @param worse the score of the rejected one
     */
    public record Pair(Prompt prompt, Media preferred, Media rejected, double better, double worse) {}

    /** Takes the pairs of a round. */
    @FunctionalInterface
    public interface Listener {
        /** Takes notice of a round, counted from 0. */
        void finished(int round, List<Pair> pairs);
    }

    /**
     * Collects.
     *
     * @param options whose batch, rollout and seed say what is sampled; a copy and stored pairs do not count
     * @param rounds batches that are sampled, at least 1
     */
    public void run(GrpoOptions options, int rounds, Listener listener) {
        Require.atLeast("rounds", rounds, 1);
        GrpoOptions.Rollout like = options.rollout();
        GrpoOptions sampled = new GrpoOptions(
                options.batch(),
                new GrpoOptions.Rollout(
                        like.sde(),
                        like.schedule(),
                        like.exploration(),
                        like.gradient().filter(RewardGradient.class::isInstance),
                        Optional.empty(),
                        false),
                GrpoOptions.Signal.FLOW_GRPO,
                new Matching(
                        new RewardWeighted(RewardWeighted.Weighting.BEST, 1),
                        new NoiseLevels.WholeGrid(),
                        1,
                        List.of(),
                        Optional.empty(),
                        false),
                options.updates(),
                options.seed());
        policy.trainable().fold();
        try (NDManager manager = owner.newSubManager();
                PromptCache cache = new PromptCache(manager, task.encoder());
                ScoringThread scoring = new ScoringThread(task.reward())) {
            SdeSampler sampler = new SdeSampler(like.sde(), like.schedule());
            Rollouts rollouts = new Rollouts(
                    lanes,
                    task,
                    sampled,
                    () -> sampler,
                    cache,
                    scoring,
                    policy.current(),
                    new Phases(),
                    Optional.empty());
            PromptDraw draw = PromptDraw.of(task.prompts(), sampled);
            for (int round = 0; round < rounds; round++) {
                try (NDManager scratch = manager.newSubManager()) {
                    List<Prompt> prompts = draw.at(round);
                    Sampled made = rollouts.run(scratch, round, prompts, GrpoListener.NONE);
                    listener.finished(round, pairs(scratch, made, prompts, options.batch()));
                }
            }
        }
    }

    private List<Pair> pairs(NDManager scratch, Sampled sampled, List<Prompt> prompts, GrpoOptions.Batch batch) {
        double[] rewards = sampled.rewards();
        Outcomes outcomes = new Outcomes(
                rewards,
                new double[rewards.length],
                Groups.consecutive(batch.prompts(), batch.groupSize()),
                false,
                sample -> new float[0]);
        List<Pairing.Pair> chosen = new Pairing.Extremes().pairs(outcomes);
        List<Pair> pairs = new ArrayList<>();
        for (Pairing.Pair pair : chosen) {
            int[] both = {pair.winner(), pair.loser()};
            try (Torch.Scope off = Torch.noGradient()) {
                List<Media> media = task.decoder()
                        .decode(Gathered.of(scratch, sampled.chunks(), both).latents());
                pairs.add(
                        new Pair(prompts.get(both[0]), media.get(0), media.get(1), rewards[both[0]], rewards[both[1]]));
            }
        }
        return pairs;
    }
}
