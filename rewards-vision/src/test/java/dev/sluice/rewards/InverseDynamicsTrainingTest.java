package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import dev.sluice.flow.AdamW;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training of a tiny inverse dynamics model: it learns, resumes to the bit, and what it writes opens. */
class InverseDynamicsTrainingTest {
    private static final InverseDynamics.Architecture TINY = new InverseDynamics.Architecture(1, 8, 16);

    @TempDir
    private Path folder;

    private static InverseDynamicsTraining training(long steps) {
        AdamW.Options optimizer = new AdamW.Options(1e-2, 0.9, 0.99, 1e-8, 0, 1);
        return new InverseDynamicsTraining(
                Device.cpu(), TINY, new InverseDynamicsTraining.Options(steps, 4, optimizer, 2, 0.1, 0.9, 3));
    }

    private static double mean(InverseDynamicsTraining training, int updates) {
        double sum = 0;
        for (int i = 0; i < updates; i++) {
            sum += training.update().loss();
        }
        return sum / updates;
    }

    @Test
    void theLossFallsAndWhatIsExportedReadsVideos() throws IOException {
        try (InverseDynamicsTraining training = training(60)) {
            double first = mean(training, 10);
            mean(training, 40);
            assertThat(mean(training, 10)).isLessThan(0.8 * first);
            training.export(folder.resolve("idm"), Map.of("seed", 3));
        }
        assertThat(folder.resolve("idm/made_by.json")).exists();
        try (InverseDynamics model = InverseDynamics.open(folder.resolve("idm"))) {
            assertThat(model.architecture()).isEqualTo(TINY);
            InverseDynamics.Joints joints =
                    model.read(ArmWorld.example(1, 1).motion().media());
            assertThat(joints.angles()).hasDimensions(16, 2);
            assertThat(joints.speeds()).hasDimensions(16, 2);
            for (int frame = 1; frame < 16; frame++) {
                assertThat(Math.abs(joints.angles()[frame][0] - joints.angles()[frame - 1][0]))
                        .isLessThanOrEqualTo(Math.PI);
            }
        }
    }

    @Test
    void aResumedTrainingGivesTheSameNumbers() throws IOException {
        double[] straight = new double[6];
        try (InverseDynamicsTraining training = training(6)) {
            for (int i = 0; i < 6; i++) {
                straight[i] = training.update().loss();
                if (i == 2) {
                    training.checkpoint(folder.resolve("step-3"));
                }
            }
            training.export(folder.resolve("a"), Map.of());
        }
        try (InverseDynamicsTraining training = training(6)) {
            training.restore(folder.resolve("step-3"));
            assertThat(training.step()).isEqualTo(3);
            for (int i = 3; i < 6; i++) {
                assertThat(training.update().loss()).isEqualTo(straight[i]);
            }
            training.export(folder.resolve("b"), Map.of());
        }
        assertThat(Files.readAllBytes(folder.resolve("b/model.safetensors")))
                .isEqualTo(Files.readAllBytes(folder.resolve("a/model.safetensors")));
        try (InverseDynamicsTraining other = training(7)) {
            assertThatThrownBy(() -> other.restore(folder.resolve("step-3")))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("was made with other options");
        }
    }

    @Test
    void aFolderThatIsNoModelIsRefused() throws IOException {
        assertThatThrownBy(() -> InverseDynamics.open(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("expected a folder of an inverse dynamics model");
        try (InverseDynamicsTraining training = training(1)) {
            training.export(folder.resolve("idm"), Map.of());
        }
        Files.writeString(folder.resolve("idm/config.json"), "{\"context\": 1, \"channels\": 16, \"hidden\": 16}");
        assertThatThrownBy(() -> InverseDynamics.open(folder.resolve("idm")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("its config.json needs the shape (16, 9, 3, 3)");
        Files.writeString(folder.resolve("idm/config.json"), "{\"context\": -1}");
        assertThatThrownBy(() -> InverseDynamics.open(folder.resolve("idm"))).isInstanceOf(IOException.class);
    }
}
