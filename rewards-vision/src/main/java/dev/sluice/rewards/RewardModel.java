package dev.sluice.rewards;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.internal.LearnedWeights;
import dev.sluice.rewards.internal.preference.Encoder;
import dev.sluice.rewards.internal.preference.ModelConfig;
import dev.sluice.rewards.internal.preference.RewardNetwork;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A reward that was learned from preferences. Its scores have no zero and no unit of their own: only differences mean something, and
 * with the loss it was trained with they are log odds.
 *
 * <p>Memory: the weights belong to it. Several threads may ask it; one is served at a time.
 */
public final class RewardModel implements Reward {
    private static final int BATCH = 32;

    private final NDManager manager;
    private final RewardArchitecture architecture;
    private final RewardNetwork network;
    private final Encoder encoder;
    private final Weights weights;
    private final int column;
    private boolean closed;

    private RewardModel(
            NDManager manager, RewardArchitecture architecture, Encoder encoder, WeightFiles files, int column)
            throws IOException {
        this.manager = manager;
        this.architecture = architecture;
        this.encoder = encoder;
        this.column = column;
        this.network = new RewardNetwork(architecture, encoder.viewSize(), encoder.promptSize());
        network.check(files);
        this.weights = files.load(manager);
    }

    /**
     * Opens a model's folder.
     *
     * @param folder with {@code config.json} and {@code model.safetensors}
     * @param axis what it scores; empty for {@code overall}, or the first axis where there is none
     * @param threads of a frozen network
     * @throws IOException if a file is missing, broken or does not fit the others
     * @throws IllegalArgumentException if the model has no such axis
     */
    public static RewardModel open(Path folder, String axis, int threads) throws IOException {
        RewardArchitecture architecture = architecture(folder);
        List<String> columns = architecture.columns();
        int column = axis.isEmpty() ? Math.max(0, columns.indexOf(PreferenceData.OVERALL)) : columns.indexOf(axis);
        if (column < 0) {
            throw new IllegalArgumentException("reward-model.axis (%s) must be one of %s, as in %s."
                    .formatted(axis, String.join(", ", columns), folder));
        }
        Encoder encoder = Encoder.open(architecture, threads);
        NDManager manager = Torch.newManager(Device.cpu());
        try (WeightFiles files = WeightFiles.open(folder.resolve(LearnedWeights.WEIGHTS))) {
            return new RewardModel(manager, architecture, encoder, files, column);
        } catch (IOException | RuntimeException | Error e) {
            encoder.close();
            manager.close();
            throw e;
        }
    }

    /**
     * Returns what a model's folder says of it.
     *
     * @throws IOException if the file is missing or broken
     */
    public static RewardArchitecture architecture(Path folder) throws IOException {
        return ModelConfig.read(folder.resolve(LearnedWeights.CONFIG));
    }

    /** Returns what it is. */
    public RewardArchitecture architecture() {
        return architecture;
    }

    /** Returns the number of weights. */
    public long parameterCount() {
        return weights.parameterCount();
    }

    @Override
    public Scores score(List<Sample> samples) {
        Map<Integer, String> reasons = new LinkedHashMap<>();
        double[][] all = scores(samples, reasons);
        return new Scores(Arrays.stream(all).mapToDouble(row -> row[column]).toArray(), reasons);
    }

    /**
     * Returns the scores of every axis, in the order of {@link RewardArchitecture#columns}.
     *
     * @param reasons takes why a sample has NaN everywhere
     */
    public synchronized double[][] scores(List<Sample> samples, Map<Integer, String> reasons) {
        if (closed) {
            throw new IllegalStateException("The reward model has been closed.");
        }
        double[][] scores = new double[samples.size()][architecture.columns().size()];
        List<Integer> good = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            Arrays.fill(scores[i], Double.NaN);
            String fault = encoder.fault(samples.get(i));
            if (fault.isEmpty()) {
                good.add(i);
            } else {
                reasons.put(i, fault);
            }
        }
        for (int start = 0; start < good.size(); start += BATCH) {
            List<Integer> batch = good.subList(start, Math.min(good.size(), start + BATCH));
            double[][] found = batch(batch.stream().map(samples::get).toList());
            for (int i = 0; i < found.length; i++) {
                scores[batch.get(i)] = Arrays.copyOf(found[i], scores[batch.get(i)].length);
            }
        }
        return scores;
    }

    private double[][] batch(List<Sample> samples) {
        List<Encoder.Seen> seen = encoder.see(samples);
        try (NDManager scratch = manager.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            return network.means(network.call(scratch, weights, seen).toFloatArray(), seen);
        }
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            encoder.close();
            weights.close();
            manager.close();
        }
    }
}
