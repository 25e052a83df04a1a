package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Replica;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.sde.StoredStep;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A critic of noisy latents; see {@link CriticLearning}. Lanes may ask it at the same time; it learns on the thread that calls.
 *
 * <p>Memory: its weights, their gradients and moments, in the owner.
 */
final class LatentCritic {
    private static final long PURPOSE = 0x76616C7565L;
    private static final NoiseLevels LEVELS = new NoiseLevels.Uniform(0.02);
    private static final double MOST = 3;

    private final CriticLearning options;
    private final TimeSchedule schedule;
    private final long seed;
    private final CriticNetwork network;
    private final Weights weights;
    private final Replica replica;
    private final Map<String, NDArray> gradients = new LinkedHashMap<>();
    private final AdamW optimiser;

    LatentCritic(NDManager owner, CriticLearning options, CriticNetwork network, TimeSchedule schedule, long seed) {
        this.options = options;
        this.schedule = schedule;
        this.seed = NoiseSource.of(seed, PURPOSE).uniform(Integer.MAX_VALUE);
        this.network = network;
        this.weights = new Weights(owner);
        network.initialise(weights, NoiseSource.of(seed, PURPOSE, 1));
        this.replica = new Replica(owner, weights, weights.names());
        weights.asMap().forEach((name, array) -> gradients.put(name, owner.zeros(array.getShape())));
        this.optimiser = new AdamW(owner, weights.asMap(), options.optimiser());
    }

    /** Returns V of every sample, without a graph. */
    double[] values(NDArray latents, double[] sigmas, Conditioning conditioning) {
        try (NDManager scratch = latents.getManager().newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            return Doubles.of(network.values(weights, alias(scratch, latents), sigmas, conditioning.pooled()));
        }
    }

    /** Returns ∇V by the latents at one level, flat. */
    float[] gradient(NDArray latents, double sigma, Conditioning conditioning) {
        double[] sigmas = filled(Math.toIntExact(latents.getShape().get(0)), sigma);
        try (NDManager scratch = latents.getManager().newSubManager();
                Torch.Scope on = Torch.withGradient()) {
            NDArray x = alias(scratch, latents);
            x.setRequiresGradient(true);
            Torch.backward(
                    network.values(weights, x, sigmas, conditioning.pooled()).sum());
            try (NDArray gradient = x.getGradient()) {
                return gradient.toFloatArray();
            }
        }
    }

    private static NDArray alias(NDManager scratch, NDArray array) {
        NDArray alias = Torch.detached(array);
        alias.attach(scratch);
        return alias;
    }

    /**
     * What the critic sees along the way of an iteration's samples.
     *
     * @param before V(x_k) of every sample and trained step
     * @param after V(x_{k+1})
     */
    record Seen(double[][] before, double[][] after) {
        /** Returns the states as credit for steps wants them, at the grid's places; those in between have no value. */
        Credit.Probed probed(double[] outcome, int[] trainedSteps, int steps) {
            double[][] states = new double[outcome.length][steps + 1];
            for (int i = 0; i < outcome.length; i++) {
                Arrays.fill(states[i], Double.NaN);
                for (int j = 0; j < trainedSteps.length; j++) {
                    states[i][trainedSteps[j]] = before[i][j];
                    states[i][trainedSteps[j] + 1] = after[i][j];
                }
            }
            return new Credit.Probed(outcome, states);
        }
    }

    /**
     * Looks at the stochastic steps of an iteration's samples, on the lanes.
     *
     * @param ends whether V(x_{k+1}) is wanted, too; otherwise it is NaN
     */
    Seen along(Lanes lanes, Sampled sampled, boolean ends) {
        int samples = sampled.rewards().length;
        int steps = sampled.trainedSteps().size();
        Seen seen = new Seen(new double[samples][steps], new double[samples][steps]);
        lanes.run(sampled.chunks().size(), (lane, item) -> look(sampled.chunks().get(item), ends), (item, looked) -> {
            Chunk chunk = sampled.chunks().get(item);
            for (int i = 0; i < chunk.size(); i++) {
                for (int j = 0; j < steps; j++) {
                    seen.before[chunk.first() + i][j] = looked.before[j][i];
                    seen.after[chunk.first() + i][j] = looked.after[j][i];
                }
            }
        });
        return seen;
    }

    /** Returns the values of a chunk, a row for each step; a state that two steps share is looked at once. */
    private Seen look(Chunk chunk, boolean ends) {
        List<StoredStep> steps = chunk.trajectory().steps();
        double[][] before = new double[steps.size()][];
        double[][] after = new double[steps.size()][];
        for (int j = 0; j < steps.size(); j++) {
            StoredStep stored = steps.get(j);
            boolean known = ends && j > 0 && steps.get(j - 1).step() + 1 == stored.step();
            before[j] = known ? after[j - 1] : values(chunk, stored.latents(), schedule.sigma(stored.step()));
            after[j] = ends
                    ? values(chunk, stored.next(), schedule.sigma(stored.step() + 1))
                    : filled(chunk.size(), Double.NaN);
        }
        return new Seen(before, after);
    }

    private double[] values(Chunk chunk, NDArray latents, double sigma) {
        return values(latents, filled(chunk.size(), sigma), chunk.conditioning());
    }

    private static double[] filled(int size, double value) {
        double[] values = new double[size];
        Arrays.fill(values, value);
        return values;
    }

    /**
     * Learns from an iteration's samples.
     *
     * @param targets r̂ of every sample, cut here; NaN for samples that cannot be used
     * @return what is reported: the error before the first update, and the share of the variance of r̂ that it leaves explained
     */
    Map<String, Double> learn(List<Chunk> chunks, double[] targets, long iteration) {
        List<Chunk> used = chunks.stream()
                .filter(chunk -> chunk.finite() && usable(chunk, targets))
                .toList();
        Map<String, Double> report = new LinkedHashMap<>();
        for (int update = 0; update < options.updates() && !used.isEmpty(); update++) {
            double error = 0;
            for (Chunk chunk : used) {
                error += backward(chunks, chunk, targets, iteration, update, 1.0 / used.size()) / used.size();
            }
            replica.drain((name, collected) -> gradients.get(name).addi(collected));
            optimiser.step(gradients);
            gradients.values().forEach(InPlace::zero);
            if (update == 0) {
                report.put("critic.error", error);
                double variance = variance(used, targets);
                if (variance > 0) {
                    report.put("critic.explained", 1 - error / variance);
                }
            }
        }
        return report;
    }

    private static boolean usable(Chunk chunk, double[] targets) {
        return IntStream.range(chunk.first(), chunk.first() + chunk.size()).anyMatch(i -> Double.isFinite(targets[i]));
    }

    private static double cut(double target) {
        return Math.min(Math.max(target, -MOST), MOST);
    }

    private static double variance(List<Chunk> used, double[] targets) {
        double[] all = used.stream()
                .flatMapToInt(chunk -> IntStream.range(chunk.first(), chunk.first() + chunk.size()))
                .mapToDouble(i -> cut(targets[i]))
                .filter(Double::isFinite)
                .toArray();
        Moments moments = Moments.of(all);
        return moments.squares() / all.length;
    }

    private double backward(
            List<Chunk> chunks, Chunk chunk, double[] targets, long iteration, int update, double scale) {
        int[] samples =
                IntStream.range(chunk.first(), chunk.first() + chunk.size()).toArray();
        NoisedLot.Draws draws = new NoisedLot.Draws(LEVELS, options.updates(), schedule, seed, iteration);
        try (NDManager scratch = chunk.trajectory().owner().newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NoisedLot at = NoisedLot.of(
                    Gathered.of(scratch, chunks, samples),
                    new Lot(samples, samples, samples, new double[samples.length]),
                    draws,
                    update);
            NDArray graph;
            try (Torch.Scope on = Torch.withGradient()) {
                graph = network.values(
                        replica.weights(),
                        at.latents(),
                        at.sigmas(),
                        at.conditioning().pooled());
            }
            double[] values = Doubles.of(graph);
            double[] slopes = new double[values.length];
            double error = 0;
            int count = 0;
            for (int sample : samples) {
                count += Double.isFinite(targets[sample]) ? 1 : 0;
            }
            for (int i = 0; i < values.length; i++) {
                if (Double.isFinite(targets[samples[i]])) {
                    double apart = values[i] - cut(targets[samples[i]]);
                    error += apart * apart / count;
                    slopes[i] = 2 * apart / count;
                }
            }
            Torch.backward(graph, Doubles.array(scratch, slopes, scale));
            return error;
        }
    }

    Companion companion() {
        return new Companion("critic", weights.asMap(), optimiser, () -> {});
    }

    /** Returns the network for latents and prompts of these shapes. */
    static CriticNetwork network(CriticLearning options, Shape latent, Conditioning example) {
        return new CriticNetwork(
                latent, Math.toIntExact(example.pooled().getShape().get(1)), options.width());
    }
}
