package dev.sluice.rewards;

import ai.djl.Device;
import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.Learner;
import dev.sluice.flow.tensor.Require;
import dev.sluice.rewards.internal.LearnedWeights;
import dev.sluice.rewards.internal.preference.ModelConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Trains the members of a {@link RewardEnsemble}: each a whole {@link RewardModel} with first weights and an order of its own, and
 * with a draw of the prompts of its own, as many as there are, with repetition. All learn side by side from media that are
 * read once.
 *
 * <p>Source: Coste et al. (2023), arXiv:2310.02743, whose members differ in their seeds; and Breiman's bagging (1996), without which
 * linear heads on a frozen network would all find the same optimum.
 */
public final class RewardEnsembleTraining implements Learner {
    /** Between the seeds of two members. */
    private static final long APART = 1_000_003;

    private final List<RewardModelTraining> members = new ArrayList<>();

    /**
     * Reads all media and starts from fresh weights.
     *
     * @param architecture of each member
     * @param loss of a comparison
     * @param options of each member; the first has its seed
     * @param data what they learn from; its axes are those of the architecture
     * @param count how many members, at least 2
     * @throws IOException if a sample or a file of the encoder cannot be read
     * @throws IllegalArgumentException if a sample cannot be judged, an axis is unknown, or there is nothing to compare
     */
    public RewardEnsembleTraining(
            Device device,
            RewardArchitecture architecture,
            PreferenceLoss loss,
            RewardModelTraining.Options options,
            PreferenceData data,
            int count)
            throws IOException {
        Require.within("members", count, 2, 100);
        RewardModelTraining.Material material = RewardModelTraining.Material.read(architecture, options, data);
        try {
            for (int i = 0; i < count; i++) {
                RewardModelTraining.Options own = options.withSeed(options.seed() + i * APART);
                members.add(new RewardModelTraining(device, loss, own, material, drawn(material, own, data)));
            }
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    /** Draws until there is something to compare, which few judgments may need. */
    private static PreferenceData drawn(
            RewardModelTraining.Material material, RewardModelTraining.Options options, PreferenceData data) {
        long seed = options.seed();
        PreferenceData drawn = data.drawn(seed);
        while (material.epochs(options, drawn).empty()) {
            seed++;
            drawn = data.drawn(seed);
        }
        return drawn;
    }

    @Override
    public long step() {
        return members.get(members.size() - 1).step();
    }

    @Override
    public long parameterCount() {
        return members.stream().mapToLong(RewardModelTraining::parameterCount).sum();
    }

    /** Takes an update of every member, and returns the means. */
    @Override
    public Progress update() {
        List<Progress> all = members.stream().map(RewardModelTraining::update).toList();
        return new Progress(
                step(),
                mean(all, Progress::loss),
                mean(all, Progress::gradientNorm),
                mean(all, Progress::learningRate));
    }

    private static double mean(List<Progress> all, ToDoubleFunction<Progress> value) {
        return all.stream().mapToDouble(value).average().orElseThrow();
    }

    @Override
    public void checkpoint(Path folder) throws IOException {
        for (int i = 0; i < members.size(); i++) {
            members.get(i).checkpoint(Files.createDirectories(RewardEnsemble.member(folder, i)));
        }
    }

    @Override
    public void restore(Path folder) throws IOException {
        for (int i = 0; i < members.size(); i++) {
            members.get(i).restore(RewardEnsemble.member(folder, i));
        }
    }

    /** Writes the averaged members, each of which can be opened by itself; see {@link RewardEnsemble#open}. */
    @Override
    public void export(Path folder, Map<String, Object> madeBy) throws IOException {
        AtomicFiles.folder(folder, place -> {
            LearnedWeights.json(place.resolve(LearnedWeights.CONFIG), ModelConfig.ofEnsemble(members.size()));
            for (int i = 0; i < members.size(); i++) {
                members.get(i).export(RewardEnsemble.member(place, i), madeBy);
            }
        });
    }

    @Override
    public void close() {
        members.forEach(RewardModelTraining::close);
    }
}
