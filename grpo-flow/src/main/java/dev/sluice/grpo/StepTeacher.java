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
        List<Chunk> chunks = select(judged);
        return new Course() {
            @Override
            public int units() {
                return chunks.size();
            }

            @Override
            public List<Portion> portions(int[] units, NoiseSource random) {
                List<Portion> portions = new ArrayList<>();
                for (int unit : units) {
                    Chunk chunk = chunks.get(unit);
                    List<StoredStep> steps = chunk.trajectory().steps();
                    int[] chosen = objective.stepSelection().choose(steps.size(), random);
                    double scale = 1.0 / (units.length * chosen.length);
                    for (int position : chosen) {
                        double[] column = judged.advantages().column(chunk.first(), chunk.size(), position);
                        portions.add(replay(chunk, steps.get(position), column, scale));
                    }
                }
                return portions;
            }
        };
    }

    /** Returns the chunks that can be learned from: finite ones and, if so chosen, only those with an advantage. */
    private static List<Chunk> select(Judged judged) {
        return judged.chunks().stream()
                .filter(Chunk::finite)
                .filter(chunk -> !judged.signal().dropZero()
                        || IntStream.range(chunk.first(), chunk.first() + chunk.size())
                                .anyMatch(i -> !judged.advantages().zero(i)))
                .toList();
    }

    /**
     * Returns one trained step of a micro-batch.
     *
     * @param advantages one for each sample
     * @param scale what the gradient is multiplied by: 1 / (micro-batches × trained steps) of the update
     */
    Portion replay(Chunk chunk, StoredStep stored, double[] advantages, double scale) {
        return model -> backward(model, chunk, stored, advantages, scale);
    }

    private MicroStep backward(
            VelocityModel model, Chunk chunk, StoredStep original, double[] advantages, double scale) {
        NDManager owner = original.latents().getManager();
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope on = Torch.withGradient()) {
            StoredStep stored = original.aliases(scratch);
            SdeSampler present = sampler.get();
            GaussianStep numbers = present.step(stored);
            Transition now = present.replay(model, stored, chunk.conditioning());
            NDArray logRatio = objective.ratioRule().logRatio(now, stored);
            Terms terms = objective.loss().of(Doubles.of(logRatio), advantages);
            double stepWeight = objective.stepWeight().of(numbers.length(), numbers.std());
            NDArray surrogate = logRatio.mul(Doubles.array(scratch, terms.derivatives(), scale * stepWeight));
            double penalty = 0;
            double loss = terms.value();
            for (Anchor anchor : objective.anchors()) {
                Optional<NDArray> other = anchor instanceof Anchor.Led
                        ? stored.led()
                        : Optional.of(referenceMean(present, stored, chunk));
                if (other.isPresent()) {
                    NDArray each = anchor.penalty(now.mean(), other.get(), numbers);
                    double mean = Arrays.stream(Doubles.of(each)).sum() / advantages.length;
                    penalty += mean;
                    loss += anchor.weight() * mean;
                    surrogate =
                            surrogate.add(Torch.scaled(each, scale * stepWeight * anchor.weight() / advantages.length));
                }
            }
            MicroStep step = new MicroStep(
                    OptionalInt.of(stored.step()),
                    terms,
                    plain(now, stored, advantages),
                    penalty,
                    stepWeight * loss,
                    noise.isEmpty() ? 0 : noiseSlope(now, stored, numbers, terms, scale * stepWeight),
                    Map.of());
            if (step.finite()) {
                Torch.backward(surrogate.sum());
            }
            return step;
        }
    }

    /** Returns the derivative of the loss by ln g; a weighted divergence counts the deviation as given. */
    private double noiseSlope(Transition now, StoredStep stored, GaussianStep numbers, Terms terms, double scale) {
        try (Torch.Scope off = Torch.noGradient()) {
            double[] slopes =
                    Doubles.of(numbers.noiseSlope(stored.latents(), Torch.detached(now.mean()), stored.next()));
            double sum = -noise.orElseThrow().entropy();
            for (int i = 0; i < slopes.length; i++) {
                sum += terms.derivatives()[i] * slopes[i];
            }
            return scale * sum;
        }
    }

    private Optional<Terms> plain(Transition now, StoredStep stored, double[] advantages) {
        return objective.ratioRule().equals(PLAIN)
                ? Optional.empty()
                : Optional.of(objective.loss().of(Doubles.of(PLAIN.logRatio(now, stored)), advantages));
    }

    private NDArray referenceMean(SdeSampler present, StoredStep stored, Chunk chunk) {
        try (Torch.Scope off = Torch.noGradient()) {
            return present.mean(policy.reference(), stored, chunk.conditioning());
        }
    }
}
