package dev.sluice.rewards.internal.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.TinyDetector;
import dev.sluice.rewards.TinyModels;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** GenEval on drawn pictures, with a detector; prompts as flow_grpo's files have them. */
class GenEvalRewardTest {
    private static final int RED = 0xFF0000;
    private static final int BLUE = 0x0000FF;

    @TempDir
    private Path folder;

    @BeforeEach
    void aDetector() throws IOException {
        TinyDetector.write(folder, "yolov8", "");
    }

    /** Reads a line of a prompt file. */
    private static Sample sample(Media media, String line) {
        Map<String, Object> metadata =
                new JsonMapper().readValue(line, new TypeReference<HashMap<String, Object>>() {});
        return new Sample(media, metadata.remove("prompt").toString(), metadata);
    }

    private Scores scores(String name, Map<String, Object> options, Sample... samples) {
        Map<String, Object> all = new HashMap<>(options);
        all.putIfAbsent("model", folder);
        all.put("threads", 1);
        try (Reward reward = RewardProvider.named(name, all)) {
            return reward.score(List.of(samples));
        }
    }

    private double score(String mode, String cells, int colour, String line) {
        return scores("geneval", Map.of("mode", mode), sample(TinyDetector.picture(cells, colour), line))
                .values()[0];
    }

    private static final String COUNTING = """
        {"tag": "counting", "include": [{"class": "dog", "count": 3}], "exclude": [{"class": "dog", "count": 4}], \
        "prompt": "a photo of three dogs"}""";
    private static final String TWO = """
        {"tag": "two_object", "include": [{"class": "dog", "count": 1}, {"class": "cup", "count": 1}], \
        "prompt": "a photo of a dog and a cup"}""";
    private static final String POSITION = """
        {"tag": "position", "include": [{"class": "dog", "count": 1}, \
        {"class": "cup", "count": 1, "position": ["left of", 0]}], "prompt": "a photo of a cup left of a dog"}""";
    private static final String COLOR = """
        {"tag": "colors", "include": [{"class": "dog", "count": 1, "color": "red"}], "prompt": "a photo of a red dog"}""";

    @Test
    void countsAreThoseOfTheObjects() {
        assertThat(score("official", "d.d. .... ..d. ....", RED, COUNTING)).isEqualTo(1);
        assertThat(score("official", "d.d. .... ..d. ...d", RED, COUNTING)).isZero();
        assertThat(score("graded01", "d.d. .... .... ....", RED, COUNTING)).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(score("graded01", "d.d. .c.. ..d. ...d", RED, COUNTING)).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(score("strict", "d.d. .c.. ..d. ....", RED, COUNTING)).isEqualTo(1);
    }

    /** A dog without its first row of pixels is found with 0.875. */
    @Test
    void whatIsLessSureCountsInTasksOtherThanCounting() throws IOException {
        Media picture = TinyDetector.picture("d... .... .... ....", RED);
        Arrays.fill(picture.rgb(), 0, 3 * 64, (byte) 20);
        String one = "{\"tag\": \"%s\", \"include\": [{\"class\": \"dog\", \"count\": 1}], \"prompt\": \"a dog\"}";
        Sample single = sample(picture, one.formatted("single_object"));
        Sample counting = sample(picture, one.formatted("counting"));
        assertThat(scores("geneval", Map.of(), single, counting).values()).containsExactly(1, 0);
        TinyDetector.write(folder, "yolov8", ", \"countingThreshold\": 0.8");
        assertThat(scores("geneval", Map.of(), single, counting).values()).containsExactly(1, 1);
        TinyDetector.write(folder, "yolov8", ", \"threshold\": 0.88");
        assertThat(scores("geneval", Map.of(), single, counting).values()).containsExactly(0, 0);
    }

    @Test
    void wordsForColoursAreGenEvals() {
        assertThat(ClipColors.classes("mouse").get(0))
                .containsExactly(
                        "a photo of a red computer mouse",
                        "a photo of a red-colored computer mouse",
                        "a photo of a red object");
        assertThat(ClipColors.classes("dog")).hasSize(10);
    }

    @Test
    void bothObjectsAreNeededAndOthersForgiven() {
        assertThat(score("official", "d... .... ..c. ....", RED, TWO)).isEqualTo(1);
        assertThat(score("official", "d..d .... ..c. ....", RED, TWO)).isEqualTo(1);
        assertThat(score("strict", "d..d .... ..c. ....", RED, TWO)).isZero();
        assertThat(score("graded01", "d... .... .... ....", RED, TWO)).isEqualTo(0.5);
        assertThat(score("graded01", ".... .... .... ....", RED, TWO)).isZero();
    }

    @Test
    void placesAreThoseOfTheBoxes() {
        assertThat(score("official", ".... c..d .... ....", RED, POSITION)).isEqualTo(1);
        assertThat(score("official", ".... d..c .... ....", RED, POSITION)).isZero();
        assertThat(score("official", "d... .... .... c...", RED, POSITION))
                .as("below")
                .isZero();
        assertThat(score("graded01", ".... d..c .... ....", RED, POSITION)).isEqualTo(2 / 3.0);
        Sample wrong = sample(TinyDetector.picture(".... d..c .... ....", RED), POSITION);
        Sample alone = sample(TinyDetector.picture(".... ...c .... ....", RED), POSITION);
        Sample many = sample(TinyDetector.picture("dddd dddd d... ...c", RED), POSITION);
        assertThat(scores("geneval-graded", Map.of(), wrong, alone, many).values())
                .as("flow_grpo's: half for a wrong place, nothing for one beside nothing, less for too many")
                .containsExactly(0.75, (0 + 1 + 0) / 3.0, (-7 + 1 + 0) / 3.0);
    }

    @Test
    void coloursAreThoseOfMostPixelsOrOfWords() throws IOException {
        assertThat(score("official", "d... .... .... ....", RED, COLOR)).isEqualTo(1);
        assertThat(score("official", "d... .... .... ....", BLUE, COLOR)).isZero();
        assertThat(score("graded01", "d... .... .... ....", BLUE, COLOR)).isEqualTo(0.5);
        Path clip = TinyModels.colourClip(folder.resolve("clip"));
        Sample red = sample(TinyDetector.picture("d... .... .... ....", RED), COLOR);
        Sample blue = sample(TinyDetector.picture("d... .... .... ....", BLUE), COLOR);
        Sample pink = sample(TinyDetector.picture("d... .... .... ....", 0xFF80C0), COLOR.replace("red", "pink"));
        assertThat(scores("geneval", Map.of("clip", clip, "mode", "strict"), red, blue, pink)
                        .values())
                .containsExactly(1, 0, 1);
    }

    @Test
    void aClassThatTheDetectorDoesNotKnowHasAReason() {
        Sample wrong = sample(TinyDetector.picture("d...", 16, 64, RED), COUNTING.replace("dog", "dgo"));
        Sample video = new Sample(new Media(2, 32, 32, new byte[6144], 8), "", wrong.metadata());
        Sample none = new Sample(wrong.media(), "a dog", Map.of());
        Sample keys = sample(wrong.media(), TWO.replace("cup", "computer keyboard"));
        Scores scores = scores("geneval", Map.of(), wrong, video, none, keys);
        assertThat(scores.reasons().get(0))
                .isEqualTo("the class (dgo) is none of the 3 that the detector knows. Maybe dog was meant.");
        assertThat(scores.reasons().get(1)).isEqualTo("a video of 2 frames is no image");
        assertThat(scores.reasons().get(2)).contains("has no include");
        assertThat(scores.valid(3)).as("GenEval's keyboard is COCO's").isTrue();
    }

    @Test
    void goldenScoresAreHeld() throws IOException {
        ImageFiles.write(TinyDetector.picture("d.d. .... .... ....", RED), folder.resolve("golden.png"));
        String descriptor = Files.readString(folder.resolve("model.json"));
        String golden = """
            , "golden": [{"image": "golden.png", "score": %s, "tolerance": 1e-6,
              "metadata": {"tag": "counting", "include": [{"class": "dog", "count": 2}]}}]}""";
        String head = descriptor.substring(0, descriptor.lastIndexOf('}'));
        Files.writeString(folder.resolve("model.json"), head + golden.formatted(1));
        assertThat(score("graded01", "d.d. .... ..d. ....", RED, COUNTING)).isEqualTo(1);
        RewardProvider.named("geneval", Map.of("model", folder)).close();
        Files.writeString(folder.resolve("model.json"), head + golden.formatted(0.5));
        assertThatThrownBy(() -> RewardProvider.named("geneval", Map.of("model", folder)))
                .hasMessageContaining("the score 1.0;")
                .hasMessageContaining("expects 0.5");
        assertThatThrownBy(() -> RewardProvider.named("geneval", Map.of("model", folder.resolve("none"))))
                .hasMessageContaining("expected a reward model's folder");
    }
}
