package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.Prediction;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.LastStep;
import dev.sluice.sde.Likelihood;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SampleNoise;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reward-weighted distribution matching on the Gaussian world, whose teacher is the exact flow. */
class DistillationTest {
    private static final double[] REWARDS = {1, 0.3, 0.2, 0, 0.5, 1, Double.NaN, 0.2, 0.4, 0, 1, 0.3};
    private static final Groups GROUPS = Groups.consecutive(3, 4);

    private GaussianWorld world;
    private Policy policy;

    @BeforeEach
    void open() {
        world = new GaussianWorld(0.5, 0.1f, -0.2f);
        policy = new Policy(world::velocity, world.trainable, any -> teacher());
    }

    @AfterEach
    void free() {
        world.close();
    }

    private VelocityModel teacher() {
        Weights exact = new Weights(world.manager);
        exact.put("theta", world.manager.zeros(new Shape(2)));
        return world.velocity(exact);
    }

    private static AdamW.Options adam(double rate) {
        return new AdamW.Options(rate, 0, 0.999, 1e-8, 0, 1);
    }

    private static GrpoOptions options(TimeSchedule schedule, double beta, double criticRate, double rate) {
        SdeRule ode = new SdeRule.Dance(0);
        return new GrpoOptions(
                GrpoOptions.Batch.of(3, 4, 4),
                new GrpoOptions.Rollout(
                        new SdeOptions(ode, Likelihood.GAUSSIAN_MEAN, LastStep.ODE, false, true),
                        schedule,
                        new ExplorationSchedule.None()),
                GrpoOptions.Signal.FLOW_GRPO,
                new Distillation(beta, Distillation.LEVELS, new Distillation.Critic(5, adam(criticRate))),
                new GrpoOptions.Updates(1, 1, RateSchedule.CONSTANT, 3, adam(rate), Ema.Options.FLOW_GRPO),
                3);
    }

    private DistillationTeacher teacher(GrpoOptions options) {
        return new DistillationTeacher((Distillation) options.objective(), options, policy, world.lanes, world.manager);
    }

    private List<Chunk> chunks(GrpoOptions options) {
        SdeSampler sampler =
                new SdeSampler(options.rollout().sde(), options.rollout().schedule());
        List<Chunk> chunks = new ArrayList<>();
        for (int first = 0; first < 12; first += 4) {
            SampleNoise noise = new SampleNoise(
                    5, 0, LongStream.range(first, first + 4).boxed().toList());
            NDArray initial = noise.initial(world.manager, new Shape(GaussianWorld.SIZE));
            Conditioning none = GaussianWorld.encode(world.manager, Collections.nCopies(4, ""));
            chunks.add(new Chunk(
                    first,
                    none,
                    sampler.rollout(policy.current(), initial, none, RolloutPlan.of(List.of(), noise)),
                    true));
        }
        return chunks;
    }

    private static Judged judged(List<Chunk> chunks, double[] rewards) {
        return new Judged(0, chunks, rewards, new Advantages(new double[12][1]), GROUPS, GrpoOptions.Signal.FLOW_GRPO);
    }

    private float[] gradient(Course course, List<MicroStep> steps) {
        PolicyUpdate update = new PolicyUpdate(
                world.manager,
                world.lanes,
                policy,
                new AdamW(world.manager, world.trainable.parameters(), adam(1)),
                new Ema(world.manager, world.trainable.parameters(), Ema.Options.FLOW_GRPO),
                Optional.empty());
        update.begin();
        steps.addAll(update.accumulate(course.portions(IntStream.range(0, 3).toArray(), NoiseSource.of(1))));
        return world.trainable.gradients().get("theta").toFloatArray().clone();
    }

    private NDArray predicted(NDManager scratch, Chunk chunk, int step, TimeSchedule schedule) {
        NDArray state = Torch.detached(chunk.trajectory().states().get(step));
        state.attach(scratch);
        NDArray velocity = policy.current().velocity(state, schedule.sigma(step), chunk.conditioning());
        return Prediction.data(state, velocity, schedule.sigma(step));
    }

    /** ½·exp(β·r)·mean (z − T)² with T = z − d held where it was. */
    @Test
    void theGradientIsThatOfTheLiteralLoss() {
        GrpoOptions options = options(GaussianWorld.SCHEDULE, 2, 0.05, 1);
        DistillationTeacher teacher = teacher(options);
        List<Chunk> chunks = chunks(options);
        Course course = teacher.course(judged(chunks, REWARDS));
        List<MicroStep> steps = new ArrayList<>();
        float[] gradient = gradient(course, steps);
        assertThat(steps)
                .allSatisfy(
                        step -> assertThat(step.measures().get(Measures.GAP)).isGreaterThan(0.01));
        assertThat(IntStream.range(0, 3)
                        .map(c -> teacher.exitStep(chunks.get(c), 0))
                        .distinct()
                        .count())
                .as("steps that learn")
                .isGreaterThan(1);
        try (NDManager scratch = world.manager.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            List<float[]> targets = new ArrayList<>();
            for (Chunk chunk : chunks) {
                int[] samples =
                        IntStream.range(chunk.first(), chunk.first() + 4).toArray();
                NDArray made = predicted(scratch, chunk, teacher.exitStep(chunk, 0), GaussianWorld.SCHEDULE);
                NDArray d = teacher.direction(new Gathered(made, chunk.conditioning()), samples, 0)
                        .values();
                targets.add(made.sub(d).toFloatArray());
            }
            for (int i = 0; i < 2; i++) {
                double[] losses = new double[2];
                for (int side = 0; side < 2; side++) {
                    float[] theta = {0.1f, -0.2f};
                    theta[i] += side == 0 ? 2e-3f : -2e-3f;
                    world.trainable.fold(Map.of("theta", world.manager.create(theta)));
                    for (int c = 0; c < 3; c++) {
                        Chunk chunk = chunks.get(c);
                        float[] z = predicted(scratch, chunk, teacher.exitStep(chunk, 0), GaussianWorld.SCHEDULE)
                                .toFloatArray();
                        for (int j = 0; j < z.length; j++) {
                            double reward = REWARDS[chunk.first() + j / GaussianWorld.SIZE];
                            double apart = z[j] - targets.get(c)[j];
                            losses[side] += Double.isNaN(reward) ? 0 : Math.exp(2 * reward) * apart * apart / 2 / 36;
                        }
                    }
                }
                double difference = (losses[0] - losses[1]) / 4e-3;
                assertThat(Math.abs(difference)).isGreaterThan(0.01);
                assertThat((double) gradient[i])
                        .isEqualTo(difference, Offset.offset(0.01 * Math.abs(difference) + 1e-3));
            }
        }
    }

    @Test
    void equalRewardsScalePlainDistributionMatching() {
        double[] half = new double[12];
        Arrays.fill(half, 0.5);
        GrpoOptions options = options(GaussianWorld.SCHEDULE, 2, 0.05, 1);
        List<Chunk> chunks = chunks(options);
        float[] plain = gradient(teacher(options).course(judged(chunks, new double[12])), new ArrayList<>());
        float[] scaled = gradient(teacher(options).course(judged(chunks, half)), new ArrayList<>());
        for (int i = 0; i < 2; i++) {
            assertThat(scaled[i]).isEqualTo((float) (Math.E * plain[i]), Offset.offset(Math.abs(plain[i]) * 1e-4f));
        }
    }

    /** Before it has learned anything the critic is the reference, and with that as the teacher nothing pulls. */
    @Test
    void whereCriticAndTeacherAgreeThereIsNoGradient() {
        policy = new Policy(world::velocity, world.trainable);
        GrpoOptions options = options(GaussianWorld.SCHEDULE, 2, 1e-12, 1);
        List<MicroStep> steps = new ArrayList<>();
        float[] gradient = gradient(teacher(options).course(judged(chunks(options), REWARDS)), steps);
        assertThat(gradient[0]).isEqualTo(0, Offset.offset(1e-4f));
        assertThat(gradient[1]).isEqualTo(0, Offset.offset(1e-4f));
    }

    /** One step of the exact flow gives the mean alone; the student finds the spread of the data, as far as its critic can see it. */
    @Test
    void aStudentOfOneStepSpreadsAsTheDataDo() {
        world.close();
        world = new GaussianWorld(0.5, 0.3f, -0.1f);
        policy = new Policy(world::velocity, world.trainable, any -> teacher());
        GrpoOptions options = options(new TimeSchedule.Uniform(1), 0, 0.02, 0.01);
        try (GrpoTrainer trainer = new GrpoTrainer(
                world.manager, world.lanes, policy, GaussianWorld.task(GaussianWorld.nearness(0)), options)) {
            for (int i = 0; i < 150; i++) {
                trainer.iterate();
            }
        }
        assertThat(Math.abs(world.theta()[1]))
                .as("the deviation of what it makes")
                .isBetween(0.25, 0.75);
        assertThat(world.theta()[0]).as("its mean").isBetween(-0.2, 0.2);
    }
}
