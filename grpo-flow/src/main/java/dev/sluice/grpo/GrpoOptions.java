package dev.sluice.grpo;

import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.Require;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.OdeSteps;
import dev.sluice.sde.SdeOptions;
import java.util.List;
import java.util.Optional;

/**
 * A choice on each axis of an alignment algorithm.
 *
 * @param batch how much is sampled in an iteration, and in what portions
 * @param rollout how it is sampled
 * @param signal how rewards become advantages
 * @param objective what an update minimises
 * @param updates how often and how far the weights move
 * @param critic how a critic learns beside the policy; empty where nothing asks one
 * @param seed names all randomness of the run
 */
public record GrpoOptions(
        Batch batch,
        Rollout rollout,
        Signal signal,
        Objective objective,
        Updates updates,
        Optional<CriticLearning> critic,
        long seed) {
    /** Options without a critic. */
    public GrpoOptions(Batch batch, Rollout rollout, Signal signal, Objective objective, Updates updates, long seed) {
        this(batch, rollout, signal, objective, updates, Optional.empty(), seed);
    }

    public GrpoOptions {
        if (batch.sharedNoise() && rollout.deterministic()) {
            throw new IllegalArgumentException(
                    "sharedNoise (true) must be false where no step is stochastic, because the samples of a prompt would all be the same.%nMaybe set sharedNoise: false."
                            .formatted());
        }
        signal.selection().check(batch);
        objective.check(batch, rollout, signal, updates);
        rollout.learned().ifPresent(noise -> noise.check(rollout, objective));
        if (rollout.stored()) {
            StoredPairs.check(batch, signal, objective);
        }
        rollout.checkSteps(signal, objective);
        CriticLearning.check(critic.isPresent(), rollout, signal, objective);
        if (signal.granularities().size() > 1) {
            Granularity.check(batch, rollout);
        }
    }

    /**
     * How much is sampled in an iteration.
     *
     * @param prompts prompts drawn, at least 1
     * @param groupSize samples of each prompt, at least 2
     * @param chunkSize samples rolled out, and later replayed, together; divides prompts × groupSize
     * @param sharedNoise whether the samples of a prompt start from one noise
     * @param mergeEqualPrompts whether two draws of one prompt in an iteration become one group
     * @param taskTurns the tasks in the order in which they take turns, one prompt each, over and over, as often as named; empty
     *     where prompts are drawn evenly from the whole list
     */
    public record Batch(
            int prompts,
            int groupSize,
            int chunkSize,
            boolean sharedNoise,
            boolean mergeEqualPrompts,
            List<String> taskTurns) {
        public Batch {
            taskTurns = List.copyOf(taskTurns);
            Require.atLeast("prompts", prompts, 1);
            if (!(groupSize >= 2)) {
                throw new IllegalArgumentException(
                        "groupSize (%s) must be at least 2, because a group of one has zero advantage.%nMaybe set groupSize: 8."
                                .formatted(groupSize));
            }
            Require.atLeast("chunkSize", chunkSize, 1);
            if (Math.multiplyExact(prompts, groupSize) % chunkSize != 0) {
                throw new IllegalArgumentException(
                        "chunkSize (%s) must divide prompts × groupSize (%s), because every micro-batch has the same size.%nMaybe set chunkSize: %s."
                                .formatted(chunkSize, prompts * groupSize, groupSize));
            }
        }

        /** Returns a batch whose samples have a noise of their own, and whose groups are draws. */
        public static Batch of(int prompts, int groupSize, int chunkSize) {
            return new Batch(prompts, groupSize, chunkSize, false, false, List.of());
        }

        /** Returns the number of samples of an iteration. */
        public int samples() {
            return prompts * groupSize;
        }

        /** Returns the number of chunks of an iteration. */
        public int chunks() {
            return samples() / chunkSize;
        }
    }

    /**
     * How an iteration is sampled.
     *
     * @param sde the noise of a step and its likelihood
     * @param schedule the grid
     * @param exploration which steps are stochastic
     * @param gradient leads stochastic steps to where the reward, or the critic, rises; empty for none
     * @param learned how the noise is learned; empty if it stays as it is
     * @param stored whether nothing is sampled, and pairs that were stored are learned from; see {@link StoredPairs}
     */
    public record Rollout(
            SdeOptions sde,
            TimeSchedule schedule,
            ExplorationSchedule exploration,
            Optional<DriftGradient> gradient,
            Optional<NoiseLearning> learned,
            boolean stored) {
        public Rollout {
            if (stored && !(exploration instanceof ExplorationSchedule.None)) {
                throw new IllegalArgumentException(
                        "Stored pairs have no steps, but exploration (%s) names stochastic ones."
                                .formatted(exploration));
            }
            if (gradient.isPresent() && exploration instanceof ExplorationSchedule.None) {
                throw new IllegalArgumentException(
                        "The reward's gradient leads stochastic steps, but there are none.%nMaybe take the rule flow-sde."
                                .formatted());
            }
        }

        /** A rollout that nothing leads. */
        public Rollout(SdeOptions sde, TimeSchedule schedule, ExplorationSchedule exploration) {
            this(sde, schedule, exploration, Optional.empty(), Optional.empty(), false);
        }

        /** Returns this rollout with noise that is learned. */
        public Rollout learning(NoiseLearning noise) {
            return new Rollout(sde, schedule, exploration, gradient, Optional.of(noise), stored);
        }

        /** Returns this rollout with pairs that were stored in the place of samples. */
        public Rollout ofStored() {
            return new Rollout(sde, schedule, exploration, gradient, learned, true);
        }

        /** Refuses other ways than Euler's on the run's own grid where states along the way are looked at. */
        private void checkSteps(Signal signal, Objective objective) {
            boolean others = signal.needsCompletions() || signal.granularities().size() > 1;
            if (others && !sde.ode().equals(OdeSteps.EULER)) {
                throw new IllegalArgumentException(
                        "States along the way are completed by Euler's steps on the run's grid, so samples must be, too, or a step without noise would seem to gain or lose.%nMaybe leave out exploration.solver and exploration.tail, or write credit.kind: broadcast."
                                .formatted());
            }
            if (objective.needsStates() && sde.ode().tail().isPresent()) {
                throw new IllegalArgumentException(
                        "The objective learns at every step of the grid, but a tail leaves steps out.%nMaybe leave out exploration.tail."
                                .formatted());
            }
        }

        /** Returns whether all steps follow the ODE. */
        boolean deterministic() {
            return exploration instanceof ExplorationSchedule.None;
        }

        /** Refuses what leaves a step that may be trained without a density. */
        void requireDensities() {
            if (deterministic()) {
                throw new IllegalArgumentException(
                        "The policy gradient needs stochastic steps, because a step of the ODE has no density.%nMaybe take the rule flow-sde, or an objective that learns from finished samples."
                                .formatted());
            }
            if (schedule.steps() < 2) {
                throw new IllegalArgumentException(
                        "steps (%s) must be at least 2, because the last step is not trained."
                                .formatted(schedule.steps()));
            }
            for (int step = 0; step < schedule.steps() - 1; step++) {
                if (!sde.rule().at(schedule, step).stochastic()) {
                    throw new IllegalArgumentException(
                            "%s adds no noise in step %s, so that step has no density and cannot be trained.%nMaybe raise its noise level."
                                    .formatted(sde.rule(), step));
                }
            }
        }
    }

    /**
     * How rewards become advantages.
     *
     * @param credit rewards → a score for each step
     * @param advantage scores → advantages within a group
     * @param combination several rewards → one advantage
     * @param history past samples of a prompt that count in its group's mean and deviation; 0 for none
     * @param limit advantages are cut to [−limit, limit]
     * @param selection which samples are learned from
     * @param completion how states along the way are made visible to the reward, where the credit needs them
     * @param granularities how many steps of the grid the ODE takes at a time after the one stochastic step, 1 first: each has
     *     an advantage of its own, and they are added up; {1} but for G²RPO
     * @param critic what a critic has to say about steps
     */
    public record Signal(
            Credit credit,
            GroupAdvantage advantage,
            Combination combination,
            int history,
            double limit,
            SampleSelection selection,
            Completion completion,
            List<Integer> granularities,
            CriticLearning.Steps critic) {
        /** Flow-GRPO's: the outcome for every step, the batch's deviation, limit 5. */
        public static final Signal FLOW_GRPO =
                new Signal(new Credit.Broadcast(), GroupAdvantage.FLOW_GRPO, Combination.REWARD_SUM, 0, 5, true);

        /** A signal without a critic. */
        public Signal(
                Credit credit,
                GroupAdvantage advantage,
                Combination combination,
                int history,
                double limit,
                boolean dropZero,
                Completion completion,
                List<Integer> granularities) {
            this(
                    credit,
                    advantage,
                    combination,
                    history,
                    limit,
                    new SampleSelection(dropZero, Optional.empty()),
                    completion,
                    granularities,
                    CriticLearning.Steps.NONE);
        }

        /** Returns whether the reward judges completions of states along the way. */
        boolean needsCompletions() {
            return credit.needsStates() && !critic.judges();
        }

        /** A signal whose states are completed on the rest of the grid. */
        public Signal(
                Credit credit,
                GroupAdvantage advantage,
                Combination combination,
                int history,
                double limit,
                boolean dropZero) {
            this(credit, advantage, combination, history, limit, dropZero, Completion.WHOLE, List.of(1));
        }

        public Signal {
            Require.atLeast("history", history, 0);
            Require.positive("limit", limit);
            granularities = List.copyOf(granularities);
            critic.check(credit, combination, granularities);
            Granularity.check(granularities, credit, history);
            if (history > 0 && credit.needsStates()) {
                throw new IllegalArgumentException(
                        "history (%s) must be 0, because %s scores single steps, and of past samples only the outcome is kept."
                                .formatted(history, credit));
            }
        }

        /** Returns this signal with the samples that have no advantage left in. */
        Signal keepingZero() {
            return selecting(selection.keepingZero());
        }

        /** Returns this signal with other samples that are learned from. */
        public Signal selecting(SampleSelection other) {
            return new Signal(credit, advantage, combination, history, limit, other, completion, granularities, critic);
        }

        /**
         * Returns the advantage of every sample at every trained step.
         *
         * @param parts the rewards
         * @param trainedSteps the original numbers of the trained steps
         * @param groups the group of each sample
         */
        public Advantages advantages(List<Combination.Part> parts, int[] trainedSteps, Groups groups) {
            return summed(List.of(parts), trainedSteps, groups);
        }

        /** Returns the sum of the advantages at several granularities; otherwise as {@link #advantages}. */
        Advantages summed(List<List<Combination.Part>> granular, int[] trainedSteps, Groups groups) {
            return combination.advantages(
                    granular, groups, probed -> advantage.estimate(credit.assign(probed, trainedSteps), groups), limit);
        }
    }

    /**
     * How the weights move.
     *
     * @param perIteration updates that share an iteration's samples, at least 1
     * @param innerEpochs times that every sample is used, at least 1
     * @param schedule how the learning rate changes
     * @param maxSkippedInARow the run stops when so many updates in a row could not be applied
     * @param optimiser step size, decay and gradient-norm limit
     * @param ema the moving average that is evaluated
     */
    public record Updates(
            int perIteration,
            int innerEpochs,
            RateSchedule schedule,
            int maxSkippedInARow,
            AdamW.Options optimiser,
            Ema.Options ema) {
        /** Two updates an iteration with Flow-GRPO's optimiser and average. */
        public static final Updates FLOW_GRPO =
                new Updates(2, 1, RateSchedule.CONSTANT, 5, AdamW.Options.FLOW_GRPO, Ema.Options.FLOW_GRPO);

        public Updates {
            Require.atLeast("perIteration", perIteration, 1);
            Require.atLeast("innerEpochs", innerEpochs, 1);
            Require.atLeast("maxSkippedInARow", maxSkippedInARow, 1);
        }

        /** Returns the learning rate of an update, counted from 0. */
        public double learningRate(long update) {
            return optimiser.learningRate() * schedule.share(update);
        }
    }
}
