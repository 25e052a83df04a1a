package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Training of small reward models: known optima, a utility that must be found, resuming to the bit. */
class RewardModelTrainingTest extends RewardModelCase {
    private double difference(PreferenceLoss loss, int w, int l, int t) throws IOException {
        try (RewardModel model = trained(linear("overall"), loss, 300, 0.01, duel(w, l, t))) {
            double[] scores = model.score(samples(posters(2, 5))).values();
            return scores[0] - scores[1];
        }
    }

    @Test
    void aDuelEndsAtItsLogOdds() throws IOException {
        assertThat(difference(BRADLEY_TERRY, 24, 8, 0)).isCloseTo(Math.log(3), within(0.01));
        // A tie is half a win of each.
        assertThat(difference(BRADLEY_TERRY, 16, 0, 16)).isCloseTo(Math.log(3), within(0.01));
    }

    @Test
    void aDuelWithTiesEndsWhereItsProbabilitiesAreTheShares() throws IOException {
        double nu = 0.8;
        double d = difference(new PreferenceLoss.Davidson(nu), 18, 6, 8);
        double all = Math.exp(d / 2) + nu + Math.exp(-d / 2);
        // What Davidson's likelihood says of its greatest place: wins and half the ties are as many as expected.
        assertThat((Math.exp(d / 2) + 0.5 * nu) / all).isCloseTo((18 + 4) / 32.0, within(0.003));
        assertThat(difference(new PreferenceLoss.RaoKupper(5), 8, 8, 16)).isCloseTo(0, within(0.01));
    }

    @Test
    void anUnseenUtilityIsRecoveredOnEveryAxis() throws IOException {
        Map<String, ToDoubleFunction<Media>> axes = new HashMap<>();
        axes.put("red", RewardModelCase::redness);
        axes.put("green", media -> mean(media, 1));
        PreferenceData data = judged(posters(300, 1), axes, 600);
        List<Media> unseen = posters(100, 2);
        try (RewardModel model = trained(linear("red", "green"), BRADLEY_TERRY, 300, 3e-3, data)) {
            double[][] scores = model.scores(samples(unseen), new HashMap<>());
            for (int axis = 0; axis < 2; axis++) {
                int column = axis;
                ToDoubleFunction<Media> truth = axes.get(axis == 0 ? "red" : "green");
                double[] learned =
                        Arrays.stream(scores).mapToDouble(row -> row[column]).toArray();
                double[] wanted = unseen.stream().mapToDouble(truth).toArray();
                assertThat(correlation(learned, wanted)).as("axis %s", axis).isGreaterThan(0.9);
                double[] other = unseen.stream()
                        .mapToDouble(axes.get(axis == 0 ? "green" : "red"))
                        .toArray();
                assertThat(Math.abs(correlation(learned, other))).isLessThan(0.4);
            }
        }
    }

    @Test
    void ratingsAreLearnedAsNumbersWhateverTheirUnit() throws IOException {
        List<Media> media = posters(200, 1);
        List<PreferenceData.Item> items = new ArrayList<>();
        List<PreferenceData.Rating> ratings = new ArrayList<>();
        for (Media one : media) {
            ratings.add(new PreferenceData.Rating(items.size(), "overall", 1000 + 50 * redness(one)));
            items.add(item(items.size(), one));
        }
        PreferenceData data = new PreferenceData(items, List.of(), List.of(), ratings);
        List<Media> unseen = posters(100, 2);
        try (RewardModel model = trained(linear("overall"), BRADLEY_TERRY, 300, 3e-3, data)) {
            double[] learned = model.score(samples(unseen)).values();
            double[] wanted =
                    unseen.stream().mapToDouble(RewardModelCase::redness).toArray();
            assertThat(correlation(learned, wanted)).isGreaterThan(0.9);
            // Scores are in deviations of the ratings: a slope, and no offset to speak of.
            assertThat(Arrays.stream(learned).average().orElseThrow()).isCloseTo(0, within(0.3));
            assertThat(Math.sqrt(
                            Arrays.stream(learned).map(s -> s * s).average().orElseThrow()))
                    .isCloseTo(1, within(0.3));
            double[] all = model.score(samples(media)).values();
            PreferenceEvaluation found = PreferenceEvaluation.of(data, all, new Bootstrap(20, 1));
            assertThat(found.kendall().value()).isGreaterThan(0.7);
            assertThat(found.pairs()).isZero();
        }
    }

    @Test
    void labelsOfSingleItemsTeachAsWell() throws IOException {
        List<Media> media = posters(200, 1);
        List<PreferenceData.Item> items = new ArrayList<>();
        List<PreferenceData.Label> labels = new ArrayList<>();
        for (Media one : media) {
            labels.add(new PreferenceData.Label(items.size(), "overall", redness(one) > 0.25));
            items.add(item(items.size(), one));
        }
        PreferenceData data = new PreferenceData(items, List.of(), labels);
        List<Media> unseen = posters(100, 2);
        try (RewardModel model = trained(linear("overall"), new PreferenceLoss.WinTie(1), 200, 3e-3, data)) {
            double[] scores = model.score(samples(unseen)).values();
            double[] wanted =
                    unseen.stream().mapToDouble(RewardModelCase::redness).toArray();
            assertThat(correlation(scores, wanted)).isGreaterThan(0.75);
        }
    }

    @Test
    void pixelsAndPromptsAndExpertsAreLearnedWithTheirGates() throws IOException {
        // A prompt says which colour counts; neither the picture nor the prompt alone tells who wins.
        Random random = new Random(6);
        List<PreferenceData.Item> items = new ArrayList<>();
        List<PreferenceData.Pair> pairs = new ArrayList<>();
        List<Media> media = posters(400, 1);
        for (int i = 0; i < 400; i += 2) {
            int channel = random.nextInt(2);
            String prompt = channel == 0 ? "more red" : "more green";
            for (int side = 0; side < 2; side++) {
                Media one = media.get(i + side);
                items.add(new PreferenceData.Item("item", prompt, "", () -> new Sample(one, prompt, Map.of())));
            }
            boolean first = mean(media.get(i), channel) > mean(media.get(i + 1), channel);
            pairs.add(new PreferenceData.Pair(
                    i,
                    i + 1,
                    "overall",
                    first ? PreferenceData.Verdict.A : PreferenceData.Verdict.B,
                    "",
                    Optional.empty()));
        }
        RewardArchitecture architecture = new RewardArchitecture(
                new RewardArchitecture.Encoding.Pixels(16, 8),
                true,
                new RewardArchitecture.Head.Experts(16, 3, 1),
                List.of("overall"));
        PreferenceData data = new PreferenceData(items, pairs, List.of());
        try (RewardModel model = trained(architecture, BRADLEY_TERRY, 150, 5e-3, data)) {
            List<Media> unseen = posters(100, 2);
            for (int channel = 0; channel < 2; channel++) {
                String prompt = channel == 0 ? "more red" : "more green";
                int counts = channel;
                double[] scores = model.score(unseen.stream()
                                .map(one -> new Sample(one, prompt, Map.of()))
                                .toList())
                        .values();
                double[] wanted =
                        unseen.stream().mapToDouble(one -> mean(one, counts)).toArray();
                assertThat(correlation(scores, wanted)).as(prompt).isGreaterThan(0.8);
            }
            assertThat(model.architecture()).isEqualTo(architecture);
            Scores none = model.score(samples(unseen.subList(0, 1)));
            assertThat(none.reasons()).containsEntry(0, "the model reads the prompt, but there is none");
        }
    }

    /** The embeddings of a CLIP with random weights still tell dark from light. */
    @Test
    void aHeadOverClipLearnsAndFindsItsFolderAgain() throws IOException {
        RewardArchitecture.Encoding clip =
                new RewardArchitecture.Encoding.Clip(Path.of("src/test/resources/fixtures/tiny-clip"));
        List<PreferenceData.Item> items = new ArrayList<>();
        List<PreferenceData.Pair> pairs = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            int light = 20 + 5 * i;
            Media media = TestMedia.grey(40, 40, (y, x) -> light + (x + y) % 7);
            items.add(new PreferenceData.Item("grey", "a wall", "", () -> new Sample(media, "a wall", Map.of())));
            if (i >= 5) {
                pairs.add(new PreferenceData.Pair(i, i - 5, "overall", PreferenceData.Verdict.A, "", Optional.empty()));
            }
        }
        for (boolean prompt : new boolean[] {true, false}) {
            RewardArchitecture architecture = new RewardArchitecture(clip, prompt, LINEAR, List.of("overall"));
            PreferenceData data = new PreferenceData(items, pairs, List.of());
            try (RewardModel model = trained(architecture, BRADLEY_TERRY, 60, 1e-2, data)) {
                double[] scores = model.score(List.of(
                                items.get(1).source().read(),
                                items.get(20).source().read()))
                        .values();
                assertThat(scores[1] - scores[0]).as("prompt %s", prompt).isGreaterThan(1);
                Sample dot = new Sample(Media.image(8, 8, new byte[192]), "a wall", Map.of());
                assertThat(model.score(List.of(dot)).reasons().get(0)).contains("too few");
            }
        }
    }
}
