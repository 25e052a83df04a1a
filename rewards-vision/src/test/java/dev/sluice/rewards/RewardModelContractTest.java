package dev.sluice.rewards;

import ai.djl.Device;
import dev.sluice.flow.AdamW;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A model that learned to like light pictures. */
class RewardModelContractTest extends RewardContract {
    @TempDir
    private static Path folder;

    @BeforeAll
    static void train() throws IOException {
        List<PreferenceData.Item> items = List.of(40, 120, 200).stream()
                .map(light ->
                        new PreferenceData.Item("grey " + light, "", "", () -> new Sample(grey(light), "", Map.of())))
                .toList();
        PreferenceData data = new PreferenceData(items, List.of(pair(1, 0), pair(2, 1)), List.of());
        RewardArchitecture architecture = new RewardArchitecture(
                new RewardArchitecture.Encoding.Pixels(16, 8),
                false,
                new RewardArchitecture.Head.Linear(),
                List.of("overall"));
        AdamW.Options optimizer = new AdamW.Options(1e-2, 0.9, 0.99, 1e-8, 0, 1);
        RewardModelTraining.Options options =
                new RewardModelTraining.Options(40, 2, optimizer, 0, 0.1, 0.5, 0, 0, 1, true, 0, 0, 1);
        try (RewardModelTraining training =
                new RewardModelTraining(Device.cpu(), architecture, PreferenceLoss.BradleyTerry.PLAIN, options, data)) {
            while (training.step() < 40) {
                training.update();
            }
            training.export(folder.resolve("model"), Map.of());
        }
    }

    private static Media grey(int light) {
        return TestMedia.grey(24, 24, (y, x) -> light + (x + y) % 3);
    }

    private static PreferenceData.Pair pair(int better, int worse) {
        return new PreferenceData.Pair(better, worse, "overall", PreferenceData.Verdict.A, "", Optional.empty());
    }

    @Override
    String name() {
        return "reward-model";
    }

    @Override
    Map<String, Object> options() {
        return Map.of("model", folder.resolve("model").toString());
    }

    @Override
    List<Sample> worstToBest() {
        return List.of(40, 120, 200).stream()
                .map(light -> new Sample(grey(light), "a wall", Map.of()))
                .toList();
    }
}
