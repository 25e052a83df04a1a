package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Trajectory;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Samples an iteration's chunks on the lanes; one that is decoded goes to the scoring thread while others are sampled. */
final class Rollouts implements SampleSource {
    private static final long EXPLORATION = 0x6578706C6F7265L;

    private final Lanes lanes;
    private final AlignmentTask task;
    private final GrpoOptions options;
    private final Supplier<SdeSampler> sampler;
    private final PromptCache cache;
    private final ScoringThread scoring;
    private final VelocityModel model;
    private final Phases phases;
    private final Optional<LatentCritic> critic;

    Rollouts(
            Lanes lanes,
            AlignmentTask task,
            GrpoOptions options,
            Supplier<SdeSampler> sampler,
            PromptCache cache,
            ScoringThread scoring,
            VelocityModel model,
            Phases phases,
            Optional<LatentCritic> critic) {
        this.lanes = lanes;
        this.task = task;
        this.options = options;
        this.sampler = sampler;
        this.cache = cache;
        this.scoring = scoring;
        this.model = model;
        this.phases = phases;
        this.critic = critic;
    }

    @Override
    public Sampled run(NDManager owner, long iteration, List<Prompt> prompts, GrpoListener listener) {
        NoiseSource random = NoiseSource.of(options.seed(), EXPLORATION, iteration);
        List<Integer> stochastic = options.rollout()
                .exploration()
                .steps(options.rollout().schedule().steps(), iteration, random);
        int size = options.batch().chunkSize();
        List<Chunk> chunks = new ArrayList<>();
        Phases onLanes = new Phases();
        long start = System.nanoTime();
        int states = options.signal().needsCompletions() ? stochastic.size() : 0;
        int kinds = states + options.signal().granularities().size();
        List<Scores> scored;
        try {
            lanes.run(
                    options.batch().chunks(),
                    (lane, index) -> {
                        int first = index * size;
                        return roll(owner, iteration, stochastic, first, prompts.subList(first, first + size));
                    },
                    (index, rolled) -> {
                        chunks.add(rolled.chunk());
                        onLanes.add(Phases.ROLLOUT, rolled.rolloutSeconds());
                        onLanes.add(Phases.DECODE, rolled.decodeSeconds());
                        rolled.samples().forEach(scoring::submit);
                        listener.progress(
                                iteration,
                                Phases.ROLLOUT,
                                chunks.size(),
                                options.batch().chunks());
                    });
            phases.share((System.nanoTime() - start) * 1e-9, onLanes.take());
        } finally {
            scored = phases.time(Phases.WAIT, () -> scoring.collect(kinds));
        }
        phases.add(Phases.SCORE, scoring.takeSeconds());
        return new Sampled(
                chunks,
                scored.get(0),
                scored.subList(1, 1 + states),
                scored.subList(1 + states, kinds),
                stochastic,
                options.rollout().schedule().steps());
    }

    /** What a lane made of a chunk, and the time it took; the samples first, then what else is made of their states. */
    private record Rolled(Chunk chunk, List<List<Sample>> samples, double rolloutSeconds, double decodeSeconds) {}

    private Rolled roll(NDManager owner, long iteration, List<Integer> stochastic, int first, List<Prompt> part) {
        long start = System.nanoTime();
        Chunk chunk = rollout(owner, iteration, stochastic, first, part);
        long sampled = System.nanoTime();
        TimeSchedule schedule = options.rollout().schedule();
        List<List<Sample>> samples = new ArrayList<>();
        samples.add(samples(chunk.trajectory().latents(), part));
        long decoded = System.nanoTime();
        if (options.signal().needsCompletions()) {
            for (StoredStep stored : chunk.trajectory().steps()) {
                TimeSchedule levels = options.signal().completion().from(schedule, stored.step());
                samples.add(completion(chunk, stored.latents(), levels, part));
            }
        }
        for (int granularity : options.signal().granularities()) {
            if (granularity > 1) {
                StoredStep only = chunk.trajectory().steps().get(0);
                TimeSchedule levels = Granularity.levels(schedule, only.step() + 1, granularity);
                samples.add(completion(chunk, only.next(), levels, part));
            }
        }
        double completing = (System.nanoTime() - decoded) * 1e-9;
        return new Rolled(chunk, samples, (sampled - start) * 1e-9 + completing, (decoded - sampled) * 1e-9);
    }

    /** What the ODE makes of a state on the given levels. */
    private List<Sample> completion(Chunk chunk, NDArray state, TimeSchedule levels, List<Prompt> part) {
        try (NDManager scratch = state.getManager().newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray from = Torch.detached(state);
            from.attach(scratch);
            NDArray made = new OdeSampler(levels).sample(model, from, chunk.conditioning());
            return samples(made, part);
        }
    }

    private Chunk rollout(NDManager owner, long iteration, List<Integer> stochastic, int first, List<Prompt> part) {
        Conditioning conditioning = cache.rows(owner, part);
        List<Long> samples =
                LongStream.range(first, first + part.size()).boxed().toList();
        SampleNoise noise = new SampleNoise(options.seed(), iteration, samples);
        try (NDArray initial = initialNoise(iteration, noise).initial(owner, task.latentShape())) {
            Trajectory trajectory =
                    sampler.get().rollout(model, initial, conditioning, plan(stochastic, noise, part, conditioning));
            return new Chunk(first, conditioning, trajectory, finite(trajectory));
        }
    }

    private RolloutPlan plan(
            List<Integer> stochastic, SampleNoise noise, List<Prompt> part, Conditioning conditioning) {
        RolloutPlan plan = RolloutPlan.of(stochastic, noise);
        return options.rollout()
                .gradient()
                .map(gradient -> plan.guidedBy(
                        gradient instanceof RewardGradient reward
                                ? new RewardGuide(
                                        reward,
                                        data -> scoring.scored(samples(data, part))
                                                .values(),
                                        noise.samples(),
                                        options.seed(),
                                        noise.iteration())
                                : new CriticGuide((CriticGradient) gradient, critic.orElseThrow(), conditioning)))
                .orElse(plan);
    }

    private SampleNoise initialNoise(long iteration, SampleNoise own) {
        if (!options.batch().sharedNoise()) {
            return own;
        }
        int groupSize = options.batch().groupSize();
        List<Long> groups =
                own.samples().stream().map(sample -> sample / groupSize).toList();
        return new SampleNoise(options.seed(), iteration, groups);
    }

    private static boolean finite(Trajectory trajectory) {
        List<NDArray> checked = new ArrayList<>();
        checked.add(trajectory.latents());
        trajectory.steps().stream().map(StoredStep::logProb).forEach(checked::add);
        for (NDArray array : checked) {
            for (float value : array.toFloatArray()) {
                if (!Float.isFinite(value)) {
                    return false;
                }
            }
        }
        return true;
    }

    /** Decodes in a manager of its own: what a decoder makes must not stay with the trajectory until the iteration ends. */
    private List<Sample> samples(NDArray latents, List<Prompt> part) {
        try (NDManager scratch = latents.getManager().newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray from = Torch.detached(latents);
            from.attach(scratch);
            List<Media> media = task.decoder().decode(from);
            if (media.size() != part.size()) {
                throw new IllegalStateException("The decoder gave %s media for %s samples; they must be equal."
                        .formatted(media.size(), part.size()));
            }
            return IntStream.range(0, part.size())
                    .mapToObj(i -> new Sample(
                            media.get(i), part.get(i).text(), part.get(i).metadata()))
                    .toList();
        }
    }
}
