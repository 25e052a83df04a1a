package dev.sluice.configs;

import dev.sluice.configs.internal.Existing;
import dev.sluice.configs.internal.NotEmpty;
import dev.sluice.configs.internal.Within;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.Objective;
import dev.sluice.grpo.SampleSelection;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Shaping;
import dev.sluice.sde.SdeOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A training run: everything that a run file says, checked.
 *
 * @param name the run's name, a folder's name
 * @param paper whose algorithm it is, for the list of them
 * @param output the folder of all runs; a relative one starts from the working folder
 * @param device {@code auto}, {@code cpu}, {@code gpu} or {@code gpuN}
 * @param lanes chunks that are worked on side by side; 0 for one on each core, as far as there are chunks
 * @param threads threads of an operator; 0 for the cores that fall to a lane
 * @param seed names all randomness
 * @param iterations how many
 * @param model a folder in diffusers' layout
 * @param precision what the transformer computes in; what is trained is float32
 * @param memory how the model is held in memory
 * @param adapter what is trained of it
 * @param prompts what is sampled, and what is tested
 * @param rewards what is wanted; their weighted sum is the reward, unless they are joined otherwise
 * @param joining how they become one reward, if not by a weighted sum
 * @param batch how much is sampled in an iteration
 * @param sampling how it is sampled
 * @param exploration which steps are stochastic, and how
 * @param credit how much of a reward each step gets
 * @param advantage rewards to advantages, within a group
 * @param advantageLimit advantages are cut to ± this
 * @param dropZero whether micro-batches without any advantage are left out
 * @param bestOf so many samples of an iteration are learned from: half of them the best, half the worst; all if left out
 * @param objective what an update minimises
 * @param critic what learns beside the policy to tell what states along the way are worth
 * @param updates how often and how far the weights move
 * @param evaluation how the run is judged on the test prompts
 * @param checkpoints what is kept of the way
 */
public record RunConfig(
        String name,
        Optional<PaperChoice> paper,
        String output,
        String device,
        @Within(least = 0, most = 1024) int lanes,
        @Within(least = 0, most = 1024) int threads,
        long seed,
        @Within(least = 1, most = 10_000_000) int iterations,
        @Existing Path model,
        Precision precision,
        MemoryChoice memory,
        AdapterChoice adapter,
        PromptChoice prompts,
        @NotEmpty List<RewardChoice> rewards,
        Optional<JoiningChoice> joining,
        GrpoOptions.Batch batch,
        SamplingChoice sampling,
        ExplorationChoice exploration,
        CreditChoice credit,
        AdvantageChoice advantage,
        @Within(above = 0) double advantageLimit,
        boolean dropZero,
        @Within(least = 2, most = 10_000_000) Optional<Integer> bestOf,
        ObjectiveChoice objective,
        Optional<CriticChoice> critic,
        GrpoOptions.Updates updates,
        EvaluationChoice evaluation,
        Checkpoints checkpoints) {
    public RunConfig {
        RunNames.require(name);
        exploration.steps(sampling.steps());
        requirePairs(exploration, prompts.train());
        requireGuidance(sampling, evaluation, objective);
        RewardRules.check(rewards, joining, advantage.combination());
        RewardRules.checkChunks(rewards, batch.chunkSize(), batch.groupSize());
        CreditRules.check(credit, advantage, rewards, joining);
        CreditRules.checkGradient(exploration, rewards);
        CreditRules.checkSteps(credit, exploration.steps(sampling.steps()), sampling.steps());
        CreditRules.checkGranularities(credit, batch.sharedNoise(), advantage.history());
        // What does not go together is refused before a model is opened; its own grid may differ, but not its length.
        options(
                batch,
                new TimeSchedule.Uniform(sampling.steps()),
                exploration,
                signal(credit, advantage, advantageLimit, new SampleSelection(dropZero, bestOf)),
                objective.objective(advantageLimit),
                updates,
                critic,
                seed);
    }

    private static void requirePairs(ExplorationChoice exploration, PromptSource train) {
        if (exploration.rule() == ExplorationChoice.Rule.STORED
                && !(train instanceof PromptSource.PromptFile file
                        && file.path().toString().toLowerCase(Locale.ROOT).endsWith(".jsonl"))) {
            throw new IllegalArgumentException(
                    "exploration.rule (stored) needs prompts.train (%s) to be a .jsonl file of prompts with a preferred and a rejected picture each.%nMaybe make one with: sluice pairs CONFIG"
                            .formatted(train));
        }
    }

    private static void requireGuidance(
            SamplingChoice sampling, EvaluationChoice evaluation, ObjectiveChoice objective) {
        boolean guided = sampling.guidance() != 1
                || evaluation.guidance().orElse(1.0) != 1
                || objective.teacherGuidance().orElse(1.0) != 1;
        if (sampling.negativePrompt().isPresent() && !guided) {
            throw new IllegalArgumentException(
                    "sampling.negativePrompt (%s) means nothing with sampling.guidance 1, which is no guidance.%nMaybe set sampling.guidance: 4.5."
                            .formatted(sampling.negativePrompt().get()));
        }
    }

    private static GrpoOptions.Signal signal(
            CreditChoice credit, AdvantageChoice advantage, double limit, SampleSelection selection) {
        return new GrpoOptions.Signal(
                credit.credit(),
                advantage.advantage(),
                advantage.combination(),
                advantage.history(),
                limit,
                selection,
                credit.completion(),
                credit.granularities(),
                credit.critic());
    }

    private static GrpoOptions options(
            GrpoOptions.Batch batch,
            TimeSchedule schedule,
            ExplorationChoice exploration,
            GrpoOptions.Signal signal,
            Objective objective,
            GrpoOptions.Updates updates,
            Optional<CriticChoice> critic,
            long seed) {
        SdeOptions own = new SdeOptions(exploration.sdeRule());
        SdeOptions sde = new SdeOptions(
                own.rule(),
                own.likelihood(),
                own.lastStep(),
                objective.needsMeans(),
                objective.needsStates(),
                exploration.odeSteps());
        boolean stored = exploration.rule() == ExplorationChoice.Rule.STORED;
        GrpoOptions.Rollout rollout = new GrpoOptions.Rollout(
                sde,
                schedule,
                exploration.steps(schedule.steps()),
                exploration.gradient(),
                exploration.learned().map(ExplorationChoice.Learned::learning),
                stored);
        return new GrpoOptions(batch, rollout, signal, objective, updates, critic.map(CriticChoice::learning), seed);
    }

    /**
     * Prompts.
     *
     * @param train what is sampled in training
     * @param test what is sampled in evaluation; nothing of it is learned from
     */
    public record PromptChoice(PromptSource train, PromptSource test) {}

    /**
     * A reward and its share.
     *
     * @param name of a reward on the class path, such as {@code scenes}
     * @param weight what its score is multiplied by; may be negative
     * @param options what the reward offers to choose, such as {@code mode: strict}; every value is its text
     * @param label what reports call it, its name if there is none; one reward can be there twice under two labels
     * @param shape what is made of its scores before the weight
     */
    public record RewardChoice(
            String name,
            double weight,
            Optional<Map<String, Object>> options,
            Optional<String> label,
            Optional<ShapeChoice> shape) {
        public RewardChoice {
            RewardProvider.provider(name).check(options.orElse(Map.of()));
            if (label.isPresent() && !label.get().matches("[a-z0-9][a-z0-9-]*")) {
                throw new IllegalArgumentException(
                        "label (%s) must have lower case letters, digits and hyphens only.".formatted(label.get()));
            }
        }

        /** Returns what reports call it. */
        public String title() {
            return label.orElse(name);
        }

        /** Returns what is made of its scores. */
        public Shaping shaping() {
            return shape.map(ShapeChoice::shaping).orElse(Shaping.NONE);
        }

        /** Opens the reward; the caller closes it. */
        public Reward open() {
            return RewardProvider.named(name, options.orElse(Map.of()));
        }
    }

    /**
     * How an iteration is sampled.
     *
     * @param steps steps of the grid
     * @param height picture rows in pixels; what the model was made for if left out
     * @param width picture columns in pixels; what the model was made for if left out
     * @param frames of a video, 1 more than a multiple of 4 for Wan; the family's own number if left out
     * @param guidance scale of the classifier-free guidance, in the rollout and the update, and in the evaluation if that names no
     *     other; 1 is none
     * @param negativePrompt what guidance moves away from, wherever there is guidance; the empty text if left out
     * @param maxTokens T5 tokens of every prompt, cut or filled up; the family's usual number if left out
     */
    public record SamplingChoice(
            @Within(least = 2, most = 1000) int steps,
            @Within(least = 1, most = 65536) Optional<Integer> height,
            @Within(least = 1, most = 65536) Optional<Integer> width,
            @Within(least = 1, most = 65536) Optional<Integer> frames,
            @Within(least = 0, most = 100) double guidance,
            Optional<String> negativePrompt,
            @Within(least = 1, most = 65536) Optional<Integer> maxTokens) {}

    /** Returns the scale of the guidance that the run is tested with. */
    public double testGuidance() {
        return evaluation.guidance().orElse(sampling.guidance());
    }

    /** Returns the same run with micro-batches of another size. */
    public RunConfig withChunkSize(int size) {
        return with(
                new GrpoOptions.Batch(
                        batch.prompts(),
                        batch.groupSize(),
                        size,
                        batch.sharedNoise(),
                        batch.mergeEqualPrompts(),
                        batch.taskTurns()),
                evaluation);
    }

    /** Returns the same run, tested with a solver. */
    public RunConfig withTestSolver(EvaluationChoice.Solver solver) {
        return with(batch, evaluation.withSolver(solver));
    }

    private RunConfig with(GrpoOptions.Batch samples, EvaluationChoice tests) {
        return new RunConfig(
                name,
                paper,
                output,
                device,
                lanes,
                threads,
                seed,
                iterations,
                model,
                precision,
                memory,
                adapter,
                prompts,
                rewards,
                joining,
                samples,
                sampling,
                exploration,
                credit,
                advantage,
                advantageLimit,
                dropZero,
                bestOf,
                objective,
                critic,
                updates,
                tests,
                checkpoints);
    }

    /**
     * Returns what may not be meant, though it can be run.
     *
     * @param elements numbers in the latents of a sample
     */
    public List<String> doubts(long elements) {
        return objective instanceof GradientChoice gradient
                ? gradient.doubt(exploration.sdeRule(), elements).stream().toList()
                : List.of();
    }

    /** Returns how the model is held in memory. */
    public MemoryPolicy memoryPolicy() {
        return memory.policy(precision);
    }

    /** Returns the run's folder. */
    public Path folder() {
        return Path.of(output).resolve(name);
    }

    /**
     * Returns the trainer's options.
     *
     * @param schedule the model's grid for {@link SamplingChoice#steps()}
     */
    public GrpoOptions grpo(TimeSchedule schedule) {
        GrpoOptions.Signal signal = signal(credit, advantage, advantageLimit, new SampleSelection(dropZero, bestOf));
        return options(
                batch, schedule, exploration, signal, objective.objective(advantageLimit), updates, critic, seed);
    }
}
