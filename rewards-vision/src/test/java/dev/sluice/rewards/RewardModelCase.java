package dev.sluice.rewards;

import ai.djl.Device;
import dev.sluice.flow.AdamW;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.io.TempDir;

/** Pictures and preferences that small reward models learn from. */
abstract class RewardModelCase {
    static final PreferenceLoss BRADLEY_TERRY = PreferenceLoss.BradleyTerry.PLAIN;
    static final RewardArchitecture.Encoding LOOKS = new RewardArchitecture.Encoding.Appearance();
    static final RewardArchitecture.Head LINEAR = new RewardArchitecture.Head.Linear();

    @TempDir
    Path folder;

    static RewardModelTraining.Options options(long steps, double rate, double pinning) {
        AdamW.Options optimizer = new AdamW.Options(rate, 0.9, 0.99, 1e-8, 0, 10);
        return new RewardModelTraining.Options(steps, 32, optimizer, 2, 0.01, 0.9, pinning, 0, 1, true, 2, 1, 3);
    }

    static RewardModelTraining training(
            RewardArchitecture architecture,
            PreferenceLoss loss,
            RewardModelTraining.Options options,
            PreferenceData data)
            throws IOException {
        return new RewardModelTraining(Device.cpu(), architecture, loss, options, data);
    }

    RewardModel trained(
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

    static RewardArchitecture linear(String... axes) {
        return new RewardArchitecture(LOOKS, false, LINEAR, List.of(axes));
    }

    /** A square of a colour on a ground of another, all by chance. */
    static Media poster(Random random) {
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

    static double mean(Media media, int channel) {
        double sum = 0;
        for (int y = 0; y < media.height(); y++) {
            for (int x = 0; x < media.width(); x++) {
                sum += media.value(0, y, x, channel);
            }
        }
        return sum / (255.0 * media.height() * media.width());
    }

    static double redness(Media media) {
        return mean(media, 0) - 0.5 * mean(media, 2);
    }

    static PreferenceData.Item item(int number, Media media) {
        return new PreferenceData.Item("item " + number, "", "", () -> new Sample(media, "", Map.of()));
    }

    static PreferenceData judged(List<Media> media, Map<String, ToDoubleFunction<Media>> axes, int pairs) {
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

    static List<Media> posters(int count, long seed) {
        Random random = new Random(seed);
        List<Media> media = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            media.add(poster(random));
        }
        return media;
    }

    static double correlation(double[] a, double[] b) {
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

    static List<Sample> samples(List<Media> media) {
        return media.stream().map(one -> new Sample(one, "", Map.of())).toList();
    }

    /** Two pictures, of which one wins w times, the other l times, and neither t times. */
    static PreferenceData duel(int w, int l, int t) {
        List<Media> media = posters(2, 5);
        List<PreferenceData.Pair> pairs = new ArrayList<>();
        for (PreferenceData.Verdict verdict : PreferenceData.Verdict.values()) {
            int count = verdict == PreferenceData.Verdict.A ? w : verdict == PreferenceData.Verdict.B ? l : t;
            pairs.addAll(Collections.nCopies(
                    count, new PreferenceData.Pair(0, 1, "overall", verdict, "", Optional.empty())));
        }
        return new PreferenceData(List.of(item(0, media.get(0)), item(1, media.get(1))), pairs, List.of());
    }
}
