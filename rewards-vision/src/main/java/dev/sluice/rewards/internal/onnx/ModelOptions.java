package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.internal.RewardOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The options that say which network computes, and where. */
public final class ModelOptions {
    /** The option that names the network's folder. */
    public static final String MODEL = "model";

    private static final String DEVICE = "device";
    private static final String THREADS = "threads";

    private ModelOptions() {}

    /** Returns the options, as a provider has them. */
    public static Map<String, List<String>> all() {
        return Map.of(MODEL, List.of(), DEVICE, List.of(), THREADS, List.of());
    }

    /**
     * Returns the folder.
     *
     * @throws IllegalArgumentException if it was not given
     */
    public static Path folder(RewardOptions options) {
        String name = options.reward();
        return Path.of(options.text(MODEL)
                .orElseThrow(() -> new IllegalArgumentException(
                        "The reward %s needs the option model, the folder of its network, as in %s:model=weights/%s."
                                .formatted(name, name, name))));
    }

    /**
     * Returns where networks compute.
     *
     * @throws IllegalArgumentException if there is no such device, or the number of threads is wrong
     */
    public static OnnxNetwork.Place place(RewardOptions options) {
        int cores = Runtime.getRuntime().availableProcessors();
        return new OnnxNetwork.Place(options.word(DEVICE, "auto"), options.whole(THREADS, cores, 1, Integer.MAX_VALUE));
    }
}
