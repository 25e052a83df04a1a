package dev.sluice.rewards.internal.sets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.TestMedia;
import dev.sluice.rewards.TinyModels;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With an encoder that embeds the mean colour: frames are red (1, −1, −1), green (−1, 1, −1) or white (1, 1, 1). */
class FeatureMatchingTest {
    private static final int RED = 0xFF0000;
    private static final int GREEN = 0x00FF00;
    private static final int WHITE = 0xFFFFFF;

    @TempDir
    private Path folder;

    private void reference(String name, int... colours) throws IOException {
        for (int i = 0; i < colours.length; i++) {
            ImageFiles.write(
                    TestMedia.plain(colours[i]), folder.resolve("videos/%s/frame-%03d.png".formatted(name, i + 1)));
        }
    }

    private double score(Media media, Object... options) {
        Map<String, Object> all = new HashMap<>(Map.of("references", folder.resolve("videos"), "threads", 1));
        for (int i = 0; i < options.length; i += 2) {
            all.put(options[i].toString(), options[i + 1]);
        }
        try (Reward reward = RewardProvider.named("feature-matching", all)) {
            return reward.score(List.of(new Sample(media, "", Map.of()))).values()[0];
        }
    }

    @Test
    void costsAreThoseOfTheTransport() throws IOException {
        Path model = TinyModels.colourEncoder(folder.resolve("model"));
        reference("one", RED, GREEN);
        // the cosine of red and green is −1/3, of red and white as well
        double other = 4 / 3.0;
        double blur = other / (1 + Math.exp(other / 0.05));
        assertThat(score(TestMedia.plain(RED, GREEN), "model", model)).isCloseTo(-blur, within(1e-6));
        assertThat(score(TestMedia.plain(GREEN, RED), "model", model))
                .as("their order does not count")
                .isCloseTo(-blur, within(1e-6));
        assertThat(score(TestMedia.plain(WHITE, WHITE), "model", model)).isCloseTo(-other, within(1e-6));
        assertThat(score(TestMedia.plain(RED), "model", model)).isCloseTo(-other / 2, within(1e-6));
        assertThat(score(TestMedia.plain(RED, RED, GREEN, GREEN), "model", model, "frames", 2))
                .isCloseTo(-blur, within(1e-6));
        assertThat(score(TestMedia.plain(RED, GREEN), "model", model, "epsilon", 1e4))
                .isCloseTo(-other / 2, within(1e-3));
    }

    @Test
    void theNearestReferenceCountsOrAllOfThem() throws IOException {
        Path model = TinyModels.colourEncoder(folder.resolve("model"));
        reference("one", RED, RED);
        reference("two", WHITE, WHITE);
        assertThat(score(TestMedia.plain(RED, RED), "model", model)).isCloseTo(0, within(1e-6));
        assertThat(score(TestMedia.plain(RED, RED), "model", model, "against", "mean"))
                .isCloseTo(-2 / 3.0, within(1e-6));
        assertThat(score(TestMedia.plain(RED, RED), "model", model, "references", folder.resolve("videos/two")))
                .isCloseTo(-4 / 3.0, within(1e-6));
    }

    @Test
    void withoutANetworkColoursAndEdgesAreCompared() throws IOException {
        reference("one", RED, GREEN, RED);
        assertThat(score(TestMedia.plain(RED, GREEN, RED))).isCloseTo(0, within(1e-6));
        assertThat(score(TestMedia.plain(RED, RED, RED))).isLessThan(-0.1);
        assertThat(score(TestMedia.plain(WHITE))).isLessThan(score(TestMedia.plain(RED, RED, RED)));
    }

    @Test
    void whatIsMissingOrWrongIsRefused() throws IOException {
        assertThatThrownBy(() -> RewardProvider.named("feature-matching"))
                .hasMessageStartingWith("feature-matching.references must name a video or a folder of videos.");
        assertThatThrownBy(() -> score(TestMedia.plain(RED))).hasMessageEndingWith("videos) does not exist.");
        Files.createDirectories(folder.resolve("videos"));
        assertThatThrownBy(() -> score(TestMedia.plain(RED)))
                .hasMessageEndingWith("must hold at least one video or image.");
        assertThatThrownBy(() -> score(TestMedia.plain(RED), "epsilon", 0))
                .hasMessage("feature-matching.epsilon (0) must be a number of at least 1.0E-4.");
        Path model = TinyModels.colourEncoder(folder.resolve("model"));
        ImageFiles.write(Media.image(8, 8, new byte[192]), folder.resolve("videos/small.png"));
        assertThatThrownBy(() -> score(TestMedia.plain(RED), "model", model))
                .hasMessageContaining("small.png: 8×8 pixels are too few");
    }
}
