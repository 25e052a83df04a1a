package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.ArtifactDetector;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.SceneDrawing;
import dev.sluice.rewards.ScenesWorld;
import dev.sluice.rewards.SyntheticArtifact;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RewardCommandTest {
    private static List<RewardProvider> own() {
        return RewardProvider.known().values().stream()
                .filter(provider -> provider.getClass().getPackageName().startsWith("dev.sluice.rewards"))
                .toList();
    }

    @Test
    void everyRewardIsListedWithItsFacts() {
        String out = CommandLineRun.of("reward").succeeded().out();
        for (RewardProvider provider : own()) {
            assertThat(out.lines()).anyMatch(line -> line.startsWith(provider.name() + " "));
            assertThat(out).contains(provider.card().scores());
        }
        assertThat(CommandLineRun.of("reward", "--names").succeeded().out().lines())
                .containsExactlyElementsOf(RewardProvider.known().keySet());
    }

    @Test
    void oneRewardHasItsRangeItsOptionsAndItsSource() {
        assertThat(CommandLineRun.of("reward", "temporal-flicker")
                        .succeeded()
                        .out()
                        .lines())
                .containsExactly(
                        "reward            range   of      needs",
                        "",
                        "temporal-flicker  0 to 1  videos  3 frames",
                        "  scores  how steady the brightness is, where nothing moves (local), on the whole (global) or"
                                + " everywhere (still: motion costs)",
                        "  option  form: local, global, still",
                        "  source  VBench (2023), arXiv:2311.17982, without its networks");
        CommandLineRun.of("reward", "artifact").refused("The reward (artifact) is unknown; the class path has ");
    }

    @Test
    void aDetectorIsTrainedAndServesAsAReward(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("detector.txt");
        String out = CommandLineRun.of("reward", "train-detector", "--pictures", "150", "--only-train", "--out", file)
                .succeeded()
                .out();
        assertThat(out).contains("trained with 100 pictures of 12 kinds of flaws");
        assertThat(ArtifactDetector.read(file)
                        .probability(
                                ScenesWorld.example(SceneDrawing.PLAIN, 9, 1)
                                        .scene()
                                        .media(),
                                0))
                .isBetween(0.0, 1.0);
        CommandLineRun.of("reward", "train-detector", "--clean", folder, "--out", file)
                .refused("has 0 pictures (.png, .jpg, .jpeg); at least 120 are needed.");
        CommandLineRun.of(
                        "reward",
                        "train-detector",
                        "--pictures",
                        "150",
                        "--spoilt",
                        folder,
                        "--only-train",
                        "--out",
                        file)
                .refused("has 0 pictures (.png, .jpg, .jpeg); at least 12 are needed.");
        Path gallery = Files.createDirectories(folder.resolve("gallery"));
        for (int i = 0; i < 12; i++) {
            ImageFiles.write(
                    SyntheticArtifact.NOISE.apply(
                            ScenesWorld.example(SceneDrawing.PLAIN, 8, i)
                                    .scene()
                                    .media(),
                            3,
                            i),
                    gallery.resolve(i + ".png"));
        }
        ImageFiles.write(Media.image(300, 1, new byte[900]), gallery.resolve("contact-sheet.png"));
        assertThat(CommandLineRun.of(
                                "reward",
                                "train-detector",
                                "--pictures",
                                "150",
                                "--spoilt",
                                gallery,
                                "--only-train",
                                "--out",
                                file)
                        .succeeded()
                        .out())
                .contains("of 12 kinds of flaws and 8 that were found");
        CommandLineRun.of("reward", "train-detector", "--pictures", "5", "--out", file)
                .refused("--pictures (5) must be at least 120");
    }

    @Test
    void everyRewardOfOurOwnSaysWhatItIsAndStandsInTheDocument() throws IOException {
        String document = Files.readString(DocumentationTest.HOME.resolve("docs/rewards.md"));
        assertThat(own()).hasSizeGreaterThan(10).allSatisfy(provider -> {
            assertThat(provider.facts()).isNotEqualTo(RewardFacts.UNKNOWN);
            assertThat(provider.card()).isNotEqualTo(RewardCard.NONE);
            assertThat(document).contains("`" + provider.name() + "`");
        });
    }
}
