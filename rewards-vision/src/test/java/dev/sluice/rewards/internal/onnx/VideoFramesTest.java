package dev.sluice.rewards.internal.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.TestMedia;
import dev.sluice.rewards.TinyModels;
import dev.sluice.rewards.internal.Stills;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Videos in the rewards of pictures whose networks stand in a folder. */
class VideoFramesTest {
    private static final Path CLIP = Path.of("src/test/resources/fixtures/tiny-clip");

    /** Every frame differs from the others. */
    private static final Media VIDEO =
            TestMedia.grey(20, 40, 48, (t, y, x) -> (x * (3 + t) + y * (2 * t + 1) + 9 * t) % 251);

    @TempDir
    private Path folder;

    private static Scores scores(String name, Map<String, Object> options, Media... media) {
        Map<String, Object> all = new HashMap<>(options);
        all.putIfAbsent("model", CLIP);
        all.put("threads", 1);
        List<Sample> samples = Arrays.stream(media)
                .map(one -> new Sample(one, "red dog", Map.of()))
                .toList();
        try (Reward reward = RewardProvider.named(name, all)) {
            return reward.score(samples);
        }
    }

    private static double[] stills(String name, int... frames) {
        return scores(
                        name,
                        Map.of(),
                        IntStream.of(frames).mapToObj(t -> Stills.of(VIDEO, t)).toArray(Media[]::new))
                .values();
    }

    private static double mean(double[] scores) {
        return Arrays.stream(scores).average().orElseThrow();
    }

    @ParameterizedTest
    @ValueSource(strings = {"clipscore", "pickscore", "hpsv2", "imagereward", "aesthetic", "goal-baseline"})
    void aVideoHasTheMeanTheLeastOrTheLastOfItsFrames(String name) {
        double[] eight = stills(name, 0, 3, 5, 8, 11, 14, 16, 19);
        assertThat(scores(name, Map.of(), VIDEO).values()[0]).isCloseTo(mean(eight), within(1e-6));
        double[] three = stills(name, 0, 10, 19);
        assertThat(scores(name, Map.of("frames", 3), VIDEO).values()[0]).isCloseTo(mean(three), within(1e-6));
        assertThat(scores(name, Map.of("frames", "3", "aggregate", "min"), VIDEO)
                        .values()[0])
                .isCloseTo(Arrays.stream(three).min().orElseThrow(), within(1e-6));
        assertThat(scores(name, Map.of("aggregate", "last"), VIDEO).values()[0]).isCloseTo(three[2], within(1e-6));
        assertThat(three[0]).isNotEqualTo(three[2]);
    }

    @Test
    void picturesAndVideosStandBesideEachOtherInOneBatch() {
        Media picture = TestMedia.photo(64, 3);
        Media small = TestMedia.grey(3, 8, 8, (t, y, x) -> t);
        Scores all = scores("pickscore", Map.of(), picture, VIDEO, small, VIDEO, picture);
        assertThat(all.reasons()).containsOnlyKeys(2);
        assertThat(all.reasons().get(2)).contains("8×8 pixels are too few");
        double alone = scores("pickscore", Map.of(), VIDEO).values()[0];
        assertThat(all.values()[1]).isCloseTo(alone, within(1e-6));
        assertThat(all.values()[3]).isCloseTo(alone, within(1e-6));
        assertThat(all.values()[4])
                .isCloseTo(scores("pickscore", Map.of(), picture).values()[0], within(1e-6));
    }

    @Test
    void wrongChoicesOfFramesAreRefused() {
        assertThatThrownBy(() -> scores("aesthetic", Map.of("frames", 0)))
                .hasMessage("aesthetic.frames (0) must be a whole number of at least 1 and at most 4096.");
        assertThatThrownBy(() -> scores("aesthetic", Map.of("aggregate", "max")))
                .hasMessage("aesthetic.aggregate (max) must be one of mean, min, last.");
    }

    /** The features are the mean colour from −1 to 1, whose cosines are easy to tell. */
    @ParameterizedTest
    @ValueSource(strings = {"subject-consistency", "background-consistency"})
    void consistencyIsTheMeanOfTheCosinesWithTheFrameBeforeAndTheFirst(String name) throws IOException {
        Path model = TinyModels.colourEncoder(folder);
        Map<String, Object> options = Map.of("model", model);
        int white = 0xFFFFFF;
        int yellow = 0xFFFF00; // a third with white
        int blue = 0x0000FF; // the opposite of yellow, minus a third with white
        double[] found = scores(
                        name,
                        options,
                        TestMedia.plain(blue, yellow, blue),
                        TestMedia.plain(white, yellow, white),
                        TestMedia.plain(white, yellow, yellow),
                        TestMedia.plain(white, white, white))
                .values();
        List<Double> expected = new ArrayList<>();
        expected.add((0 + 0) / 4.0 + (0 + 1) / 4.0);
        expected.add((1 / 3.0 + 1 / 3.0) / 4 + (1 / 3.0 + 1) / 4);
        expected.add((1 / 3.0 + 1 / 3.0) / 4 + (1 + 1 / 3.0) / 4);
        expected.add(1.0);
        for (int i = 0; i < found.length; i++) {
            assertThat(found[i]).as("video %s", i).isCloseTo(expected.get(i), within(1e-6));
        }
        Scores odd = scores(
                name,
                options,
                TestMedia.plain(0, 0, 0),
                TestMedia.plain(white),
                TestMedia.grey(3, 20, 20, (t, y, x) -> 99));
        assertThat(odd.reasons()).containsOnlyKeys(0, 1, 2);
        assertThat(odd.reasons().get(2)).contains("20×20 pixels are too few");
    }

    @Test
    void aModelOfClipsFamilyIsAnEncoderAsWell() {
        double score = scores("subject-consistency", Map.of(), VIDEO).values()[0];
        assertThat(score).isBetween(0.0, 1.0).isNotEqualTo(1.0);
        assertThatThrownBy(() -> scores("subject-consistency", Map.of("model", folder)))
                .hasMessageContaining("model.json is not there.");
    }
}
