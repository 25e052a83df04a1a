package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.rewards.RewardArchitecture;
import dev.sluice.rewards.RewardModelTraining;
import java.nio.file.Path;
import java.util.List;

/**
 * A run that trains a reward model.
 *
 * @param name the run's name, a folder's name
 * @param output the folder of all runs; a relative one starts from the working folder
 * @param device {@code auto}, {@code cpu}, {@code gpu} or {@code gpuN}
 * @param threads threads of an operator
 * @param data what it learns from
 * @param model what is trained
 * @param loss of a comparison
 * @param training how it is trained
 * @param checkpoints what is kept of the way
 */
public record RewardModelConfig(
        String name,
        String output,
        String device,
        @Within(least = 1, most = 1024) int threads,
        PreferenceDataChoice data,
        Model model,
        LossChoice loss,
        RewardModelTraining.Options training,
        Checkpoints checkpoints) {
    public RewardModelConfig {
        RunNames.require(name);
    }

    /**
     * What is trained.
     *
     * @param encoding what it sees of a picture
     * @param prompt whether it reads the prompt
     * @param head what makes scores of that
     * @param members how many such models learn, each from other draws of the prompts; 1 for a single one from all
     */
    public record Model(
            EncodingChoice encoding,
            boolean prompt,
            HeadChoice head,
            @Within(least = 1, most = 100) int members) {}

    /** Returns what is trained, for axes that the preferences have. */
    public RewardArchitecture architecture(List<String> axes) {
        return new RewardArchitecture(
                model.encoding().encoding(), model.prompt(), model.head().head(), axes);
    }

    /** Returns the run's folder. */
    public Path folder() {
        return Path.of(output).resolve(name);
    }
}
