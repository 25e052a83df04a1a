package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.ProcessMemory;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.grpo.IterationReport.Skipped;
import dev.sluice.sde.SdeSampler;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Trains a policy with rewards: every iteration draws prompts, samples a group for each, scores the samples, turns scores
 * into advantages within the group, and moves the weights with the clipped policy gradient.
 *
 * <p>All randomness is a function of the seed and the number of the iteration, so that a restored trainer gives the same
 * numbers as one that was never stopped.
 *
 * <p>Source: Flow-GRPO (2025), arXiv:2505.05470; the options choose other algorithms of the family. Differs: micro-batches
 * are the chunks of the rollout, so that the importance ratio before the first update is exactly 1.
 *
 * <p>Memory: two moments and an average for each trained array, and the encoded prompts, freed by {@link #close()}; what an
 * iteration makes is freed at its end. The policy and the task belong to the caller.
 */
public final class GrpoTrainer implements AutoCloseable {
    private final Policy policy;
    private final AlignmentTask task;
    private final GrpoOptions options;
    private final NDManager manager;
    private final AdamW optimiser;
    private final Ema ema;
    private final Optional<PolicyCopy> copy;
    private final Optional<LearnedNoise> noise;
    private final Optional<LatentCritic> critic;
    private final Appraisal appraisal;
    private final PromptCache cache;
    private final ScoringThread scoring;
    private final Phases phases = new Phases();
    private final SampleSource source;
    private final Teacher teacher;
    private final UpdateLoop updates;
    private final PromptDraw draw;
    private TrainerState state = TrainerState.START;
    private PromptHistory history;

    /**
     * Creates a trainer at iteration 0 and folds the present parameters into the network.
     *
     * @param owner the trainer's arrays live in a child of it
     * @param lanes sample and learn; they stay the caller's
     */
    public GrpoTrainer(NDManager owner, Lanes lanes, Policy policy, AlignmentTask task, GrpoOptions options) {
        if (options.rollout().stored() != task.stored().isPresent()) {
            throw new IllegalArgumentException(
                    task.stored().isPresent()
                            ? "The task has stored pairs, but the options sample anew."
                            : "The options learn from stored pairs, but the task has none.");
        }
        options.signal().combination().check(task.reward());
        this.policy = policy;
        this.task = task;
        this.options = options;
        this.manager = owner.newSubManager();
        policy.trainable().fold();
        this.optimiser = new AdamW(
                manager, policy.trainable().parameters(), options.updates().optimiser());
        this.ema = new Ema(
                manager, policy.trainable().parameters(), options.updates().ema());
        this.copy = options.objective().copy().map(rule -> new PolicyCopy(manager, policy, rule));
        this.cache = new PromptCache(manager, task.encoder());
        this.scoring = new ScoringThread(task.reward());
        SdeSampler sampler =
                new SdeSampler(options.rollout().sde(), options.rollout().schedule());
        this.noise = options.rollout().learned().map(learning -> new LearnedNoise(manager, learning, sampler));
        this.critic = options.critic()
                .map(learning -> new LatentCritic(
                        manager, learning, network(learning), options.rollout().schedule(), options.seed()));
        Supplier<SdeSampler> present =
                noise.<Supplier<SdeSampler>>map(learned -> learned).orElse(() -> sampler);
        this.source = options.rollout().stored()
                ? new StoredSource(lanes, task, options, cache, phases)
                : new Rollouts(lanes, task, options, present, cache, scoring, sampling(), phases, critic);
        this.teacher = Teacher.of(options, policy, copy, noise, critic, sampler, lanes, manager);
        this.appraisal = new Appraisal(options.signal(), task.reward(), critic, lanes, phases);
        this.updates = new UpdateLoop(
                new PolicyUpdate(manager, lanes, policy, optimiser, ema, copy, noise),
                options.updates(),
                options.seed());
        this.history = PromptHistory.empty(options.signal().history());
        this.draw = PromptDraw.of(task.prompts(), options);
    }

    private CriticNetwork network(CriticLearning learning) {
        try (NDManager scratch = manager.newSubManager()) {
            return LatentCritic.network(
                    learning, task.latentShape(), task.encoder().encode(scratch, List.of("")));
        }
    }

    private VelocityModel sampling() {
        return options.objective().copySamples() ? copy.orElseThrow().model() : policy.current();
    }

    /** Returns the number of finished iterations. */
    public long iteration() {
        return state.iteration();
    }

    /** Returns the options. */
    public GrpoOptions options() {
        return options;
    }

    TrainerState state() {
        return state;
    }

    PromptHistory history() {
        return history;
    }

    void state(TrainerState restored, PromptHistory past) {
        this.state = restored;
        this.history = past;
    }

    AdamW optimiser() {
        return optimiser;
    }

    Ema ema() {
        return ema;
    }

    Optional<PolicyCopy> copy() {
        return copy;
    }

    /** Returns what learns beside the policy. */
    List<Companion> companions() {
        List<Companion> companions = new ArrayList<>(teacher.companions());
        critic.ifPresent(one -> companions.add(one.companion()));
        return companions;
    }

    Policy policy() {
        return policy;
    }

    NDManager manager() {
        return manager;
    }

    /** Runs one iteration; see {@link #iterate(GrpoListener)}. */
    public IterationReport iterate() {
        return iterate(GrpoListener.NONE);
    }

    /**
     * Runs one iteration. If it throws, the trainer stands where the iteration began, except for updates already applied.
     *
     * @throws TrainingStoppedException if too many updates in a row could not be applied
     */
    public IterationReport iterate(GrpoListener listener) {
        long start = System.nanoTime();
        long iteration = state.iteration();
        List<Prompt> prompts = draw.at(iteration);
        noise.ifPresent(learned -> learned.begin(iteration));
        Map<String, Double> beside = new LinkedHashMap<>();
        noise.ifPresent(learned -> putNoise(beside, learned.diffusions()));
        try (NDManager scratch = manager.newSubManager()) {
            Sampled sampled = source.run(scratch, iteration, prompts, listener);
            double[] rewards = sampled.rewards();
            Groups groups = groups(prompts);
            int[] steps = teacher.creditedSteps(sampled);
            Appraisal.Appraised appraised = appraisal.of(sampled, prompts, groups, steps, history);
            Advantages advantages = appraised.advantages();
            Judged judged = new Judged(iteration, sampled.chunks(), rewards, advantages, groups, options.signal());
            Learned learned = phases.time(Phases.UPDATE, () -> learn(judged, listener));
            List<UpdateReport> reports = learned.reports();
            beside.putAll(appraisal.teach(judged));
            GroupStatistics statistics = GroupStatistics.of(rewards, groups);
            Skipped skipped = count(sampled, statistics, reports);
            history = history.after(prompts, appraised.parts());
            state = state.after(options.batch().prompts(), prompts.size(), skipped, anyApplied(reports));
            double total = (System.nanoTime() - start) * 1e-9;
            phases.rest(total, learned.arrangedSeconds());
            IterationReport report = new IterationReport(
                    iteration,
                    prompts.size(),
                    statistics,
                    RewardMeans.byTask(prompts, rewards),
                    RewardMeans.byPart(sampled.scores()),
                    advantages.meanMagnitude(),
                    advantages.zeroShare(),
                    sampled.trainedSteps(),
                    reports,
                    reports.isEmpty() ? 0 : reports.get(0).maxRatioDeviation(),
                    skipped,
                    beside,
                    phases.take(),
                    total,
                    ProcessMemory.residentBytes());
            stopIfLost(report);
            return report;
        }
    }

    /** What updates did, and how long it took to arrange them. */
    private record Learned(List<UpdateReport> reports, double arrangedSeconds) {}

    private Learned learn(Judged judged, GrpoListener listener) {
        if (options.critic().filter(one -> judged.iteration() < one.warmUp()).isPresent()) {
            return new Learned(List.of(), 0);
        }
        Course course = teacher.course(judged);
        return new Learned(updates.run(judged.iteration(), course, listener), course.arrangedSeconds());
    }

    private static void putNoise(Map<String, Double> into, List<Double> diffusions) {
        for (int k = 0; k < diffusions.size() - 1; k++) {
            into.put("noise.step." + k, diffusions.get(k));
        }
    }

    private Groups groups(List<Prompt> prompts) {
        return options.batch().mergeEqualPrompts()
                ? Groups.byId(prompts.stream().map(Prompt::identity).toList())
                : Groups.consecutive(options.batch().prompts(), options.batch().groupSize());
    }

    private Skipped count(Sampled sampled, GroupStatistics statistics, List<UpdateReport> updates) {
        int chunks =
                (int) sampled.chunks().stream().filter(chunk -> !chunk.finite()).count();
        int failed = (int) updates.stream().filter(report -> !report.applied()).count();
        return new Skipped(
                statistics.invalid(),
                chunks,
                failed,
                state.skippedSamples() + statistics.invalid(),
                state.skippedUpdates() + failed,
                reason(sampled, chunks, failed));
    }

    private static String reason(Sampled sampled, int chunks, int failed) {
        if (chunks > 0) {
            return "latents are not finite";
        }
        return sampled.scores().reasons().values().stream()
                .findFirst()
                .orElse(failed > 0 ? "loss or gradient is not finite" : "");
    }

    private static boolean anyApplied(List<UpdateReport> updates) {
        return updates.stream().anyMatch(UpdateReport::applied);
    }

    private void stopIfLost(IterationReport report) {
        if (state.lostInARow() >= options.updates().maxSkippedInARow()) {
            throw new TrainingStoppedException(
                    "Training stopped at iteration %s: %s iterations or updates in a row could not be used (%s)."
                            .formatted(
                                    report.iteration(),
                                    state.lostInARow(),
                                    report.skipped().reason()));
        }
    }

    /** Runs something while the network has the averaged weights, and puts the present ones back. */
    public <T> T withAverage(Supplier<T> work) {
        policy.trainable().fold(ema.values());
        try {
            return work.get();
        } finally {
            policy.trainable().fold();
        }
    }

    @Override
    public void close() {
        scoring.close();
        cache.close();
        manager.close();
    }
}
