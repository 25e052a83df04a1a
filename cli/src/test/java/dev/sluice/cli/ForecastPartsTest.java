package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.MemoryForecast;
import dev.sluice.cli.internal.TrainingSession;
import dev.sluice.configs.RunFiles;
import dev.sluice.flow.ModelInspection;
import dev.sluice.flow.StoredType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a forecast counts of a model's parts, by closed form; the sum against a process is {@link MemoryForecastTest}. */
class ForecastPartsTest {
    @TempDir
    private Path folder;

    private MemoryForecast forecast(Path model) throws IOException {
        return forecast(model, "{name: compressibility, weight: 1}");
    }

    private MemoryForecast forecast(Path model, String reward) throws IOException {
        Files.writeString(folder.resolve("prompts.txt"), "a red circle\n");
        Path run = Files.writeString(
                folder.resolve("run.yaml"), """
                name: tiny
                output: "%s"
                model: "%s"
                threads: 1
                lanes: 1
                iterations: 1
                memory: {weights: bfloat16}
                prompts: {train: prompts.txt, test: prompts.txt}
                rewards: [%s]
                evaluation: {rewards: [%s]}
                adapter: {rank: 2, alpha: 4, targets: [attention]}
                batch: {prompts: 1, groupSize: 2, chunkSize: 2}
                sampling: {steps: 2, height: 32, width: 32, frames: 5}
                """.formatted(folder.resolve("runs"), model, reward, reward));
        try (TrainingSession session = TrainingSession.open(RunFiles.train(run, List.of()))) {
            return session.forecast();
        }
    }

    private static ModelInspection.Component component(Path model, String name) throws IOException {
        return ModelInspection.of(model).components().stream()
                .filter(part -> part.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static long parameters(Path model, String component) throws IOException {
        return component(model, component).parameters();
    }

    /** Wan 2.2: two networks are held in the type of the weights, but a pass converts and runs one of them. */
    @Test
    void bothNetworksOfAPairAreHeldOnceAndOneIsAtWork() throws IOException {
        Path single = TestModels.fixture("wan-pipeline");
        Path pair = TestModels.wanExperts(folder.resolve("pair"));
        MemoryForecast one = forecast(single);
        MemoryForecast two = forecast(pair);
        long network = parameters(single, "transformer");
        assertThat(parameters(pair, "transformer_2")).isEqualTo(network).isPositive();
        assertThat(one.weights()).isEqualTo(2 * network + 4 * parameters(single, "vae"));
        assertThat(two.weights() - one.weights()).isEqualTo(2 * network);
        assertThat(two.text()).isEqualTo(one.text()).isEqualTo(4 * parameters(single, "text_encoder"));
        assertThat(two.activations()).isEqualTo(one.activations());
        assertThat(two.learned()).as("an adapter of both").isEqualTo(2 * one.learned());
        assertThat(two.peak() - one.peak()).isEqualTo(2 * network + one.learned() + one.gradients());
    }

    /** Rewards and those of tests open networks of their own, which stay. */
    @Test
    void networksOfRewardsCountAsTheFilesOfTheirFolders() throws IOException {
        Path detector = ScoreRewardsTest.FIXTURES.resolve("tiny-detector");
        Path model = TestModels.fixture("wan-pipeline");
        MemoryForecast without = forecast(model);
        MemoryForecast with =
                forecast(model, "{name: geneval, weight: 1, options: {model: \"%s\"}}".formatted(detector));
        long bytes = Files.size(detector.resolve("detector.onnx"));
        assertThat(without.rewards()).isZero();
        assertThat(with.rewards()).isEqualTo(2 * bytes);
        assertThat(with.peak() - without.peak()).isEqualTo(2 * bytes);
    }

    /** The picture encoder of Wan 2.1 from a picture is float32, like the autoencoder. */
    @Test
    void thePictureEncoderIsCounted() throws IOException {
        Path model = TestModels.wanFromPicture(folder.resolve("picture"));
        Path prompts = folder.resolve("prompts.jsonl");
        Path start = DocumentationTest.HOME.resolve("configs/pairs/scenes/00000-preferred.png");
        Files.writeString(prompts, "{\"prompt\": \"a\", \"image\": \"%s\"}\n".formatted(start));
        Path run = Files.writeString(folder.resolve("picture.yaml"), """
                name: tiny
                output: "%s"
                model: "%s"
                threads: 1
                lanes: 1
                iterations: 1
                prompts: {train: prompts.jsonl, test: prompts.jsonl}
                rewards: [{name: compressibility, weight: 1}]
                adapter: {rank: 2, alpha: 4, targets: [attention]}
                batch: {prompts: 1, groupSize: 2, chunkSize: 2}
                sampling: {steps: 2, height: 32, width: 32, frames: 5}
                """.formatted(folder.resolve("runs"), model));
        try (TrainingSession session = TrainingSession.open(RunFiles.train(run, List.of()))) {
            long last = component(model, "image_encoder").idleByType().get(StoredType.F32);
            assertThat(last)
                    .as("the picture encoder's last block, which is not used")
                    .isPositive();
            long expected = parameters(model, "transformer")
                    + parameters(model, "vae")
                    + parameters(model, "image_encoder")
                    - last;
            assertThat(session.forecast().weights()).isEqualTo(4 * expected);
        }
    }
}
