package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a training leaves, what it goes on from, and what is refused. */
class RewardModelFolderTest extends RewardModelCase {
    @Test
    void aResumedTrainingGivesTheSameNumbersAndTheSeedNamesThem() throws IOException {
        PreferenceData data = PreferenceData.scenes(SceneSplit.TRAIN, 80, 1);
        RewardArchitecture architecture = new RewardArchitecture(
                new RewardArchitecture.Encoding.Pixels(16, 8),
                true,
                new RewardArchitecture.Head.TwoLayer(8),
                List.of("overall"));
        RewardModelTraining.Options options = options(6, 1e-3, 0.01);
        double[] straight = new double[6];
        try (RewardModelTraining training = training(architecture, BRADLEY_TERRY, options, data)) {
            for (int i = 0; i < 6; i++) {
                straight[i] = training.update().loss();
                if (i == 2) {
                    Files.createDirectories(folder.resolve("half"));
                    training.checkpoint(folder.resolve("half"));
                }
            }
            training.export(folder.resolve("straight"), Map.of());
        }
        try (RewardModelTraining training = training(architecture, BRADLEY_TERRY, options, data)) {
            training.restore(folder.resolve("half"));
            for (int i = 3; i < 6; i++) {
                assertThat(training.update().loss()).isEqualTo(straight[i]);
            }
            training.export(folder.resolve("resumed"), Map.of());
        }
        assertThat(folder.resolve("resumed/model.safetensors"))
                .hasSameBinaryContentAs(folder.resolve("straight/model.safetensors"));
        PreferenceData other = PreferenceData.scenes(SceneSplit.TRAIN, 80, 2);
        try (RewardModelTraining training = training(architecture, BRADLEY_TERRY, options, other)) {
            assertThatThrownBy(() -> training.restore(folder.resolve("half")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("was made with other options or data");
        }
    }

    @Test
    void whatCannotBeLearnedFromIsOneSentence() throws IOException {
        RewardModelTraining.Options options = options(1, 1e-3, 0);
        PreferenceData nothing = new PreferenceData(
                List.of(item(0, posters(1, 1).get(0))),
                List.of(),
                List.of(new PreferenceData.Label(0, "overall", true)));
        assertThatThrownBy(() -> training(linear("overall"), BRADLEY_TERRY, options, nothing))
                .hasMessageStartingWith("There is nothing to compare:");
        assertThatThrownBy(() -> training(linear("look"), BRADLEY_TERRY, options, duel(1, 1, 0)))
                .hasMessage("The preferences are about [overall]; the model has [look].");
        RewardArchitecture prompted = new RewardArchitecture(LOOKS, true, LINEAR, List.of("overall"));
        assertThatThrownBy(() -> training(prompted, BRADLEY_TERRY, options, duel(1, 1, 0)))
                .hasMessage("item 0 cannot be learned from: the model reads the prompt, but there is none.");
    }

    @Test
    void aFolderThatIsNoModelIsRefused() throws IOException {
        assertThatThrownBy(() -> RewardModel.open(folder, "", 1)).hasMessageContaining("config.json is not there");
        trained(linear("overall"), BRADLEY_TERRY, 1, 1e-3, duel(1, 1, 0)).close();
        Path model = folder.resolve("model");
        assertThatThrownBy(() -> RewardModel.open(model, "look", 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("reward-model.axis (look) must be one of overall");
        String config = Files.readString(model.resolve("config.json"));
        Files.writeString(model.resolve("config.json"), config.replace("\"linear\"", "\"cubic\""));
        assertThatThrownBy(() -> RewardModel.open(model, "", 1))
                .hasMessageContaining("head.type (cubic) must be linear, two-layer or experts.");
        Files.writeString(model.resolve("config.json"), config.replace("\"overall\"", "\"overall\", \"look\""));
        assertThatThrownBy(() -> RewardModel.open(model, "", 1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("out.weight is")
                .hasMessageContaining("needs the shape");
        Files.writeString(model.resolve("config.json"), "{}");
        assertThatThrownBy(() -> RewardModel.open(model, "", 1))
                .hasMessageContaining("_class_name () must be RewardModel.");
    }
}
