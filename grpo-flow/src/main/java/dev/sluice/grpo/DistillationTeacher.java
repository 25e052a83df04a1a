package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Prediction;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.sde.Trajectory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Carries out a {@link Distillation}: every chunk learns at one of its steps, which is drawn anew in every iteration, and the critic has
 * learned what the student predicts there before.
 */
final class DistillationTeacher implements Teacher {
    private static final long EXIT = 0x65786974L;
    private static final long SIGHT = 0x7369676874L;

    private final Distillation objective;
    private final GrpoOptions options;
    private final Policy policy;
    private final ScoreCritic critic;
    private final Lanes lanes;
    private final NDManager manager;

    DistillationTeacher(Distillation objective, GrpoOptions options, Policy policy, Lanes lanes, NDManager manager) {
        this.objective = objective;
        this.options = options;
        this.policy = policy;
        this.critic = new ScoreCritic(manager, lanes, policy, objective, options);
        this.lanes = lanes;
        this.manager = manager;
    }

    /** One reward for the whole sample. */
    @Override
    public int[] creditedSteps(Sampled sampled) {
        return new int[] {sampled.steps() - 1};
    }

    @Override
    public List<Companion> companions() {
        return List.of(critic.companion());
    }

    /**
     * What the student predicts at one step of a chunk.
     *
     * @param chunk as it was rolled out
     * @param step k
     * @param made the same samples, finished by the prediction
     */
    private record Exit(Chunk chunk, int step, Chunk made) {}

    @Override
    public Course course(Judged judged) {
        List<Chunk> chunks = judged.chunks().stream().filter(Chunk::finite).toList();
        if (chunks.isEmpty()) {
            return new ExitCourse(judged, List.of(), Double.NaN);
        }
        List<Exit> exits = new ArrayList<>();
        lanes.run(
                chunks.size(),
                (lane, item) -> exit(chunks.get(item), judged.iteration()),
                (item, exit) -> exits.add(exit));
        double error = critic.learn(seenByCritic(judged, exits));
        return new ExitCourse(judged, exits, error);
    }

    /** The critic learns everything that the student makes, whatever it is worth. */
    private static Judged seenByCritic(Judged judged, List<Exit> exits) {
        List<Chunk> all = new ArrayList<>(judged.chunks());
        double[] rewards = new double[judged.rewards().length];
        Arrays.fill(rewards, Double.NaN);
        for (Exit exit : exits) {
            all.set(exit.made().first() / exit.made().size(), exit.made());
            Arrays.fill(
                    rewards,
                    exit.made().first(),
                    exit.made().first() + exit.made().size(),
                    0);
        }
        GrpoOptions.Signal signal = GrpoOptions.Signal.FLOW_GRPO.keepingZero();
        return new Judged(judged.iteration(), all, rewards, judged.advantages(), judged.groups(), signal);
    }

    private Exit exit(Chunk chunk, long iteration) {
        int step = exitStep(chunk, iteration);
        NDManager owner = chunk.trajectory().owner();
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray state = state(scratch, chunk, step);
            double sigma = options.rollout().schedule().sigma(step);
            NDArray velocity = policy.current().velocity(state, sigma, chunk.conditioning());
            NDArray made = Prediction.data(state, velocity, sigma);
            made.attach(owner);
            Trajectory finished = new Trajectory(chunk.trajectory().schedule(), List.of(), made, owner);
            return new Exit(chunk, step, new Chunk(chunk.first(), chunk.conditioning(), finished, true));
        }
    }

    /** Returns the step at which a chunk learns. */
    int exitStep(Chunk chunk, long iteration) {
        return NoiseSource.of(options.seed(), EXIT, iteration, chunk.first())
                .uniform(options.rollout().schedule().steps());
    }

    private static NDArray state(NDManager scratch, Chunk chunk, int step) {
        NDArray state = Torch.detached(chunk.trajectory().states().get(step));
        state.attach(scratch);
        return state;
    }

    /**
     * Where distribution matching pulls.
     *
     * @param values d, shape of the prediction
     * @param squares mean d² of every sample
     * @param magnitude mean |d| over all
     */
    record Direction(NDArray values, double[] squares, double magnitude) {}

    /**
     * Returns d of some predictions; gradients must be off.
     *
     * @param made z, shape (B, ...), with what it is conditioned on
     * @param samples their numbers, which name level and noise
     */
    Direction direction(Gathered made, int[] samples, long iteration) {
        NoisedLot.Draws draws = new NoisedLot.Draws(
                objective.levels(),
                1,
                options.rollout().schedule(),
                NoiseSource.of(options.seed(), SIGHT).uniform(Integer.MAX_VALUE),
                iteration);
        NoisedLot at = NoisedLot.of(made, new Lot(samples, samples, samples, new double[samples.length]), draws, 0);
        NDArray fake = critic.model().velocity(at.latents(), at.levels(), at.conditioning());
        NDArray real = policy.teacher().velocity(at.latents(), at.levels(), at.conditioning());
        NDArray levels = at.levels().reshape(column(made.latents()));
        NDArray realData = at.latents().sub(real.mul(levels));
        NDArray distance = rows(made.latents().sub(realData)).abs().mean(new int[] {1});
        // ẑ_fake − ẑ_real = σ·(v_real − v_fake)
        NDArray values = real.sub(fake).mul(levels).div(distance.reshape(column(made.latents())));
        NDArray clean = NDArrays.where(values.isNaN(), values.zerosLike(), values);
        return new Direction(
                clean,
                Doubles.of(rows(clean).square().mean(new int[] {1})),
                clean.abs().mean().getFloat());
    }

    private static Shape column(NDArray like) {
        long[] column = new long[like.getShape().dimension()];
        Arrays.fill(column, 1);
        column[0] = like.getShape().get(0);
        return new Shape(column);
    }

    private static NDArray rows(NDArray array) {
        return array.reshape(array.getShape().get(0), -1);
    }

    /** Chunks, each with its step, that the updates share out. */
    private final class ExitCourse implements Course {
        private final Judged judged;
        private final List<Exit> exits;
        private final double criticError;

        ExitCourse(Judged judged, List<Exit> exits, double criticError) {
            this.judged = judged;
            this.exits = exits;
            this.criticError = criticError;
        }

        @Override
        public int units() {
            return exits.size();
        }

        @Override
        public List<Portion> portions(int[] units, NoiseSource random) {
            List<Portion> portions = new ArrayList<>();
            for (int unit : units) {
                portions.add(model -> backward(model, exits.get(unit), 1.0 / units.length));
            }
            return portions;
        }

        private MicroStep backward(VelocityModel model, Exit exit, double scale) {
            Chunk chunk = exit.chunk();
            int[] samples =
                    IntStream.range(chunk.first(), chunk.first() + chunk.size()).toArray();
            try (NDManager scratch = manager.newSubManager();
                    Torch.Scope off = Torch.noGradient()) {
                NDArray state = state(scratch, chunk, exit.step());
                double sigma = options.rollout().schedule().sigma(exit.step());
                NDArray graph;
                try (Torch.Scope on = Torch.withGradient()) {
                    graph = model.velocity(state, sigma, chunk.conditioning());
                }
                NDArray made = Prediction.data(state, Torch.detached(graph), sigma);
                Direction direction = direction(new Gathered(made, chunk.conditioning()), samples, judged.iteration());
                double[] weights = new double[samples.length];
                double loss = 0;
                for (int i = 0; i < weights.length; i++) {
                    double reward = judged.rewards()[samples[i]];
                    weights[i] = Double.isFinite(reward) ? Math.exp(objective.beta() * reward) : 0;
                    loss += 0.5 * weights[i] * direction.squares()[i] / weights.length;
                }
                Map<String, Double> measures = new LinkedHashMap<>();
                measures.put(Measures.GAP, direction.magnitude());
                measures.put(Measures.CRITIC_ERROR, criticError);
                MicroStep step = new MicroStep(
                        OptionalInt.empty(), PolicyLoss.Terms.withoutRatios(loss), Optional.empty(), 0, loss, measures);
                if (step.finite()) {
                    double elements = made.getShape().size();
                    NDArray factors = Doubles.array(scratch, weights, -sigma * scale / elements)
                            .reshape(column(made));
                    Torch.backward(graph, direction.values().mul(factors));
                }
                return step;
            }
        }
    }
}
