package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.ScenesWorld;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rewards that need a network, a reference or a prompt of a world, as {@code sluice score} asks for them. */
class ScoreRewardsTest {
    static final Path FIXTURES = Path.of("../rewards-vision/src/test/resources/fixtures");

    @TempDir
    private Path folder;

    private String printed = "";

    /** Returns a dark picture of 64×64 pixels; in each of the given places of its 4×4 cells lies a red dog. */
    private static Media dogs(int... cells) {
        byte[] rgb = new byte[3 * 64 * 64];
        for (int cell : cells) {
            for (int i = 0; i < 256; i++) {
                int y = cell / 4 * 16 + i / 16;
                int x = cell % 4 * 16 + i % 16;
                rgb[3 * (64 * y + x)] = (byte) 255;
            }
        }
        return Media.image(64, 64, rgb);
    }

    private List<String> table(Object... words) throws IOException {
        Path out = folder.resolve("scores.csv");
        Object[] all = new Object[words.length + 5];
        all[0] = "score";
        all[1] = "--out";
        all[2] = out;
        all[3] = "--media";
        all[4] = folder.resolve("media");
        System.arraycopy(words, 0, all, 5, words.length);
        CommandLineRun run = CommandLineRun.of(all);
        assertThat(run.status()).as(run.err()).isLessThan(2);
        printed = run.out();
        return Files.readAllLines(out);
    }

    @Test
    void promptFilesOfFlowGrpoAreScoredByADetector() throws IOException {
        ImageFiles.write(dogs(0, 2, 9), folder.resolve("media/00000.png"));
        ImageFiles.write(dogs(5), folder.resolve("media/00001.png"));
        Path prompts = Files.writeString(folder.resolve("test_metadata.jsonl"), """
            {"tag": "counting", "include": [{"class": "dog", "count": 2}], "exclude": [{"class": "dog", "count": 3}], \
            "prompt": "a photo of two dogs"}
            {"tag": "colors", "include": [{"class": "dog", "count": 1, "color": "red"}], "prompt": "a photo of a red dog"}
            """);
        String model = "model=" + FIXTURES.resolve("tiny-detector");
        List<String> lines = table(
                "--rewards",
                "geneval:%s,mode=official".formatted(model),
                "geneval:%s,mode=strict".formatted(model),
                "geneval-graded:" + model,
                "--prompts",
                prompts);
        assertThat(lines.get(1)).isEqualTo("00000.png,a photo of two dogs,0.0,0.0,0.5,");
        assertThat(lines.get(2)).isEqualTo("00001.png,a photo of a red dog,1.0,1.0,1.0,");
        assertThat(printed.lines().map(line -> line.replaceAll(" +", " ")))
                .as("tasks count alike")
                .contains(
                        "colors 1 1.000 1.000 1.000",
                        "counting 1 0.000 0.000 0.5000",
                        "mean of tasks 0.5000 0.5000 0.7500");
        assertThat(Files.readString(folder.resolve("scores.html"))).contains("mean of tasks");
    }

    @Test
    void promptsOfTheScenesWorldNeedNoMetadata() throws IOException {
        Media scene = ScenesWorld.scene(ScenesWorld.prompt("a red circle").orElseThrow(), new SplittableRandom(1))
                .media();
        ImageFiles.write(scene, folder.resolve("media/0.png"));
        ImageFiles.write(scene, folder.resolve("media/1.png"));
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), "a red circle\na red circel\n");
        List<String> lines = table("--rewards", "scenes", "scenes-strict", "--prompts", prompts);
        assertThat(lines.get(1)).isEqualTo("0.png,a red circle,1.0,1.0,");
        assertThat(lines.get(2))
                .startsWith("1.png,a red circel,,,")
                .contains("the prompt (a red circel) is none of the scenes world")
                .contains("Maybe a red circle was meant.");
    }

    /** Of three pictures of a prompt two are alike; the other prompt has one. */
    @Test
    void samplesOfAPromptAreComparedWhereTheyStandTogether() throws IOException {
        ImageFiles.write(dogs(0), folder.resolve("media/0.png"));
        ImageFiles.write(dogs(0), folder.resolve("media/1.png"));
        ImageFiles.write(dogs(5, 6, 9, 10), folder.resolve("media/2.png"));
        ImageFiles.write(dogs(3), folder.resolve("media/3.png"));
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), "dogs\ndogs\ndogs\na dog\n");
        List<String> lines =
                table("--rewards", "diversity:measure=distance", "compressibility", "--prompts", prompts, "--batch", 1);
        double[] scores = new double[3];
        for (int i = 0; i < 3; i++) {
            scores[i] = Double.parseDouble(lines.get(1 + i).split(",", -1)[2]);
        }
        assertThat(scores[0]).isCloseTo(scores[1], within(1e-9));
        assertThat(scores[2]).as("twice as far from the others").isCloseTo(2 * scores[0], within(1e-9));
        assertThat(lines.get(4)).startsWith("3.png,a dog,,").contains("there is no other sample of its prompt");
        Path mixed = Files.writeString(folder.resolve("mixed.txt"), "dogs\na dog\ndogs\na dog\n");
        Path out = folder.resolve("mixed.csv");
        CommandLineRun.of(
                        "score",
                        "--rewards",
                        "diversity",
                        "--media",
                        folder.resolve("media"),
                        "--prompts",
                        mixed,
                        "--out",
                        out)
                .refused("must stand one after another, but those of \"dogs\" do not.");
        assertThat(out).doesNotExist();
    }

    @Test
    void videosAreScoredByTheirFramesAndByReferences() throws IOException {
        for (int frame = 0; frame < 3; frame++) {
            ImageFiles.write(dogs(frame), folder.resolve("media/film/frame-00%s.png".formatted(frame + 1)));
        }
        String clip = "model=" + FIXTURES.resolve("tiny-clip");
        List<String> lines = table(
                "--rewards",
                "goal-baseline:%s,goal=red dog,baseline=cat".formatted(clip),
                "aesthetic:%s,frames=2,aggregate=min".formatted(clip),
                "subject-consistency:" + clip,
                "feature-matching:references=" + folder.resolve("media/film"));
        String[] row = lines.get(1).split(",", -1);
        assertThat(row[0]).isEqualTo("film");
        assertThat(Double.parseDouble(row[2])).isBetween(-1.0, 1.0);
        assertThat(Double.parseDouble(row[3])).isFinite();
        assertThat(Double.parseDouble(row[4])).isBetween(0.0, 1.0);
        assertThat(printed).as("there are no tasks").doesNotContain("mean of tasks");
        assertThat(Double.parseDouble(row[5])).as("it is its own reference").isBetween(-0.05, 0.0);
        assertThat(row[6]).isEmpty();
    }
}
