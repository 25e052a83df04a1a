package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ScoreCommandTest {
    @TempDir
    private Path folder;

    private Path media;

    @BeforeEach
    void fivePicturesOfWhichOneIsBroken() throws IOException {
        media = folder.resolve("media");
        for (int i = 0; i < 5; i++) {
            write("sub/%s.png".formatted(i), picture(i));
        }
        Files.write(media.resolve("sub/2.png"), new byte[] {(byte) 0x89, 'P', 'N', 'G'});
    }

    private void write(String name, Media picture) throws IOException {
        ImageFiles.write(picture, media.resolve(name));
    }

    private static Media picture(int red) {
        byte[] rgb = new byte[3 * 6 * 4];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = (byte) (50 * red);
            rgb[i + 1] = (byte) (i * 37);
        }
        return Media.image(6, 4, rgb);
    }

    private CommandLineRun score(Object... more) {
        Object[] common = {"score", "--threads", 1, "--batch", 2};
        return CommandLineRun.of(Stream.of(common, more).flatMap(Stream::of).toArray());
    }

    private static double jpeg(Media picture) {
        try (Reward reward = RewardProvider.named("incompressibility")) {
            return reward.score(List.of(new Sample(picture, "", Map.of()))).values()[0];
        }
    }

    @Test
    void everyFileHasARowAndABadOneItsReason() throws IOException {
        Path out = folder.resolve("new/scores.csv");
        CommandLineRun run = score("--rewards", "red", "incompressibility", "--media", media, "--out", out);
        assertThat(run.status()).isEqualTo(1);
        List<String> lines = Files.readAllLines(out);
        assertThat(lines).hasSize(6);
        assertThat(lines.get(0)).isEqualTo("file,prompt,red,incompressibility,error");
        assertThat(lines.get(2)).isEqualTo("sub/1.png,,%s,%s,".formatted(50 / 3.0, jpeg(picture(1))));
        assertThat(lines.get(3)).startsWith("sub/2.png,,,,").contains("2.png (4 bytes) is neither");
        assertThat(run.out()).contains("1 of 5 items lack a score (sub/2.png: ");
        String page = Files.readString(folder.resolve("new/scores.html"));
        assertThat(page).contains("red: best", "data:image/png;base64,", "Without a score", "sub/2.png");
        assertThat(page.indexOf("sub/4.png")).isLessThan(page.indexOf("sub/0.png"));
        assertThat(Files.exists(folder.resolve("new/.scores.csv.journal"))).isFalse();
    }

    @Test
    void promptsThatNameTheirFileDecideWhatIsScored() throws IOException {
        Files.writeString(media.resolve("prompts.jsonl"), """
            {"file": "sub/4.png", "prompt": "a \\"b\\", c", "seed": 7}
            {"prompt": "none", "error": "The pixels are not finite."}
            {"file": "sub/9.png", "prompt": "gone"}
            """);
        Path out = folder.resolve("scores.jsonl");
        CommandLineRun run = score("--rewards", "red", "--media", media, "--out", out, "--report", "none");
        assertThat(run.status()).isEqualTo(1);
        assertThat(run.err()).contains("4 files in", "are left out");
        JsonMapper json = new JsonMapper();
        List<JsonNode> rows =
                Files.readAllLines(out).stream().map(json::readTree).toList();
        assertThat(rows).hasSize(3);
        assertThat(rows.get(0).path("prompt").asString()).isEqualTo("a \"b\", c");
        assertThat(rows.get(0).path("red").doubleValue()).isEqualTo(200 / 3.0);
        assertThat(rows.get(0).has("error")).isFalse();
        assertThat(rows.get(1).path("error").asString()).isEqualTo("The pixels are not finite.");
        assertThat(rows.get(2).path("error").asString()).contains("9.png does not exist");
        assertThat(rows.get(2).path("red").isNull()).isTrue();
        assertThat(folder.resolve("scores.html")).doesNotExist();
    }

    @Test
    void whatSampleWritesCanBeScored() throws IOException {
        Path model = TestModels.scenes(folder.resolve("model"));
        Path pictures = folder.resolve("pictures");
        CommandLineRun.of(
                        "sample", model, "--prompt", "a red circle", "--seeds", "1..2", "--steps", 1, "--out", pictures)
                .succeeded();
        Path out = folder.resolve("scores.csv");
        score("--rewards", "compressibility", "--media", pictures, "--out", out).succeeded();
        assertThat(Files.readAllLines(out)).hasSize(3).allMatch(line -> !line.contains("contact"));
    }

    @Test
    void aPatternAListAndPromptsInOrder() throws IOException {
        Files.delete(media.resolve("sub/2.png"));
        Path prompts = Files.writeString(folder.resolve("prompts.txt"), "one\ntwo, three\n");
        Path out = folder.resolve("scores.csv");
        score("--rewards", "red", "--media", media + "/**/{1,3}.png", "--prompts", prompts, "--out", out)
                .succeeded();
        assertThat(Files.readAllLines(out).get(2)).endsWith("sub/3.png,\"two, three\",50.0,");
        Path list = Files.writeString(folder.resolve("list.txt"), "media/sub/3.png\nmedia/sub/1.png\n");
        score("--rewards", "red", "--media", list, "--prompts", prompts, "--out", out, "--overwrite")
                .succeeded();
        assertThat(Files.readAllLines(out).get(1)).endsWith("sub/3.png,one,50.0,");
        score("--rewards", "red", "--media", media, "--prompts", prompts, "--out", folder.resolve("b.csv"))
                .refused("prompts.txt has 2 prompts but");
    }

    @Test
    void aFolderOfFramesIsAVideo() throws IOException {
        for (int i = 1; i <= 3; i++) {
            write("film/frame-00%s.png".formatted(i), picture(i));
        }
        Path out = folder.resolve("scores.csv");
        score("--rewards", "red", "--media", media, "--out", out);
        assertThat(Files.readAllLines(out).get(1)).isEqualTo("film,,%s,".formatted(100 / 3.0));
    }

    @Test
    void aTableThatIsThereIsNotWrittenOver() throws IOException {
        Path out = folder.resolve("scores.csv");
        Object[] words = {"--rewards", "red", "--media", media, "--out", out};
        assertThat(score(words).status()).isEqualTo(1);
        score(words).refused("scores.csv is there already.");
        assertThat(score(Stream.concat(Stream.of(words), Stream.of("--resume")).toArray())
                        .succeeded()
                        .out())
                .contains("is complete already.");
        Path journal =
                Files.writeString(folder.resolve(".scores.csv.journal"), "{\"journal\":\"other\"}\n[[1.0,null]]\n");
        score(words).refused("scores.csv was begun and not finished.");
        score(Stream.concat(Stream.of(words), Stream.of("--resume")).toArray())
                .refused("belongs to other media, prompts, rewards or options.");
        Files.delete(journal);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--rewards red --media src --out scores.txt | --out (scores.txt) must end in .csv, .jsonl or .parquet.",
                "--rewards red --media nowhere --out s.csv | --media (nowhere) does not exist.",
                "--rewards red --media nowhere/*.png --out s.csv | the folder nowhere does not exist.",
                "--rewards red --media src/main --out s.csv | has no image, no video",
                "--rewards beauty --media src/main --out s.csv | has no image, no video",
                "--rewards red red --media src --out s.csv | The reward red is there twice.",
                "--rewards red: --media src --out s.csv | The reward (red:) must be a name",
                "--rewards red --media src --out s.csv --batch 0 | --batch (0) must be at least 1",
                "--rewards red --out s.csv | Missing required option: '--media",
            })
    void aWrongOptionIsRefused(String options, String message) {
        CommandLineRun.of(Stream.concat(Stream.of("score"), Stream.of(options.split(" ")))
                        .toArray())
                .refused(message);
    }

    @Test
    void aRewardThatDoesNotFitIsRefusedBeforeAnyWork() {
        Path out = folder.resolve("scores.csv");
        score("--rewards", "scenes-strict", "--media", media, "--out", out).refused("needs to know the prompts.");
        score("--rewards", "scenes:mood=x", "--media", media, "--out", out).refused("needs to know the prompts.");
        score("--rewards", "beauty", "--media", media, "--out", out).refused("The reward (beauty) is unknown");
        assertThat(out).doesNotExist();
    }

    @Test
    void helpSaysTheExitStatusAndHasExamples() {
        String help = score("--help").succeeded().out();
        assertThat(help).contains("Exit status: 0", "Examples:", "  sluice score --rewards");
    }
}
