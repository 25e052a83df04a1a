package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.PolicyLoss.Terms;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Transition;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Carries out a {@link RewardDifference}. Its loss joins the steps of a sample and the samples of a prompt, so an update goes over
 * them twice: once for the numbers, and once with a graph, each step of a chunk by itself, with the slopes that they have.
 */
final class TrajectoryTeacher implements Teacher {
    private final RewardDifference objective;
    private final Policy policy;
    private final SdeSampler sampler;
    private final Lanes lanes;

    TrajectoryTeacher(RewardDifference objective, Policy policy, SdeSampler sampler, Lanes lanes) {
        this.objective = objective;
        this.policy = policy;
        this.sampler = sampler;
        this.lanes = lanes;
    }

    @Override
    public int[] creditedSteps(Sampled sampled) {
        return new int[] {sampled.steps() - 1};
    }

    @Override
    public Course course(Judged judged) {
        Outcomes outcomes = judged.outcomes();
        boolean[] used = new boolean[outcomes.rewards().length];
        for (int i : Outcomes.joined(outcomes.learnable())) {
            used[i] = true;
        }
        List<Chunk> chunks = judged.chunks().stream()
                .filter(chunk -> anyOf(used, chunk.first(), chunk.first() + chunk.size()))
                .toList();
        double[][] reference = logProbs(policy.reference(), chunks, used.length);
        double[][] old = new double[used.length][];
        for (Chunk chunk : chunks) {
            List<StoredStep> steps = chunk.trajectory().steps();
            for (int k = 0; k < steps.size(); k++) {
                put(old, chunk, k, steps.size(), Doubles.of(steps.get(k).logProb()));
            }
        }
        return new PairCourse(chunks, outcomes, reference, old);
    }

    private static boolean anyOf(boolean[] used, int first, int end) {
        for (int i = first; i < end; i++) {
            if (used[i]) {
                return true;
            }
        }
        return false;
    }

    private static void put(double[][] rows, Chunk chunk, int step, int steps, double[] column) {
        for (int i = 0; i < column.length; i++) {
            int sample = chunk.first() + i;
            rows[sample] = rows[sample] == null ? new double[steps] : rows[sample];
            rows[sample][step] = column[i];
        }
    }

    /** Returns the log-probabilities of every step of the samples of some chunks under a model; no row for other samples. */
    private double[][] logProbs(VelocityModel model, List<Chunk> chunks, int samples) {
        double[][] rows = new double[samples][];
        int steps = chunks.isEmpty() ? 0 : chunks.get(0).trajectory().steps().size();
        lanes.run(
                chunks.size() * steps,
                (lane, item) -> logProb(model, chunks.get(item / steps), item % steps),
                (item, column) -> put(rows, chunks.get(item / steps), item % steps, steps, column));
        return rows;
    }

    private double[] logProb(VelocityModel model, Chunk chunk, int position) {
        StoredStep original = chunk.trajectory().steps().get(position);
        try (NDManager scratch = original.latents().getManager().newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            StoredStep stored = original.aliases(scratch);
            return Doubles.of(
                    sampler.replay(model, stored, chunk.conditioning()).logProb());
        }
    }

    /** Chunks that the updates share out; samples are compared with those of their prompt in the same update. */
    private final class PairCourse implements Course {
        private final List<Chunk> chunks;
        private final Outcomes outcomes;
        private final double[][] reference;
        private final double[][] old;
        private boolean moved;

        PairCourse(List<Chunk> chunks, Outcomes outcomes, double[][] reference, double[][] old) {
            this.chunks = chunks;
            this.outcomes = outcomes;
            this.reference = reference;
            this.old = old;
        }

        @Override
        public int units() {
            return chunks.size();
        }

        @Override
        public List<Portion> portions(int[] units, NoiseSource random) {
            List<Chunk> part = Arrays.stream(units).mapToObj(chunks::get).toList();
            // The first update begins at the weights of the rollout, whose log-probabilities are known.
            double[][] now = moved ? logProbs(policy.current(), part, old.length) : old;
            moved = true;
            boolean[] here = new boolean[old.length];
            part.forEach(chunk -> Arrays.fill(here, chunk.first(), chunk.first() + chunk.size(), true));
            int[][] groups = Arrays.stream(outcomes.learnable())
                    .map(group -> Arrays.stream(group).filter(i -> here[i]).toArray())
                    .toArray(int[][]::new);
            RewardDifference.Result result =
                    objective.of(lessReference(now, here), lessReference(old, here), outcomes.rewards(), groups);
            List<Portion> portions = new ArrayList<>();
            for (Chunk chunk : part) {
                for (int k = 0; k < chunk.trajectory().steps().size(); k++) {
                    int step = k;
                    double[] slopes = new double[chunk.size()];
                    Arrays.setAll(slopes, i -> result.slopes()[chunk.first() + i][step]);
                    portions.add(model -> backward(model, chunk, step, slopes, result));
                }
            }
            return portions;
        }

        private double[][] lessReference(double[][] logProbs, boolean[] here) {
            int steps = Arrays.stream(logProbs)
                    .filter(row -> row != null)
                    .mapToInt(row -> row.length)
                    .findFirst()
                    .orElse(0);
            double[][] rows = new double[logProbs.length][steps];
            for (int i = 0; i < rows.length; i++) {
                for (int k = 0; here[i] && k < steps; k++) {
                    rows[i][k] = logProbs[i][k] - reference[i][k];
                }
            }
            return rows;
        }

        private MicroStep backward(
                VelocityModel model, Chunk chunk, int position, double[] slopes, RewardDifference.Result result) {
            StoredStep original = chunk.trajectory().steps().get(position);
            try (NDManager scratch = original.latents().getManager().newSubManager();
                    Torch.Scope on = Torch.withGradient()) {
                StoredStep stored = original.aliases(scratch);
                Transition now = sampler.replay(model, stored, chunk.conditioning());
                double[] logProbs = Doubles.of(now.logProb());
                double[] before = Doubles.of(stored.logProb());
                Terms terms = terms(result.value(), slopes, logProbs, before);
                double loss = Arrays.stream(logProbs).allMatch(Double::isFinite) ? result.value() : Double.NaN;
                MicroStep step = new MicroStep(
                        OptionalInt.of(stored.step()), terms, Optional.empty(), 0, loss, result.measures());
                if (step.finite()) {
                    NDArray surrogate = now.logProb().mul(Doubles.array(scratch, slopes, 1));
                    Torch.backward(surrogate.sum());
                }
                return step;
            }
        }

        private Terms terms(double value, double[] slopes, double[] now, double[] before) {
            double[] ratios = new double[now.length];
            double squares = 0;
            int above = 0;
            int below = 0;
            for (int i = 0; i < now.length; i++) {
                double moved = now[i] - before[i];
                ratios[i] = Math.exp(moved);
                squares += moved * moved;
                above += moved > objective.clipRange() ? 1 : 0;
                below += moved < -objective.clipRange() ? 1 : 0;
            }
            double count = now.length;
            return new Terms(value, slopes, ratios, above / count, below / count, 0.5 * squares / count);
        }
    }
}
