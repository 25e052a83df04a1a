package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The detector of artifacts, on drawn scenes; sluice reward train-detector tests it on more of them. */
class ArtifactDetectorTest extends RewardContract {
    @TempDir
    private Path folder;

    @Override
    String name() {
        return "artifact-detector";
    }

    private static Media scene(long index) {
        return ScenesWorld.example(SceneDrawing.PLAIN, 77, index).scene().media();
    }

    @Override
    List<Sample> worstToBest() {
        Media clean = scene(1);
        return List.of(
                new Sample(SyntheticArtifact.NOISE.apply(clean, 2, 1), "", Map.of()),
                new Sample(SyntheticArtifact.WARP.apply(clean, 1, 1), "", Map.of()),
                new Sample(clean, "", Map.of()));
    }

    private static List<Media> scenes(int count) {
        List<Media> scenes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            scenes.add(scene(i));
        }
        return scenes;
    }

    @Test
    void kindsThatItWasNotTrainedWithAreFoundToo() {
        List<Media> all = scenes(420);
        EnumSet<SyntheticArtifact> unseen = EnumSet.of(
                SyntheticArtifact.BLUR,
                SyntheticArtifact.RINGING,
                SyntheticArtifact.GRID,
                SyntheticArtifact.OVEREXPOSURE,
                SyntheticArtifact.SHUFFLE);
        EnumSet<SyntheticArtifact> seen = EnumSet.complementOf(unseen);
        ArtifactTraining training = ArtifactTraining.of(all.subList(0, 300), seen, 1);
        ArtifactDetector detector = training.detector(seen);
        ArtifactTraining.Test test = training.test(all.subList(300, 420), 2);
        for (SyntheticArtifact kind : unseen) {
            ArtifactTraining.Flaw flaw = test.flaw(kind);
            assertThat(flaw.area(detector)).as("%s", kind).isGreaterThanOrEqualTo(0.93);
            assertThat(flaw.area(detector, SyntheticArtifact.STRONGEST))
                    .as("%s", kind)
                    .isGreaterThanOrEqualTo(0.95);
        }
    }

    /** Every fourth column is a little lighter. */
    private static Media striped(Media clean) {
        byte[] rgb = clean.rgb().clone();
        for (int i = 0; i < rgb.length; i++) {
            if (i / 3 % clean.width() % 4 == 0) {
                rgb[i] = (byte) Math.min(255, (rgb[i] & 0xFF) + 1);
            }
        }
        return Media.image(clean.height(), clean.width(), rgb);
    }

    private static double mean(ArtifactDetector detector, List<Media> pictures) {
        return pictures.stream()
                .mapToDouble(picture -> detector.probability(picture, 0))
                .average()
                .orElseThrow();
    }

    @Test
    void whatWasFoundInARunIsLearnedAsWell() {
        List<Media> all = scenes(260);
        EnumSet<SyntheticArtifact> kinds = EnumSet.of(SyntheticArtifact.SATURATION, SyntheticArtifact.SHUFFLE);
        ArtifactTraining training = ArtifactTraining.of(all.subList(0, 160), kinds, 1);
        List<Media> found = all.subList(160, 200).stream()
                .map(ArtifactDetectorTest::striped)
                .toList();
        List<Media> unseen = all.subList(200, 260).stream()
                .map(ArtifactDetectorTest::striped)
                .toList();
        ArtifactDetector without = training.detector(kinds);
        ArtifactDetector with = training.detector(kinds, found);
        ArtifactTraining.Flaw flaw = training.test(all.subList(200, 260), 2).found(unseen);
        assertThat(flaw.area(with)).isGreaterThan(0.95).isGreaterThanOrEqualTo(flaw.area(without));
        assertThat(mean(with, unseen)).isLessThan(0.1).isLessThan(mean(without, unseen));
    }

    @Test
    void theProbabilityFallsWithTheStrengthOfAFlaw() {
        ArtifactDetector detector = ArtifactDetector.scenes();
        for (SyntheticArtifact kind :
                List.of(SyntheticArtifact.NOISE, SyntheticArtifact.BLUR, SyntheticArtifact.WARP)) {
            double before = 1;
            for (int strength = 0; strength <= SyntheticArtifact.STRONGEST; strength += 2) {
                double mean = 0;
                for (int i = 0; i < 20; i++) {
                    Media shown = strength == 0 ? scene(i) : kind.apply(scene(i), strength, i);
                    mean += detector.probability(shown, 0) / 20;
                }
                assertThat(mean).as("%s at %s", kind, strength).isLessThan(before + 1e-3);
                before = mean;
            }
            assertThat(before).isLessThan(0.2);
        }
    }

    @Test
    void aDetectorIsTheSameAfterItWasWrittenAndRead() throws IOException {
        ArtifactDetector detector = ArtifactDetector.train(scenes(80), EnumSet.allOf(SyntheticArtifact.class), 3);
        Path file = folder.resolve("a/detector.txt");
        detector.write(file);
        ArtifactDetector read = ArtifactDetector.read(file);
        assertThat(read.probability(scene(200), 0)).isEqualTo(detector.probability(scene(200), 0));
        assertThat(file.getParent()).isDirectoryContaining(path -> path.endsWith("detector.txt"));

        Files.writeString(file, Files.readString(file).replace("sluice", "other"));
        assertThatThrownBy(() -> ArtifactDetector.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("detector.txt is no artifact detector");
        assertThatThrownBy(() -> ArtifactDetector.read(folder.resolve("none"))).hasMessageContaining("none is no file");
        assertThatThrownBy(() -> ArtifactDetector.train(scenes(10), EnumSet.of(SyntheticArtifact.BLUR), 1))
                .hasMessage("clean has 10 pictures; at least 40 are needed.");
        assertThatThrownBy(() -> detector.probability(TestMedia.photo(8, 1), 0)).hasMessageContaining("is too small");
    }
}
