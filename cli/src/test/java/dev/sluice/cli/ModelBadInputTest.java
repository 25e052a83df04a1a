package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flow.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What the commands on models say to input that cannot be used: one sentence, exit status 2, nothing done. */
class ModelBadInputTest {
    private static final Path SD3 = TestModels.fixture("sd3-pipeline");
    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void model() throws IOException {
        model = TestModels.copy(SD3, folder.resolve("model"));
    }

    /** Damages a model's folder. */
    @FunctionalInterface
    private interface Damage {
        void to(Path model) throws IOException;
    }

    private static Arguments damage(String name, String message, Damage damage) {
        return Arguments.of(name, message, damage);
    }

    private static void replace(Path file, String from, String to) throws IOException {
        String text = Files.readString(file);
        assertThat(text).contains(from);
        Files.writeString(file, text.replace(from, to));
    }

    static Stream<Arguments> damages() {
        return Stream.of(
                damage("no index", "has no model_index.json", m -> Files.delete(m.resolve("model_index.json"))),
                damage(
                        "index is no JSON",
                        "model_index.json is not valid JSON",
                        m -> Files.writeString(m.resolve("model_index.json"), "{")),
                damage(
                        "component's folder is missing",
                        "needs the component tokenizer_3",
                        m -> AtomicFiles.deleteAll(m.resolve("tokenizer_3"))),
                damage(
                        "no weights",
                        "transformer",
                        m -> Files.delete(m.resolve("transformer").resolve(WEIGHTS))),
                damage(
                        "truncated weights",
                        "transformer/" + WEIGHTS,
                        m -> Files.write(
                                m.resolve("transformer").resolve(WEIGHTS),
                                Arrays.copyOf(
                                        Files.readAllBytes(
                                                m.resolve("transformer").resolve(WEIGHTS)),
                                        9000))),
                damage(
                        "no safetensors at all",
                        "its header claims",
                        m -> Files.writeString(m.resolve("vae").resolve(WEIGHTS), "these are no weights")),
                damage(
                        "LFS pointer",
                        "a Git LFS pointer",
                        m -> Files.writeString(
                                m.resolve("transformer").resolve(WEIGHTS),
                                "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")),
                damage(
                        "pickled weights",
                        "diffusion_pytorch_model.bin",
                        m -> Files.move(
                                m.resolve("transformer").resolve(WEIGHTS),
                                m.resolve("transformer/diffusion_pytorch_model.bin"))),
                damage(
                        "other shapes",
                        "shape",
                        m -> replace(
                                m.resolve("transformer/config.json"),
                                "\"pooled_projection_dim\": ",
                                "\"pooled_projection_dim\": 1")),
                damage(
                        "more layers than weights",
                        "transformer",
                        m -> replace(m.resolve("transformer/config.json"), "\"num_layers\": ", "\"num_layers\": 1")),
                damage(
                        "unknown architecture",
                        "must be one of [SD3Transformer2DModel]",
                        m -> replace(
                                m.resolve("transformer/config.json"), "SD3Transformer2DModel", "UNet2DConditionModel")),
                damage("no tokenizer file", "tokenizer", m -> Files.delete(m.resolve("tokenizer_3/tokenizer.json"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("damages")
    void aBrokenModelIsRefused(String name, String message, Damage damage) throws IOException {
        damage.to(model);
        Path out = folder.resolve("out");
        CommandLineRun.of("sample", model, "--prompt", "a circle", "--steps", 1, "--out", out)
                .refused(message);
        assertThat(out).doesNotExist();
    }

    @ParameterizedTest(name = "{0} → {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "--seeds 8..1 | from the smaller to the larger seed",
                "--seeds one | --seeds (one) must be whole numbers and ranges",
                "--seeds 1,,2 | must be whole numbers and ranges",
                "--seeds 1..2000000000 | must name at most 100000 seeds",
                "--seeds 1..4,2 | must name every seed once",
                "--steps 0 | --steps (0) must be at least 1",
                "--steps ten | Invalid value for option '--steps'",
                "--guidance NaN | --guidance (NaN) must be a finite number",
                "--negative-prompt blurry | --negative-prompt (blurry) means nothing with --guidance 1, which is no guidance.",
                "--max-tokens 0 | --max-tokens (0) must be at least 1",
                "--max-tokens 513 | The number of tokens of a prompt (513) must be at most",
                "--solver rk4 | Invalid value for option '--solver'",
                "--batch -1 | --batch (-1) must be at least 1",
                "--threads 0 | --threads (0) must be at least 1",
                "--device tpu | device (tpu) must be auto, cpu, gpu or gpuN",
                "--device gpu99 | device (gpu99) is not there",
                "--adapter nowhere:0.5 | nowhere is not there; expected an adapter's folder",
                "--adapter nowhere:0.5.5 | --adapter (nowhere:0.5.5) must be a path, or a path and a weight",
                "--adapter nowhere | nowhere is not there; expected an adapter's folder",
                "--prompts nowhere.txt | does not exist",
                "--colour red | Unknown option",
            })
    void aWrongOptionIsRefused(String option, String message) {
        List<Object> words = new ArrayList<>(List.of("sample", model, "--prompt", "a circle"));
        words.addAll(List.of("--out", folder.resolve("out")));
        words.addAll(List.of(option.split(" ")));
        CommandLineRun.of(words.toArray()).refused(message);
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "empty.txt | '' | is empty; one prompt a line is expected",
                "gap.txt | 'a circle\n\na star' | gap.txt:2: the line is empty",
                "blank.jsonl | '{\"prompt\": \" \"}' | blank.jsonl:1: the key prompt with a text is expected",
                "none.jsonl | '{\"text\": \"a circle\"}' | none.jsonl:1: the key prompt with a text is expected",
                "broken.jsonl | '{\"prompt\": ' | broken.jsonl:1: a JSON object with a prompt is expected",
                "list.jsonl | '[1]' | list.jsonl:1: a JSON object with a prompt is expected",
                "prompts.csv | 'a circle' | must end in .txt",
                "latin.txt | 'ein Kreis f\u00fcr' | is not UTF-8 text",
            })
    void aPromptFileThatIsNoneIsRefused(String name, String content, String message) throws IOException {
        Path file = Files.write(folder.resolve(name), content.getBytes(StandardCharsets.ISO_8859_1));
        CommandLineRun.of("sample", model, "--prompts", file, "--out", folder.resolve("out"))
                .refused(message);
    }

    @Test
    void noPromptOrAnEmptyOneIsRefused() {
        CommandLineRun.of("sample", model).refused("A prompt is missing");
        CommandLineRun.of("sample", model, "--prompt", " ").refused("--prompt ( ) must not be empty");
    }

    @Test
    void aModelThatIsNotThereIsRefused() throws IOException {
        Path nowhere = folder.resolve("nowhere");
        Path out = folder.resolve("out");
        CommandLineRun.of("sample", nowhere, "--prompt", "a circle", "--out", out)
                .refused("nowhere is not there; expected a model's folder");
        assertThat(out).doesNotExist();
        Path earlier = Files.createFile(Files.createDirectory(out).resolve("001-seed-1.png"));
        CommandLineRun.of("sample", nowhere, "--prompt", "a circle", "--out", out, "--overwrite")
                .refused("nowhere is not there");
        assertThat(earlier).exists();
        CommandLineRun.of("model", "inspect", nowhere).refused("nowhere is not there");
        CommandLineRun.of("model", "verify", nowhere, "--golden", folder.resolve("g.safetensors"))
                .refused("is not there");
    }

    @Test
    void anAdapterOfAnotherModelIsRefused() {
        CommandLineRun.of(
                        "sample",
                        model,
                        "--prompt",
                        "a circle",
                        "--adapter",
                        TestModels.fixture("grpo-step/lora"),
                        "--out",
                        folder.resolve("out"))
                .refused("does not fit the model");
    }

    @Test
    void aFolderThatCannotTakePicturesIsRefused() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "");
        CommandLineRun.of("sample", model, "--prompt", "a", "--out", file).refused("is a file; expected a folder");
        CommandLineRun.of("sample", model, "--prompt", "a", "--out", file.resolve("below"))
                .refused("cannot be made");
        CommandLineRun.of("sample", model, "--prompt", "a", "--out", model).refused("is not empty");
    }

    @Test
    void aGoldenFileThatIsNoneIsRefused() throws IOException {
        Path transformer = model.resolve("transformer");
        CommandLineRun.of("model", "verify", transformer).refused("Missing required option: '--golden=FILE'");
        CommandLineRun.of("model", "verify", transformer, "--golden", folder.resolve("none.safetensors"))
                .refused("none.safetensors is not there");
        Path text = Files.writeString(folder.resolve("text.safetensors"), "a text and no tensors");
        CommandLineRun.of("model", "verify", transformer, "--golden", text).refused("text.safetensors");
        Path golden = TestModels.fixture("sd3-transformer/golden.safetensors");
        CommandLineRun.of("model", "verify", transformer, "--golden", golden, "--tolerance", "-1")
                .refused("--tolerance (-1.0) must be a finite number of at least 0");
        CommandLineRun.of("model", "verify", transformer, "--golden", golden, "--tolerance", "tight")
                .refused("Invalid value for option '--tolerance'");
    }

    @Test
    void aFolderThatIsNoModelIsRefused() throws IOException {
        CommandLineRun.of("model", "inspect", Files.createDirectory(folder.resolve("empty")))
                .refused("has no model_index.json");
        CommandLineRun.of("model").refused("A command is missing: list, inspect, verify, convert, random or bench");
        CommandLineRun.of("model", "inspect").refused("Missing required parameter: 'DIR'");
        CommandLineRun.of("model", "random", "--family", "sd9", "--out", folder.resolve("new"))
                .refused("family (sd9) must be one of [sd3.5-medium");
        CommandLineRun.of("model", "random", "--family", "sd3.5-medium", "--out", folder.resolve("empty"))
                .refused("is there already");
        CommandLineRun.of("model", "bench", folder.resolve("empty")).refused("transformer");
    }

    @ParameterizedTest
    @CsvSource({"sample", "model list", "model inspect", "model verify", "model convert", "model random", "model bench"
    })
    void helpHasAnExample(String command) {
        Object[] words = Stream.concat(Stream.of(command.split(" ")), Stream.of("--help"))
                .toArray();
        CommandLineRun run = CommandLineRun.of(words).succeeded();
        assertThat(run.out()).contains("Example").contains("  sluice " + command);
    }
}
