package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import dev.sluice.rewards.InverseDynamics;
import dev.sluice.rewards.InverseDynamicsTraining;
import java.nio.file.Path;

/**
 * A run that trains an inverse dynamics model of the world {@code arm}.
 *
 * @param name the run's name, a folder's name
 * @param output the folder of all runs; a relative one starts from the working folder
 * @param device {@code auto}, {@code cpu}, {@code gpu} or {@code gpuN}
 * @param threads threads of an operator
 * @param architecture the sizes of the network
 * @param training how it is trained
 * @param checkpoints what is kept of the way
 */
public record IdmConfig(
        String name,
        String output,
        String device,
        @Within(least = 1, most = 1024) int threads,
        InverseDynamics.Architecture architecture,
        InverseDynamicsTraining.Options training,
        Checkpoints checkpoints) {
    public IdmConfig {
        RunNames.require(name);
    }

    /** Returns the run's folder. */
    public Path folder() {
        return Path.of(output).resolve(name);
    }
}
