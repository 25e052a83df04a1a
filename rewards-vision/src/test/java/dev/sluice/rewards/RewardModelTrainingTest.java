package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.Device;
import dev.sluice.flow.AdamW;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Training of small reward models: known optima, a utility that must be found, resuming to the bit. */
class RewardModelTrainingTest {
    private static final PreferenceLoss BRADLEY_TERRY = PreferenceLoss.BradleyTerry.PLAIN;
    private static final RewardArchitecture.Encoding LOOKS = new RewardArchitecture.Encoding.Appearance();
    private static final RewardArchitecture.Head LINEAR = new RewardArchitecture.Head.Linear();

    @TempDir
    private Path folder;

    private static RewardModelTraining.Options options(long steps, double rate, double pinning) {
        AdamW.Options optimizer = new AdamW.Options(rate, 0.9, 0.99, 1e-8, 0, 10);
        return new RewardModelTraining.Options(steps, 32, optimizer, 2, 0.01, 0.9, pinning, 0, true, 2, 1, 3);
    }

    private static RewardModelTraining training(
            RewardArchitecture architecture,
            PreferenceLoss loss,
            RewardModelTraining.Options options,
            PreferenceData data)
            throws IOException {
        return new RewardModelTraining(Device.cpu(), architecture, loss, options, data);
    }

    private RewardModel trained(
            RewardArchitecture architecture, PreferenceLoss loss, long steps, double rate, PreferenceData data)
            throws IOException {
        try (RewardModelTraining training = training(architecture, loss, options(steps, rate, 0), data)) {
            while (training.step() < steps) {
                training.update();
            }
            training.export(folder.resolve("model"), Map.of("seed", 3));
        }
        return RewardModel.open(folder.resolve("model"), "", 1);
    }

    private static RewardArchitecture linear(String... axes) {
        return new RewardArchitecture(LOOKS, false, LINEAR, List.of(axes));
    }

    /** A square of a colour on a ground of another, all by chance. */
    private static Media poster(Random random) {
        int[] ground = random.ints(3, 0, 256).toArray();
        int[] square = random.ints(3, 0, 256).toArray();
        byte[] rgb = new byte[3 * 16 * 16];
        for (int i = 0; i < rgb.length; i++) {
            int y = i / 3 / 16;
            int x = i / 3 % 16;
            boolean inside = y >= 4 && y < 12 && x >= 4 && x < 12;
            rgb[i] = (byte) (inside ? square : ground)[i % 3];
        }
        return Media.image(16, 16, rgb);
    }

    private static double mean(Media media, int channel) {
        double sum = 0;
        for (int y = 0; y < media.height(); y++) {
            for (int x = 0; x < media.width(); x++) {
                sum += media.value(0, y, x, channel);
            }
        }
        return sum / (255.0 * media.height() * media.width());
    }

    private static double redness(Media media) {
        return mean(media, 0) - 0.5 * mean(media, 2);
    }

    private static PreferenceData.Item item(int number, Media media) {
        return new PreferenceData.Item("item " + number, "", "", () -> new Sample(media, "", Map.of()));
    }

    private static PreferenceData judged(List<Media> media, Map<String, ToDoubleFunction<Media>> axes, int pairs) {
        Random random = new Random(11);
        List<PreferenceData.Item> items = new ArrayList<>();
        media.forEach(one -> items.add(item(items.size(), one)));
        List<PreferenceData.Pair> judged = new ArrayList<>();
        axes.forEach((axis, utility) -> {
            for (int i = 0; i < pairs; i++) {
                int a = random.nextInt(media.size());
                int b = (a + 1 + random.nextInt(media.size() - 1)) % media.size();
                double d = utility.applyAsDouble(media.get(a)) - utility.applyAsDouble(media.get(b));
                PreferenceData.Verdict verdict = d > 1e-9
                        ? PreferenceData.Verdict.A
                        : d < -1e-9 ? PreferenceData.Verdict.B : PreferenceData.Verdict.TIE;
                judged.add(new PreferenceData.Pair(a, b, axis, verdict, "", Optional.empty()));
            }
        });
        return new PreferenceData(items, judged, List.of());
    }

    private static List<Media> posters(int count, long seed) {
        Random random = new Random(seed);
        List<Media> media = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            media.add(poster(random));
        }
        return media;
    }

    private static double correlation(double[] a, double[] b) {
        double meanA = Arrays.stream(a).average().orElseThrow();
        double meanB = Arrays.stream(b).average().orElseThrow();
        double[] sums = new double[3];
        for (int i = 0; i < a.length; i++) {
            sums[0] += (a[i] - meanA) * (a[i] - meanA);
            sums[1] += (b[i] - meanB) * (b[i] - meanB);
            sums[2] += (a[i] - meanA) * (b[i] - meanB);
        }
        return sums[2] / Math.sqrt(sums[0] * sums[1]);
    }

    private static List<Sample> samples(List<Media> media) {
        return media.stream().map(one -> new Sample(one, "", Map.of())).toList();
    }

    /** Two pictures, of which one wins w times, the other l times, and neither t times. */
    private static PreferenceData duel(int w, int l, int t) {
        List<Media> media = posters(2, 5);
        List<PreferenceData.Pair> pairs = new ArrayList<>();
        for (PreferenceData.Verdict verdict : PreferenceData.Verdict.values()) {
            int count = verdict == PreferenceData.Verdict.A ? w : verdict == PreferenceData.Verdict.B ? l : t;
            pairs.addAll(Collections.nCopies(
                    count, new PreferenceData.Pair(0, 1, "overall", verdict, "", Optional.empty())));
        }
        return new PreferenceData(List.of(item(0, media.get(0)), item(1, media.get(1))), pairs, List.of());
    }

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
        axes.put("red", RewardModelTrainingTest::redness);
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
            double[] wanted = unseen.stream()
                    .mapToDouble(RewardModelTrainingTest::redness)
                    .toArray();
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
