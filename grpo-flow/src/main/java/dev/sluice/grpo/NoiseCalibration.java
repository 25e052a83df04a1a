package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Require;
import dev.sluice.grpo.GrpoOptions.Rollout;
import dev.sluice.rewards.Scores;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Finds the noise of every step with which the step does a sample as often good as harm, as the reward judges the completions
 * before and after it. It is done once, before training, with the model as it is; training then takes the noise as a table.
 *
 * <p>Source: DenseGRPO (2026), arXiv:2601.20218, section 4.2 and Algorithm 1. Differs: the margin grows with the root of the number
 * of samples, because even a perfect balance is off by as much. The source leaves the number of rounds open; the
 * noise comes to rest, but for single moves up and down, where gains and losses are off by about the margin.
 */
public final class NoiseCalibration {
    private static final Objective NONE = Objective.flowGrpo(1e-4, 0, KlForm.EXACT);

    private final NDManager owner;
    private final Lanes lanes;
    private final Policy policy;
    private final AlignmentTask task;

    /**
     * Creates a calibration, which does nothing yet.
     *
     * @param owner what is computed lives in a child of it
     * @param lanes sample
     * @param policy its present weights sample
     * @param task whose reward judges
     */
    public NoiseCalibration(NDManager owner, Lanes lanes, Policy policy, AlignmentTask task) {
        this.owner = owner;
        this.lanes = lanes;
        this.policy = policy;
        this.task = task;
    }

    /**
     * How much is measured.
     *
     * @param samples in a round, even, at least 2
     * @param chunkSize samples that are rolled out together, at most, at least 1
     * @param rounds how many, at least 1
     * @param move what a round adds to the noise of a step or takes off; above 0, published as 0.01
     * @param margin so many more gains than losses are still a balance; above 0, published as 2
     * @param seed names all randomness
     */
    public record Options(int samples, int chunkSize, int rounds, double move, double margin, long seed) {
        public Options {
            Require.atLeast("samples", samples, 2);
            if (samples % 2 != 0) {
                throw new IllegalArgumentException("samples (%s) must be even.".formatted(samples));
            }
            Require.atLeast("chunkSize", chunkSize, 1);
            Require.atLeast("rounds", rounds, 1);
            Require.positive("move", move);
            Require.positive("margin", margin);
        }

        /** Returns options whose margin is max(2, √samples). */
        public static Options of(int samples, int chunkSize, int rounds, double move, long seed) {
            return new Options(samples, chunkSize, rounds, move, Math.max(2, Math.sqrt(samples)), seed);
        }
    }

    /**
     * What one round found.
     *
     * @param number counted from 0
     * @param diffusions the noise that it sampled with, g of every step
     * @param gained samples that each step but the last made better
     * @param lost samples that each step but the last made worse
     */
    public record Round(int number, List<Double> diffusions, int[] gained, int[] lost) {}

    /** Hears of every round. */
    @FunctionalInterface
    public interface Listener {
        /** Takes notice of a round. */
        void finished(Round round);
    }

    /**
     * Calibrates.
     *
     * @param start the grid and the rule to start from; which of its steps are stochastic does not count
     * @return g of every step, that of the last one as it was
     */
    public List<Double> run(Rollout start, Options options, Listener listener) {
        int moved = start.schedule().steps() - 1;
        NoiseBalance balance = new NoiseBalance(diffusions(start), options.move(), options.margin());
        policy.trainable().fold();
        try (NDManager manager = owner.newSubManager();
                PromptCache cache = new PromptCache(manager, task.encoder());
                ScoringThread scoring = new ScoringThread(task.reward())) {
            for (int number = 0; number < options.rounds(); number++) {
                GrpoOptions now = with(balance.diffusions(), start.schedule(), options);
                SdeSampler sampler = new SdeSampler(now.rollout().sde(), start.schedule());
                Rollouts rollouts = new Rollouts(
                        lanes,
                        task,
                        now,
                        () -> sampler,
                        cache,
                        scoring,
                        policy.current(),
                        new Phases(),
                        Optional.empty());
                try (NDManager scratch = manager.newSubManager()) {
                    Sampled sampled = rollouts.run(scratch, number, prompts(options, number), GrpoListener.NONE);
                    int[] steps = IntStream.range(0, moved).toArray();
                    double[][] gains = new Credit.Gain().assign(sampled.probed(Scores::values), steps);
                    Round round =
                            new Round(number, balance.diffusions(), count(gains, moved, 1), count(gains, moved, -1));
                    listener.finished(round);
                    balance.move(round.gained(), round.lost());
                }
            }
        }
        return balance.diffusions();
    }

    private static List<Double> diffusions(Rollout start) {
        SdeRule rule = start.sde().rule();
        return IntStream.range(0, start.schedule().steps())
                .mapToObj(k -> rule.at(start.schedule(), k).diffusion())
                .toList();
    }

    private static GrpoOptions with(List<Double> diffusions, TimeSchedule schedule, Options options) {
        int chunk = Math.min(options.chunkSize(), options.samples());
        while (options.samples() % chunk != 0) {
            chunk--;
        }
        GrpoOptions.Signal gains =
                new GrpoOptions.Signal(new Credit.Gain(), GroupAdvantage.FLOW_GRPO, Combination.REWARD_SUM, 0, 5, true);
        return new GrpoOptions(
                GrpoOptions.Batch.of(options.samples() / 2, 2, chunk),
                new Rollout(
                        new SdeOptions(new SdeRule.Table(diffusions)), schedule, new ExplorationSchedule.AllButLast()),
                gains,
                NONE,
                GrpoOptions.Updates.FLOW_GRPO,
                options.seed());
    }

    /** Returns a prompt for every sample, others in every round. */
    private List<Prompt> prompts(Options options, int round) {
        PromptOrder order = PromptOrder.shuffled(task.prompts().size(), options.seed());
        int[] drawn = order.draw((long) round * options.samples(), options.samples());
        return Arrays.stream(drawn).mapToObj(task.prompts()::get).toList();
    }

    private static int[] count(double[][] gains, int steps, int sign) {
        int[] counts = new int[steps];
        for (double[] row : gains) {
            for (int k = 0; k < steps; k++) {
                counts[k] += Math.signum(row[k]) == sign ? 1 : 0;
            }
        }
        return counts;
    }
}
