package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** A reward whose network stands in a folder: the options and the checks that all of them have. */
abstract class FolderReward implements ParsedProvider {
    /** What a card says that they need. */
    static final String FOLDER = "a model folder (option model)";

    private final String name;
    private final RewardFacts facts;
    private final Map<String, List<String>> own;

    /**
     * Says what there is to know.
     *
     * @param prompt whether it reads the prompt
     * @param own options of its own; the first value of each is what it is without
     */
    FolderReward(String name, double least, double greatest, boolean prompt, Map<String, List<String>> own) {
        this.name = name;
        this.facts = new RewardFacts(least, greatest, RewardFacts.Modality.BOTH, prompt, false, true);
        this.own = own;
    }

    /**
     * What a reward is made of.
     *
     * @param folder whose hashes have been checked
     * @param place where networks compute
     * @param frames which frames of videos are looked at
     */
    record Parts(ModelFolder folder, OnnxNetwork.Place place, Frames frames) {}

    /** Makes a reward; what it throws tells what is wrong with the folder. */
    @FunctionalInterface
    interface Opening {
        Reward open(Parts parts) throws IOException;
    }

    /** Reads the options of its own. */
    abstract Opening opening(RewardOptions options);

    @Override
    public final String name() {
        return name;
    }

    @Override
    public final RewardFacts facts() {
        return facts;
    }

    @Override
    public final Map<String, List<String>> options() {
        Map<String, List<String>> options = new LinkedHashMap<>(own);
        options.putAll(ModelOptions.all());
        options.putAll(Frames.options());
        return options;
    }

    @Override
    public final Supplier<Reward> prepare(RewardOptions options) {
        Path folder = ModelOptions.folder(options);
        OnnxNetwork.Place place = ModelOptions.place(options);
        Frames frames = Frames.read(options);
        Opening opening = opening(options);
        boolean golden = own.entrySet().stream().allMatch(one -> usual(options, one.getKey(), one.getValue()));
        return () -> {
            try {
                Parts parts = new Parts(ModelFolder.open(folder), place, frames);
                Reward reward = opening.open(parts);
                if (golden) {
                    verify(parts.folder, reward);
                }
                return reward;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        };
    }

    private void verify(ModelFolder folder, Reward reward) throws IOException {
        try {
            folder.verify(name, reward);
        } catch (IOException | RuntimeException e) {
            reward.close();
            throw e;
        }
    }

    /** Golden scores are those of a reward whose own options are left as they are. */
    private static boolean usual(RewardOptions options, String key, List<String> values) {
        return !options.has(key) || !values.isEmpty() && options.word(key, "").equals(values.get(0));
    }
}
