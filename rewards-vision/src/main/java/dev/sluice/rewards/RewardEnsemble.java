package dev.sluice.rewards;

import dev.sluice.rewards.internal.LearnedWeights;
import dev.sluice.rewards.internal.preference.ModelConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reward models that learned the same from other draws of the prompts. Where they differ they know little, so that a score which is
 * lowered by their deviation is harder to exploit than that of one of them.
 *
 * <p>The scores' parts are {@link #DEVIATION}, by the number of members, and the members' own scores as {@code member-1} and so on.
 *
 * <p>Source: Coste et al. (2023), arXiv:2310.02743; Eisenstein et al. (2023), arXiv:2312.09244.
 */
public final class RewardEnsemble implements Reward {
    /** How far the members differ on a sample, as a part of the scores. */
    public static final String DEVIATION = "deviation";

    private static final String MEMBER = "member-";

    private final List<RewardModel> members;
    private final Joining.Ensemble joining;

    private RewardEnsemble(List<RewardModel> members, Joining.Ensemble joining) {
        this.members = members;
        this.joining = joining;
    }

    /** Returns the folder of a member, the first of which has the number 0. */
    static Path member(Path folder, int number) {
        return folder.resolve(MEMBER + (number + 1));
    }

    /**
     * Returns whether a model's folder holds an ensemble.
     *
     * @throws IOException if it holds neither an ensemble nor a model
     */
    public static boolean at(Path folder) throws IOException {
        return ModelConfig.members(folder.resolve(LearnedWeights.CONFIG)).isPresent();
    }

    /**
     * Opens an ensemble's folder.
     *
     * @param folder with {@code config.json} and a folder of each member
     * @param axis what it scores, see {@link RewardModel#open}
     * @param threads of a frozen network
     * @param joining what is made of the members' scores
     * @throws IOException if a file is missing, broken or does not fit the others, or the folder is a single model's
     * @throws IllegalArgumentException if the members have no such axis
     */
    public static RewardEnsemble open(Path folder, String axis, int threads, Joining.Ensemble joining)
            throws IOException {
        int count = ModelConfig.members(folder.resolve(LearnedWeights.CONFIG))
                .orElseThrow(() -> new IOException("%s holds one model; expected an ensemble.".formatted(folder)));
        List<RewardModel> members = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                members.add(RewardModel.open(member(folder, i), axis, threads));
            }
        } catch (IOException | RuntimeException | Error e) {
            members.forEach(RewardModel::close);
            throw e;
        }
        return new RewardEnsemble(List.copyOf(members), joining);
    }

    @Override
    public Scores score(List<Sample> samples) {
        List<String> names = new ArrayList<>();
        List<Scores> all = new ArrayList<>();
        for (RewardModel member : members) {
            names.add(MEMBER + (names.size() + 1));
            all.add(member.score(samples));
        }
        double[] ones = new double[all.size()];
        Arrays.fill(ones, 1);
        double[] values = new double[samples.size()];
        double[] deviations = new double[samples.size()];
        Joining.Ensemble spread = new Joining.Ensemble(Joining.By.DEVIATION, 1);
        Joining.Ensemble mean = new Joining.Ensemble(Joining.By.MEAN, 0);
        for (int i = 0; i < values.length; i++) {
            int sample = i;
            double[] scores =
                    all.stream().mapToDouble(one -> one.values()[sample]).toArray();
            boolean valid = Arrays.stream(scores).allMatch(Double::isFinite);
            values[i] = valid ? joining.of(names, scores, ones) : Double.NaN;
            deviations[i] = valid ? mean.of(names, scores, ones) - spread.of(names, scores, ones) : Double.NaN;
        }
        Map<Integer, String> reasons = new LinkedHashMap<>();
        all.forEach(one -> one.reasons().forEach(reasons::putIfAbsent));
        Map<String, double[]> parts = new LinkedHashMap<>();
        parts.put(DEVIATION, deviations);
        for (int k = 0; k < all.size(); k++) {
            parts.put(names.get(k), all.get(k).values());
        }
        return new Scores(values, reasons, parts);
    }

    @Override
    public void close() {
        members.forEach(RewardModel::close);
    }
}
