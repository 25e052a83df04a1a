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
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GoalRewardTest {
    private static final Path CLIP = Path.of("src/test/resources/fixtures/tiny-clip");

    @TempDir
    private Path folder;

    private static float[] unit(double... values) {
        float[] vector = new float[values.length];
        for (int i = 0; i < vector.length; i++) {
            vector[i] = (float) values[i];
        }
        return Vectors.unit(vector);
    }

    /** Values computed with numpy from the definition. */
    @Test
    void scoresEqualTheDefinition() {
        List<float[]> goal = List.of(unit(1, 0, 0));
        List<float[]> baseline = List.of(unit(0, 1, 0));
        float[] picture = unit(1, 1, 1);
        assertThat(new GoalBaseline(goal, baseline, 0).score(picture)).isCloseTo(0.57735027, within(1e-7));
        assertThat(new GoalBaseline(goal, baseline, 0.5).score(picture)).isCloseTo(0.70683757, within(1e-7));
        assertThat(new GoalBaseline(goal, baseline, 1).score(picture)).isCloseTo(0.75, within(1e-7));
    }

    /** P built as the matrix that the formula has. */
    @Test
    void theMatrixNeverBuiltIsTheOneOfTheFormula() {
        SplittableRandom random = new SplittableRandom(4);
        for (int round = 0; round < 50; round++) {
            double[][] v = new double[4][5];
            for (double[] row : v) {
                Arrays.setAll(row, i -> random.nextDouble(-1, 1));
            }
            float[] one = unit(v[0]);
            float[] two = unit(v[1]);
            float[] from = unit(v[2]);
            float[] picture = unit(v[3]);
            double alpha = random.nextDouble();
            double[] d = new double[5];
            double[] rest = new double[5];
            double length = 0;
            for (int i = 0; i < 5; i++) {
                double goal = ((double) one[i] + two[i]) / 2;
                d[i] = goal - from[i];
                rest[i] = picture[i] - goal;
                length += d[i] * d[i];
            }
            double squares = 0;
            for (int i = 0; i < 5; i++) {
                double sum = 0;
                for (int j = 0; j < 5; j++) {
                    double p = alpha * d[i] * d[j] / length + (i == j ? 1 - alpha : 0);
                    sum += p * rest[j];
                }
                squares += sum * sum;
            }
            double found = new GoalBaseline(List.of(one, two), List.of(from), alpha).score(picture);
            assertThat(found).isCloseTo(1 - squares / 2, within(1e-12)).isBetween(-1.0, 1.0);
        }
    }

    private static Scores scores(Path model, Map<String, Object> options, Sample... samples) {
        Map<String, Object> all = new HashMap<>(options);
        all.put("model", model);
        all.put("threads", 1);
        try (Reward reward = RewardProvider.named("goal-baseline", all)) {
            return reward.score(List.of(samples));
        }
    }

    private static Sample sample(Media media, String prompt) {
        return new Sample(media, prompt, Map.of());
    }

    @Test
    void withoutProjectionItIsTheCosineOfPictureAndPrompt() throws IOException {
        Media media = ImageFiles.read(CLIP.resolve("0.png"));
        Sample red = sample(media, "red dog");
        double cosine;
        try (Reward reward =
                RewardProvider.named("clipscore", Map.of("model", CLIP, "threads", 1, "variant", "logit30"))) {
            cosine = reward.score(List.of(red)).values()[0] * 0.3;
        }
        assertThat(scores(CLIP, Map.of("alpha", 0), red).values()[0]).isCloseTo(cosine, within(1e-7));
        assertThat(scores(CLIP, Map.of("alpha", 0, "goal", "red dog"), sample(media, "cat"))
                        .values()[0])
                .isCloseTo(cosine, within(1e-7));
    }

    /** The picture is its mean colour from −1 to 1, a text the sum of its colours. */
    @Test
    void coloursOnTheWayToTheGoalEarnMore() throws IOException {
        Path model = TinyModels.colourClip(folder);
        Map<String, Object> options = Map.of("goal", "red", "baseline", "blue", "alpha", 1);
        double[] found = scores(
                        model,
                        options,
                        sample(TestMedia.plain(0x0000FF), ""),
                        sample(TestMedia.plain(0xFF00FF), ""),
                        sample(TestMedia.plain(0xFFFFFF), ""),
                        sample(TestMedia.plain(0xFF0000), ""))
                .values();
        // d = (2, 0, −2)/√3; what is not on the way, such as green, does not count
        assertThat(found[3]).isCloseTo(1, within(1e-6));
        assertThat(found[1]).isCloseTo(1 - 0.5 * 2 / 3, within(1e-6));
        assertThat(found[2]).isCloseTo(found[1], within(1e-6));
        assertThat(found[0]).isCloseTo(1 - 0.5 * 8 / 3, within(1e-6));
    }

    @Test
    void aGoalThatIsTheBaselineIsRefused() throws IOException {
        Path model = TinyModels.colourClip(folder);
        assertThatThrownBy(() -> scores(model, Map.of("goal", "a red cup", "baseline", "the red dog")))
                .hasMessage("the goal (a red cup) must differ from the baseline (the red dog), because the goal and the"
                        + " baseline mean the same to the network");
        Scores scores = scores(
                model,
                Map.of("baseline", "red"),
                sample(TestMedia.plain(1), "red"),
                sample(TestMedia.plain(1), " "),
                sample(TestMedia.plain(1), "blue"));
        assertThat(scores.reasons()).containsOnlyKeys(0, 1);
        assertThat(scores.reasons().get(0)).startsWith("the goal (red) must differ from the baseline (red)");
        assertThat(scores.reasons().get(1)).isEqualTo("it has no prompt, and the option goal is not given");
        assertThatThrownBy(() -> scores(model, Map.of("goal", "red||blue")))
                .hasMessage("goal-baseline.goal (red||blue) must be a text, or several with | between them.");
        assertThatThrownBy(() -> scores(model, Map.of("alpha", 1.5)))
                .hasMessage("goal-baseline.alpha (1.5) must be a number of at least 0 and at most 1.");
        assertThatThrownBy(() -> RewardProvider.provider("goal-baseline").check(Map.of()))
                .hasMessageStartingWith("The reward goal-baseline needs the option model");
    }
}
