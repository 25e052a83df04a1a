package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flow.AtomicFiles;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import dev.sluice.video.Pixels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleCommandTest {
    private static final Path MODEL = TestModels.fixture("sd3-pipeline");

    @TempDir
    private Path folder;

    private static Map<String, byte[]> files(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.toList()) {
                files.put(
                        entry.getFileName().toString(),
                        Files.isDirectory(entry) ? new byte[0] : Files.readAllBytes(entry));
            }
        }
        return files;
    }

    private Path sample(String name, Object... more) {
        Path out = folder.resolve(name);
        Object[] common = {"sample", MODEL, "--steps", 2, "--threads", 1, "--out", out};
        CommandLineRun.of(Stream.of(common, more).flatMap(Stream::of).toArray()).succeeded();
        return out;
    }

    @Test
    void everyPromptHasAPictureFromEverySeed() throws IOException {
        Path prompts = folder.resolve("prompts.jsonl");
        Files.writeString(prompts, "{\"prompt\": \"two stars\", \"tag\": \"counting\", \"include\": []}\n");
        Path out = sample("out", "--prompt", "a circle", "--prompts", prompts, "--seeds", "1..2,-7");
        assertThat(files(out).keySet())
                .containsExactly(
                        "001-seed--7.png",
                        "001-seed-1.png",
                        "001-seed-2.png",
                        "002-seed--7.png",
                        "002-seed-1.png",
                        "002-seed-2.png",
                        "contact-sheet.png",
                        "prompts.jsonl");
        assertThat(ImageFiles.read(out.resolve("002-seed-1.png")).width()).isEqualTo(64);
        assertThat(ImageFiles.read(out.resolve("contact-sheet.png")).width()).isGreaterThan(3 * 128);
        List<String> lines = Files.readAllLines(out.resolve("prompts.jsonl"));
        assertThat(lines)
                .hasSize(6)
                .contains("{\"file\":\"001-seed-2.png\",\"prompt\":\"a circle\",\"seed\":2}")
                .element(3)
                .asString()
                .contains("\"file\":\"002-seed-1.png\"", "\"prompt\":\"two stars\"", "\"tag\":\"counting\"");
    }

    @Test
    void fluxMakesPicturesOfAnySizeUnderTheGuidanceItIsTold() throws IOException {
        Path weak = folder.resolve("weak");
        Path strong = folder.resolve("strong");
        for (Path out : List.of(weak, strong)) {
            CommandLineRun.of(
                            "sample",
                            TestModels.fixture("flux-pipeline"),
                            "--steps",
                            2,
                            "--threads",
                            1,
                            "--out",
                            out,
                            "--prompt",
                            "a cat",
                            "--seeds",
                            "1..2",
                            "--height",
                            32,
                            "--width",
                            48,
                            "--guidance",
                            out.equals(weak) ? 1 : 9)
                    .succeeded();
        }
        assertThat(ImageFiles.read(weak.resolve("001-seed-2.png")).height()).isEqualTo(32);
        assertThat(ImageFiles.read(weak.resolve("001-seed-2.png")).width()).isEqualTo(48);
        assertThat(files(strong).get("001-seed-1.png")).isNotEqualTo(files(weak).get("001-seed-1.png"));
    }

    @Test
    void aVideoIsAFileOrAFolderOfItsFramesAndIsReplacedWhole() throws IOException {
        Path out = folder.resolve("out");
        for (String kind : new String[] {"png", "mp4", "mkv"}) {
            int frames = kind.equals("png") ? 9 : 5;
            CommandLineRun.of(
                            "sample",
                            TestModels.fixture("wan-pipeline"),
                            "--steps",
                            2,
                            "--threads",
                            1,
                            "--out",
                            out,
                            "--prompt",
                            "a cat",
                            "--seeds",
                            3,
                            "--height",
                            32,
                            "--width",
                            48,
                            "--frames",
                            frames,
                            "--solver",
                            "unipc",
                            "--guidance",
                            5,
                            "--video",
                            kind,
                            "--overwrite")
                    .succeeded();
            String name = kind.equals("png") ? "001-seed-3" : "001-seed-3." + kind;
            assertThat(files(out).keySet()).containsExactly(name, "contact-sheet.png", "prompts.jsonl");
            Media video = MediaFiles.read(out.resolve(name));
            assertThat(video.frames()).isEqualTo(frames);
            assertThat(video.width()).isEqualTo(48);
            assertThat(video.framesPerSecond()).isEqualTo(16);
            assertThat(Files.readString(out.resolve("prompts.jsonl"))).contains("\"file\":\"%s\"".formatted(name));
        }
    }

    @Test
    void theSameSeedGivesTheSamePictureWhateverElseIsAskedFor() throws IOException {
        Map<String, byte[]> many = files(sample("many", "--prompt", "a circle", "--seeds", "1..5", "--batch", 5));
        Map<String, byte[]> again = files(sample("again", "--prompt", "a circle", "--seeds", "1..5", "--batch", 5));
        assertThat(again).containsExactlyEntriesOf(many);
        assertThat(many.get("001-seed-4.png")).isNotEqualTo(many.get("001-seed-3.png"));
        sample("other", "--prompt", "a star", "--prompt", "a circle", "--seeds", "4");
        // Matrix products of another number of rows add up in another order, so that a pixel may round the other way.
        assertThat(levelsApart("other/002-seed-4.png", "many/001-seed-4.png")).isLessThanOrEqualTo(1);
        assertThat(levelsApart("other/001-seed-4.png", "many/001-seed-4.png")).isGreaterThan(50);
    }

    /** Returns the largest difference of two pictures at any pixel, of 255. */
    private double levelsApart(String one, String other) throws IOException {
        float[] a = Pixels.planes(ImageFiles.read(folder.resolve(one)), 0);
        float[] b = Pixels.planes(ImageFiles.read(folder.resolve(other)), 0);
        double most = 0;
        for (int i = 0; i < a.length; i++) {
            most = Math.max(most, Math.abs(a[i] - b[i]));
        }
        return Math.rint(most * 255);
    }

    @Test
    void guidanceSolverAndAdapterChangeThePicture() throws IOException {
        byte[] plain =
                files(sample("plain", "--prompt", "a circle", "--seeds", "1")).get("001-seed-1.png");
        Path adapter = TestModels.adapter(MODEL, folder.resolve("lora"));
        for (List<Object> options : List.<List<Object>>of(
                List.of("--guidance", "9"), List.of("--solver", "HEUN"), List.of("--adapter", adapter))) {
            Object[] words = Stream.concat(Stream.of("--prompt", "a circle", "--seeds", "1"), options.stream())
                    .toArray();
            Path out = sample(options.get(0).toString().substring(2), words);
            assertThat(files(out).get("001-seed-1.png")).as(options.toString()).isNotEqualTo(plain);
        }
    }

    private byte[] picture(String name, Object... more) throws IOException {
        Object[] common = {"--prompt", "a circle", "--seeds", "1", "--guidance", 4};
        Object[] all = Stream.of(common, more).flatMap(Stream::of).toArray();
        return files(sample(name, all)).get("001-seed-1.png");
    }

    @Test
    void theNegativePromptAndTheLengthOfPromptsChangeThePicture() throws IOException {
        byte[] usual = picture("usual");
        byte[] away = picture("away", "--negative-prompt", "blurry");
        byte[] cut = picture("cut", "--max-tokens", 8, "--negative-prompt", "blurry");
        assertThat(picture("nothing", "--negative-prompt", "")).isEqualTo(usual);
        assertThat(away).isNotEqualTo(usual);
        assertThat(cut).isNotEqualTo(away);
        // Released encoders know the texts beforehand, by the same number of tokens.
        assertThat(picture("released", "--max-tokens", 8, "--negative-prompt", "blurry", "--release-text-encoders"))
                .isEqualTo(cut);
        assertThat(picture("offloaded", "--max-tokens", 8, "--negative-prompt", "blurry", "--offload"))
                .isEqualTo(cut);
    }

    @Test
    void aNegativePromptIsRefusedWhereTheModelIsToldItsGuidance() throws IOException {
        Path out = folder.resolve("out");
        Object[] common = {"--guidance", 3.5, "--negative-prompt", "blurry"};
        Object[] sample = {"sample", TestModels.fixture("flux-pipeline"), "--prompt", "a cat", "--out", out};
        String says = "--negative-prompt (blurry) must be left out, because this model is told its guidance";
        CommandLineRun.of(Stream.of(sample, common).flatMap(Stream::of).toArray())
                .refused(says);
        assertThat(out).doesNotExist();
        Object[] evaluate = {"evaluate", TestModels.fixture("flux-pipeline")};
        CommandLineRun.of(Stream.of(evaluate, common).flatMap(Stream::of).toArray())
                .refused(says);
    }

    /** Returns the frames of a video of two seeds in one batch, or a picture. */
    private List<byte[]> made(Path model, String name, String... more) throws IOException {
        Path out = folder.resolve(name);
        Object[] common = {
            "sample",
            model,
            "--steps",
            4,
            "--threads",
            1,
            "--out",
            out,
            "--prompt",
            "a cat",
            "--seeds",
            "1..2",
            "--height",
            32,
            "--width",
            32,
            "--frames",
            model.endsWith("wan-pipeline") ? 5 : 1,
            "--video",
            "png"
        };
        CommandLineRun.of(Stream.of(common, more).flatMap(Stream::of).toArray()).succeeded();
        return model.endsWith("wan-pipeline")
                ? List.of(
                        Files.readAllBytes(out.resolve("001-seed-1/frame-003.png")),
                        Files.readAllBytes(out.resolve("001-seed-2/frame-005.png")))
                : List.of(Files.readAllBytes(out.resolve("001-seed-2.png")));
    }

    private static void assertSame(List<byte[]> found, List<byte[]> expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            assertThat(found.get(i)).isEqualTo(expected.get(i));
        }
    }

    @Test
    void theFoldersSchedulerChoosesTheSolver() throws IOException {
        Path wan = TestModels.fixture("wan-pipeline");
        List<byte[]> usual = made(wan, "wan");
        assertSame(made(wan, "wan-unipc", "--solver", "unipc"), usual);
        assertThat(made(wan, "wan-euler", "--solver", "euler").get(0)).isNotEqualTo(usual.get(0));
        List<byte[]> euler = made(MODEL, "sd3");
        assertSame(made(MODEL, "sd3-euler", "--solver", "euler"), euler);
        Path heun = TestModels.copy(MODEL, folder.resolve("heun"));
        TestModels.replace(
                heun.resolve("scheduler/scheduler_config.json"),
                "FlowMatchEulerDiscreteScheduler",
                "FlowMatchHeunDiscreteScheduler");
        List<byte[]> second = made(heun, "sd3-scheduler-heun");
        assertSame(made(MODEL, "sd3-heun", "--solver", "heun"), second);
        assertThat(second.get(0)).isNotEqualTo(euler.get(0));
    }

    @Test
    void overwritingReplacesPicturesAndKeepsWhatIsNotOurs() throws IOException {
        Path out = sample("out", "--prompt", "a circle", "--seeds", "1..2");
        Files.writeString(out.resolve("notes.txt"), "mine");
        sample("out", "--prompt", "a circle", "--seeds", "3", "--overwrite");
        assertThat(files(out).keySet())
                .containsExactly("001-seed-3.png", "contact-sheet.png", "notes.txt", "prompts.jsonl");
    }

    @Test
    void offATerminalProgressIsPlainLines() {
        CommandLineRun run = CommandLineRun.of(
                "sample", MODEL, "--prompt", "a circle", "--steps", 1, "--out", folder.resolve("out"));
        assertThat(run.err()).contains("4/4  samples").doesNotContain("\r", "\u001b");
        assertThat(run.out()).isEqualTo("4 samples are in %s.%n".formatted(folder.resolve("out")));
    }

    @Test
    void aVideoStartsFromAPictureWhereTheModelNeedsOne() throws IOException {
        Path model = TestModels.copy(TestModels.fixture("wan-pipeline"), folder.resolve("i2v"));
        AtomicFiles.deleteAll(model.resolve("transformer"));
        TestModels.copy(TestModels.fixture("wan-transformer/transformer_i2v"), model.resolve("transformer"));
        Files.delete(model.resolve("model_index.json"));
        for (String part : List.of("image_encoder", "image_processor", "model_index.json")) {
            TestModels.copy(TestModels.fixture("wan-i2v").resolve(part), model.resolve(part));
        }
        byte[] rgb = new byte[3 * 40 * 50];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i / 7);
        }
        Path image = folder.resolve("start.png");
        ImageFiles.write(Media.image(40, 50, rgb), image);
        Path out = folder.resolve("video");
        Object[] words = {
            "sample",
            model,
            "--prompt",
            "a kite",
            "--seeds",
            "1,2",
            "--steps",
            1,
            "--height",
            32,
            "--width",
            32,
            "--frames",
            5,
            "--video",
            "png",
            "--guidance",
            2,
            "--threads",
            1,
            "--out",
            out,
            "--image",
            image
        };
        CommandLineRun.of(words).succeeded();
        assertThat(out.resolve("001-seed-2/frame-005.png")).exists();
        CommandLineRun.of(Arrays.copyOf(words, words.length - 4)).refused("This model makes a video of a picture.");
        words[1] = TestModels.fixture("wan-pipeline");
        words[words.length - 3] = folder.resolve("other");
        CommandLineRun.of(words).refused("--image (" + image + ") must be left out");
        words[words.length - 1] = folder.resolve("none.png");
        CommandLineRun.of(words).refused("none.png");
        CommandLineRun.of("evaluate", model).refused(" has no picture, but model (");
    }
}
