package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.PolicyLoss.Terms;
import dev.sluice.sde.GaussianStep;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Transition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Carries out a {@link PolicyGradient}: replays the stochastic steps of the chunks, each step of a chunk by itself. */
final class StepTeacher implements Teacher {
    private static final RatioRule PLAIN = new RatioRule.Plain();

    private final PolicyGradient objective;
    private final Policy policy;
    private final Supplier<SdeSampler> sampler;
    private final Optional<LearnedNoise> noise;

    StepTeacher(PolicyGradient objective, Policy policy, SdeSampler sampler) {
        this.objective = objective;
        this.policy = policy;
        this.sampler = () -> sampler;
        this.noise = Optional.empty();
    }

    StepTeacher(PolicyGradient objective, Policy policy, LearnedNoise noise) {
        this.objective = objective;
        this.policy = policy;
        this.sampler = noise;
        this.noise = Optional.of(noise);
    }

    @Override
    public List<Companion> companions() {
        return noise.map(LearnedNoise::companion).stream().toList();
    }

    @Override
    public int[] creditedSteps(Sampled sampled) {
        return sampled.trainedSteps().stream().mapToInt(step -> step).toArray();
    }

    @Override
    public Course course(Judged judged) {
        List<Lesson> lessons = lessons(judged);
        return new Course() {
            @Override
            public int units() {
                return lessons.size();
            }

            @Override
            public List<Portion> portions(int[] units, NoiseSource random) {
                int samples = Arrays.stream(units)
                        .map(unit -> lessons.get(unit).rows().length)
                        .sum();
                List<Portion> portions = new ArrayList<>();
                for (int unit : units) {
                    Chunk chunk = lessons.get(unit).chunk();
                    int[] rows = lessons.get(unit).rows();
                    List<StoredStep> steps = chunk.trajectory().steps();
                    int[] chosen = objective.stepSelection().choose(steps.size(), random);
                    double scale = (double) rows.length / ((long) samples * chosen.length);
                    for (int position : chosen) {
                        Advantages.Column column = judged.advantages().column(chunk.first(), rows, position);
                        portions.add(replay(chunk, steps.get(position), column, scale));
                    }
                }
                return portions;
            }
        };
    }

    /** A chunk and the places in it of the samples that are learned from. */
    private record Lesson(Chunk chunk, int[] rows) {}

    /** Returns the chunks that can be learned from: finite ones with samples that are kept and, if so chosen, have an advantage. */
    private static List<Lesson> lessons(Judged judged) {
        boolean[] kept = judged.kept();
        boolean dropZero = judged.signal().selection().dropZero();
        return judged.chunks().stream()
                .filter(Chunk::finite)
                .map(chunk -> new Lesson(
                        chunk,
                        IntStream.range(0, chunk.size())
                                .filter(row -> kept[chunk.first() + row])
                                .toArray()))
                .filter(lesson -> Arrays.stream(lesson.rows)
                        .anyMatch(row -> !dropZero || !judged.advantages().zero(lesson.chunk.first() + row)))
                .toList();
    }

    /**
     * Returns one trained step of a micro-batch.
     *
     * @param learned the samples that are learned from, and their advantages
     * @param scale what the gradient of the mean over them is multiplied by: their share of the update's samples, over its trained
     *     steps
     */
    Portion replay(Chunk chunk, StoredStep stored, Advantages.Column learned, double scale) {
        return model -> backward(model, chunk, stored, learned, scale);
    }

    private MicroStep backward(
            VelocityModel model, Chunk chunk, StoredStep original, Advantages.Column learned, double scale) {
        NDManager owner = original.latents().getManager();
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope on = Torch.withGradient()) {
            StoredStep stored = original.aliases(scratch);
            SdeSampler present = sampler.get();
            GaussianStep numbers = present.step(stored);
            Transition now = present.replay(model, stored, chunk.conditioning());
            NDArray logRatio = objective.ratioRule().logRatio(now, stored);
            Terms terms = terms(logRatio, learned);
            double stepWeight = objective.stepWeight().of(numbers.length(), numbers.std());
            double[] derivatives = learned.spread(terms.derivatives(), chunk.size());
            NDArray surrogate = logRatio.mul(Doubles.array(scratch, derivatives, scale * stepWeight));
            double[] ones = new double[learned.rows().length];
            Arrays.fill(ones, 1);
            double penalty = 0;
            double loss = terms.value();
            for (Anchor anchor : objective.anchors()) {
                Optional<NDArray> other = anchor instanceof Anchor.Led
                        ? stored.led()
                        : Optional.of(referenceMean(present, stored, chunk));
                if (other.isPresent()) {
                    NDArray each = anchor.penalty(now.mean(), other.get(), numbers);
                    double mean = Arrays.stream(learned.of(Doubles.of(each))).sum() / ones.length;
                    penalty += mean;
                    loss += anchor.weight() * mean;
                    double factor = scale * stepWeight * anchor.weight() / ones.length;
                    surrogate =
                            surrogate.add(each.mul(Doubles.array(scratch, learned.spread(ones, chunk.size()), factor)));
                }
            }
            MicroStep step = new MicroStep(
                    OptionalInt.of(stored.step()),
                    terms,
                    plain(now, stored, learned),
                    penalty,
                    stepWeight * loss,
                    noise.isEmpty() ? 0 : noiseSlope(now, stored, numbers, derivatives, scale * stepWeight),
                    Map.of());
            if (step.finite()) {
                Torch.backward(surrogate.sum());
            }
            return step;
        }
    }

    /** Returns the derivative of the loss by ln g; a weighted divergence counts the deviation as given. */
    private double noiseSlope(
            Transition now, StoredStep stored, GaussianStep numbers, double[] derivatives, double scale) {
        try (Torch.Scope off = Torch.noGradient()) {
            double[] slopes =
                    Doubles.of(numbers.noiseSlope(stored.latents(), Torch.detached(now.mean()), stored.next()));
            double sum = -noise.orElseThrow().entropy();
            for (int i = 0; i < slopes.length; i++) {
                sum += derivatives[i] * slopes[i];
            }
            return scale * sum;
        }
    }

    private Terms terms(NDArray logRatio, Advantages.Column learned) {
        return objective.loss().of(learned.of(Doubles.of(logRatio)), learned.values(), learned.opposed());
    }

    private Optional<Terms> plain(Transition now, StoredStep stored, Advantages.Column learned) {
        return objective.ratioRule().equals(PLAIN)
                ? Optional.empty()
                : Optional.of(terms(PLAIN.logRatio(now, stored), learned));
    }

    private NDArray referenceMean(SdeSampler present, StoredStep stored, Chunk chunk) {
        try (Torch.Scope off = Torch.noGradient()) {
            return present.mean(policy.reference(), stored, chunk.conditioning());
        }
    }
}
