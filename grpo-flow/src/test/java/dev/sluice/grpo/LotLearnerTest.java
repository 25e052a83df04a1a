package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.RewardWeighted.Weighting;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The gradients of the losses of finished samples by the two parameters of the Gaussian world. */
class LotLearnerTest {
    private static final double[] REWARDS = {1, 3, 2, 0, 5, 1, 2, 2, 4, 0, 1, 3};
    private static final Groups GROUPS = Groups.consecutive(3, 4);
    private static final float[] THETA = {0.16f, -0.13f};

    private GaussianWorld world;
    private PolicyCopy copy;
    private final List<Chunk> chunks = new ArrayList<>();

    @BeforeEach
    void sample() {
        world = new GaussianWorld(0.5, 0.1f, -0.2f);
        copy = new PolicyCopy(world.manager, world.policy, new CopyRule.Every(1));
        SdeSampler sampler = new SdeSampler(new SdeRule.Dance(0), GaussianWorld.SCHEDULE);
        for (int first = 0; first < 12; first += 4) {
            SampleNoise noise = new SampleNoise(
                    5, 0, LongStream.range(first, first + 4).boxed().toList());
            NDArray initial = noise.initial(world.manager, new Shape(GaussianWorld.SIZE));
            Conditioning none = GaussianWorld.encode(world.manager, Collections.nCopies(4, ""));
            chunks.add(new Chunk(
                    first,
                    none,
                    sampler.rollout(world.policy.current(), initial, none, RolloutPlan.of(List.of(), noise)),
                    true));
        }
    }

    @AfterEach
    void free() {
        world.close();
    }

    private void move(float offset, float slope) {
        world.trainable.fold(Map.of("theta", world.manager.create(new float[] {offset, slope})));
    }

    private static Matching matching(SampleLoss loss, List<VelocityAnchor> anchors) {
        boolean copied = Stream.concat(loss.against().stream(), anchors.stream().map(VelocityAnchor::to))
                .anyMatch(Frozen.COPY::equals);
        Optional<CopyRule> rule = copied ? Optional.of(new CopyRule.Every(1)) : Optional.empty();
        return new Matching(loss, new NoiseLevels.Uniform(0.2), 2, anchors, rule, false);
    }

    private Course course(Matching objective, int chunkSize) {
        GrpoOptions base = GaussianWorld.options(0.01, Objective.flowGrpo(0.1, 0, KlForm.EXACT), 3);
        GrpoOptions options = new GrpoOptions(
                GrpoOptions.Batch.of(3, 4, chunkSize), base.rollout(), base.signal(), objective, base.updates(), 3);
        double[][] advantages = new double[12][1];
        double[] values = GroupAdvantage.DANCE_GRPO.estimate(REWARDS, GROUPS);
        for (int i = 0; i < 12; i++) {
            advantages[i][0] = values[i];
        }
        SampleTeacher teacher = new SampleTeacher(
                objective, options, new Policies(world.policy, Optional.of(copy)), world.lanes, world.manager);
        return teacher.course(new Judged(0, chunks, REWARDS, new Advantages(advantages), GROUPS, options.signal()));
    }

    private PolicyUpdate update() {
        return new PolicyUpdate(
                world.manager,
                world.lanes,
                world.policy,
                new AdamW(world.manager, world.trainable.parameters(), AdamW.Options.FLOW_GRPO),
                new Ema(world.manager, world.trainable.parameters(), Ema.Options.FLOW_GRPO),
                Optional.empty());
    }

    private static int[] all(Course course) {
        int[] units = new int[course.units()];
        Arrays.setAll(units, i -> i);
        return units;
    }

    /** Returns the gradient at THETA; the old errors were measured where the samples were made. */
    private float[] gradient(Course course, PolicyUpdate update) {
        move(THETA[0], THETA[1]);
        update.begin();
        update.accumulate(course.portions(all(course), NoiseSource.of(1)));
        return world.trainable.gradients().get("theta").toFloatArray().clone();
    }

    private void assertGradient(float[] gradient, DoubleSupplier loss) {
        for (int i = 0; i < 2; i++) {
            float[] theta = THETA.clone();
            theta[i] += 2e-3f;
            move(theta[0], theta[1]);
            double up = loss.getAsDouble();
            theta[i] -= 4e-3f;
            move(theta[0], theta[1]);
            double down = loss.getAsDouble();
            double difference = (up - down) / 4e-3;
            assertThat((double) gradient[i])
                    .as("theta[%s]", i)
                    .isEqualTo(difference, Offset.offset(0.01 * Math.abs(difference) + 3e-4));
            assertThat(Math.abs(difference)).isGreaterThan(0.002);
        }
    }

    static Stream<Matching> valued() {
        List<VelocityAnchor> anchors = List.of(
                new VelocityAnchor(Frozen.REFERENCE, 0.7, VelocityDistance.UNIFORM),
                new VelocityAnchor(Frozen.COPY, 0.4, VelocityDistance.ELBO));
        return Stream.of(
                matching(awm(new MatchingLikelihood.SigmaPower(0), MatchingLoss.Ratios.OF_LEVELS), List.of()),
                matching(awm(new MatchingLikelihood.SigmaPower(1), MatchingLoss.Ratios.OF_LEVELS), List.of()),
                matching(awm(new MatchingLikelihood.SigmaPower(2), MatchingLoss.Ratios.OF_SAMPLES), List.of()),
                matching(awm(new MatchingLikelihood.Huber(), MatchingLoss.Ratios.OF_LEVELS), List.of()),
                matching(awm(new MatchingLikelihood.GeneralisedHuber(0.25), MatchingLoss.Ratios.OF_SAMPLES), anchors),
                matching(new RewardWeighted(Weighting.SOFTMAX, 2), List.of()),
                matching(new RewardWeighted(Weighting.EXPONENTIAL, 2), anchors),
                matching(new PairPreference(20, Frozen.COPY, new Pairing.Extremes()), List.of()),
                matching(new PairPreference(20, Frozen.REFERENCE, new Contest(0)), anchors));
    }

    private static AdvantageWeighted awm(MatchingLikelihood likelihood, MatchingLoss.Ratios ratios) {
        return new AdvantageWeighted(
                new MatchingLoss(likelihood, ratios, new PolicyLoss.PpoClip(ClipRule.symmetric(1))), 0.4);
    }

    @ParameterizedTest
    @MethodSource("valued")
    void theGradientIsTheLossesFiniteDifference(Matching objective) {
        // Lots of one size, so that the mean over them is the mean over samples.
        Course course = course(objective, objective.loss() instanceof PairPreference ? 12 : 4);
        PolicyUpdate update = update();
        float[] gradient = gradient(course, update);
        assertGradient(gradient, () -> {
            update.begin();
            return update.accumulate(course.portions(all(course), NoiseSource.of(1))).stream()
                    .mapToDouble(MicroStep::loss)
                    .average()
                    .orElseThrow();
        });
    }

    /** The weights of groups carry no gradient; the literal loss, −ln sigmoid(−u_g), has the same one, up to β/G. */
    @Test
    void aGroupsGradientIsThatOfTheLogisticLoss() {
        double beta = 10;
        Matching objective = matching(new GroupPreference(beta, Frozen.REFERENCE, true, Optional.empty()), List.of());
        Course course = course(objective, 4);
        float[] gradient = gradient(course, update());
        NoisedLot.Draws draws = new NoisedLot.Draws(objective.levels(), 2, GaussianWorld.SCHEDULE, 3, 0);
        LotLearner learner = new LotLearner(objective, new Policies(world.policy, Optional.of(copy)), chunks, draws);
        double[] advantages = GroupAdvantage.DANCE_GRPO.estimate(REWARDS, GROUPS);
        assertGradient(gradient, () -> {
            double sum = 0;
            for (int[] group : GROUPS.members()) {
                int[] shared = {group[0], group[0], group[0], group[0]};
                Lot lot = new Lot(group, shared, shared, new double[4]);
                for (int draw = 0; draw < 2; draw++) {
                    double[] now = learner.errors(world.manager, world.policy.current(), lot, draw);
                    double[] frozen = learner.errors(world.manager, world.policy.reference(), lot, draw);
                    double u = 0;
                    for (int i = 0; i < 4; i++) {
                        u += advantages[group[i]] * beta * (now[i] - frozen[i]) / 4;
                    }
                    sum += -Math.log(1 / (1 + Math.exp(u))) / beta / 3 / 2;
                }
            }
            return sum;
        });
    }

    /** The published formula, in predicted data, with its normaliser held where it was. */
    @Test
    void theContrastsGradientIsThatOfTheDataPredictions() {
        double beta = 0.7;
        Contrast loss = new Contrast(beta, 5, Contrast.Use.ALL);
        Matching objective = matching(loss, List.of());
        Course course = course(objective, 4);
        float[] gradient = gradient(course, update());
        NoisedLot.Draws draws = new NoisedLot.Draws(objective.levels(), 2, GaussianWorld.SCHEDULE, 3, 0);
        double[] advantages = GroupAdvantage.DANCE_GRPO.estimate(REWARDS, GROUPS);
        List<Double> scales = new ArrayList<>();
        DoubleSupplier literal = () -> {
            double sum = 0;
            int at = 0;
            boolean first = scales.isEmpty();
            for (int[] group : GROUPS.members()) {
                Lot lot = new Lot(group, group, group, new double[4]);
                for (int draw = 0; draw < 2; draw++) {
                    try (NDManager scratch = world.manager.newSubManager();
                            Torch.Scope off = Torch.noGradient()) {
                        Gathered samples = Gathered.of(scratch, chunks, group);
                        NoisedLot noised = NoisedLot.of(samples, lot, draws, draw);
                        float[] z = samples.latents().toFloatArray();
                        float[] x = noised.latents().toFloatArray();
                        float[] now = velocity(noised, true);
                        float[] old = velocity(noised, false);
                        for (int i = 0; i < 4; i++) {
                            double p = advantages[group[i]] / 10 + 0.5;
                            for (int sign = 1; sign >= -1; sign -= 2) {
                                double square = 0;
                                double magnitude = 0;
                                for (int d = 3 * i; d < 3 * i + 3; d++) {
                                    double v = sign * beta * now[d] + (1 - sign * beta) * old[d];
                                    double apart = x[d] - noised.sigmas()[i] * v - z[d];
                                    square += apart * apart / 3;
                                    magnitude += Math.abs(apart) / 3;
                                }
                                if (first) {
                                    scales.add(Math.max(magnitude, 1e-5));
                                }
                                sum += 5 / beta * (sign > 0 ? p : 1 - p) * square / scales.get(at) / 24;
                                at++;
                            }
                        }
                    }
                }
            }
            return sum;
        };
        move(THETA[0], THETA[1]);
        assertThat(literal.getAsDouble()).isPositive(); // the first call keeps the scales, which carry no gradient
        assertGradient(gradient, literal);
    }

    private float[] velocity(NoisedLot noised, boolean present) {
        return (present ? world.policy.current() : copy.model())
                .velocity(noised.latents(), noised.levels(), noised.conditioning())
                .toFloatArray();
    }

    @Test
    void withEqualWorthEveryLossOfOneTermIsFlowMatching() {
        Matching flow = matching(new RewardWeighted(Weighting.SOFTMAX, 1e9), List.of());
        Matching uniform =
                matching(awm(new MatchingLikelihood.SigmaPower(0), MatchingLoss.Ratios.OF_LEVELS), List.of());
        float[] weighted = gradient(course(flow, 4), update());
        // On policy the ratio is 1, and with advantages of 1 the slope is that of the error.
        GrpoOptions base = GaussianWorld.options(0.01, Objective.flowGrpo(0.1, 0, KlForm.EXACT), 3);
        GrpoOptions once = new GrpoOptions(
                GrpoOptions.Batch.of(3, 4, 4),
                base.rollout(),
                base.signal(),
                uniform,
                new GrpoOptions.Updates(1, 1, RateSchedule.CONSTANT, 1, AdamW.Options.FLOW_GRPO, Ema.Options.FLOW_GRPO),
                3);
        double[][] ones = new double[12][1];
        for (double[] row : ones) {
            row[0] = 1 / 0.4;
        }
        SampleTeacher teacher = new SampleTeacher(
                uniform, once, new Policies(world.policy, Optional.of(copy)), world.lanes, world.manager);
        float[] matched = gradient(
                teacher.course(new Judged(0, chunks, REWARDS, new Advantages(ones), GROUPS, once.signal())), update());
        assertThat(matched[0]).isEqualTo(weighted[0], Offset.offset(1e-5f));
        assertThat(matched[1]).isEqualTo(weighted[1], Offset.offset(1e-5f));
        assertThat(Math.abs(matched[0])).isGreaterThan(0.01f);
    }

    @Test
    void aSampleIsSeenAtTheSameLevelAndNoiseWhateverLotItIsIn() {
        NoisedLot.Draws draws = new NoisedLot.Draws(new NoiseLevels.Uniform(0.2), 2, GaussianWorld.SCHEDULE, 3, 0);
        try (NDManager scratch = world.manager.newSubManager()) {
            int[] some = {7, 2, 3, 9};
            int[] one = {3};
            NoisedLot lot = NoisedLot.of(
                    Gathered.of(scratch, chunks, some), new Lot(some, some, some, new double[4]), draws, 1);
            NoisedLot alone =
                    NoisedLot.of(Gathered.of(scratch, chunks, one), new Lot(one, one, one, new double[1]), draws, 1);
            assertThat(lot.latents().get(2).toFloatArray())
                    .containsExactly(alone.latents().get(0).toFloatArray());
            assertThat(lot.target().get(2).toFloatArray())
                    .containsExactly(alone.target().get(0).toFloatArray());
            assertThat(lot.sigmas()[2]).isEqualTo(alone.sigmas()[0]).isBetween(0.6, 1.0);
            float[] clean = chunks.get(0).trajectory().latents().get(3).toFloatArray();
            float[] target = alone.target().toFloatArray();
            float[] noised = alone.latents().toFloatArray();
            for (int d = 0; d < 3; d++) {
                double sigma = alone.sigmas()[0];
                assertThat(noised[d])
                        .as("x = z + σ·(ε − z)")
                        .isEqualTo((float) (clean[d] + sigma * target[d]), Offset.offset(1e-5f));
            }
        }
    }
}
