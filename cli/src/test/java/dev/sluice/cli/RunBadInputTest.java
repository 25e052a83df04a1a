package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bad input to the commands that make runs: exit status 2, one sentence that names it, and nothing left behind. */
class RunBadInputTest {
    @TempDir
    static Path shared;

    private static Path model;

    @TempDir
    Path folder;

    private Path runFile;

    @BeforeAll
    static void aModel() throws IOException {
        model = TestModels.scenes(shared.resolve("model"));
    }

    @BeforeEach
    void aRunFile() throws IOException {
        runFile = TrainCommandTest.runFile(folder, "\"" + model + "\"");
    }

    /** Asserts that the command is refused and that there is no run. */
    private CommandLineRun refused(String expected, Object... words) {
        CommandLineRun run = CommandLineRun.of(words);
        assertThat(run.status()).as(run.err()).isEqualTo(2);
        assertThat(run.err()).contains(expected).doesNotContain("Exception", "\tat ");
        assertThat(run.err().lines()).allMatch(line -> line.matches("(sluice: |Did you mean: |Run 'sluice).*"));
        assertThat(run.out()).isEmpty();
        assertThat(folder.resolve("runs")).doesNotExist();
        return run;
    }

    private Path text(String name, String content) throws IOException {
        return Files.writeString(folder.resolve(name), content);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "iterations=none | iterations (none) must be a whole number",
                "iterations=0 | iterations (0) must be a whole number at least 1",
                "iteration=5 | Maybe write iterations.",
                "modle=x | modle is an unknown key",
                "batch.groupSize=1 | batch.groupSize (1) must be at least 2",
                "batch.chunkSize=3 | batch.chunkSize (3) must divide",
                "batch=8 | batch (8) must be a group with the keys prompts, groupSize",
                "sampling.steps=1 | sampling.steps (1) must be",
                "sampling.guidance=.inf | sampling.guidance (.inf) must be",
                "sampling.height=30 | height (30) must be a multiple of 8",
                "sampling.width=4096 | width (4096) must be a multiple of 8, at most",
                "exploration.rule=sde | must be one of flow-sde, dance, wan, ode, stored, cps, ddim, sde-dpm, table",
                "exploration.rule=ode | The policy gradient needs stochastic steps",
                "exploration.window={size: 2, from: 0, to: 9} | exploration.window.to (9) must be at most 3",
                "credit.kind=gains | Maybe write gain.",
                "credit.kind=cumulative | kind (cumulative) must have a discount",
                "credit.reNorm=true | credit: reNorm adds the outcome to the scores of steps, but kind: broadcast measures",
                "credit={kind: value, reNorm: true} | credit.reNorm puts the zero of the scores between praise and blame",
                "credit={kind: gain, discount: 0.5} | discount (0.5) must go with kind: cumulative",
                "advantage.baseline=zero | advantage.baseline (zero) must be one of group, none",
                "rewards=[] | rewards ([]) must have at least one item",
                "rewards=[{name: beauty, weight: 1}] | The reward (beauty) is unknown; the class path has",
                "rewards=[{name: red, weight: .nan}] | rewards[0].weight (.nan) must be a number",
                "rewards=[{name: red, wieght: 1}] | Maybe write weight.",
                "rewards=[{name: scenes, weight: 1, options: {mode: harsh}}] | rewards[0]: scenes.mode (harsh) must be one of closeness, graded,",
                "rewards=[{name: scenes, weight: 1, options: {mood: strict}}] | rewards[0]: The reward scenes has no option mood; it has mode.",
                "rewards=[{name: scenes, weight: 1, options: strict}] | rewards[0].options (strict) must be a group of keys.",
                "rewards=[{name: scenes, weight: 1, options: {mode: [strict]}}] | rewards[0].options.mode (a list) must be a single value.",
                "evaluation.rewards=[{name: scenes, weight: 1, options: {mode: harsh}}] | evaluation.rewards[0]: scenes.mode (harsh) must be one of",
                "adapter.rank=0 | adapter.rank (0) must be",
                "adapter.targets=[attn.to_z] | targets ([attn.to_z]) match none of the model's layers",
                "adapter.kind=qlora | adapter.kind (qlora) must be one of lora, full",
                "device=tpu | device (tpu) must be auto, cpu, gpu or gpuN",
                "device=gpu7 | device (gpu7) is not there",
                "threads=-1 | threads (-1) must be a whole number at least 0",
                "seed=1.5 | seed (1.5) must be a whole number",
                "dropZero=1 | dropZero (1) must be true or false",
                "updates.optimiser.learningRate=0 | learningRate (0.0) must be a finite number above 0",
                "updates.ema.decay=1 | updates.ema.decay (1.0) must be in",
                "objective.klWeight=-1 | objective.klWeight (-1) must be a number at least 0",
                "checkpoints.every=0 | checkpoints.every (0) must be",
                "evaluation.rewards=[{name: taste, weight: 1}] | The reward (taste) is unknown",
                "evaluation.steps=0 | evaluation.steps (0) must be",
                "name=a/b | name (a/b) must be a folder's name",
                "prompts.train=cats:train | The world (cats) of the prompts cats:train is unknown",
                "prompts.test=scenes:valid | The split (valid) of the prompts scenes:valid is unknown; scenes has train, test",
                "prompts.train=nowhere.txt | nowhere.txt) does not exist",
                "prompts.train=[a, b] | prompts.train (a list) must be a prompt file",
                "model=nowhere | nowhere) must be a folder; there is nothing of that name",
                "batch.prompts=*x | is a YAML alias",
                "seed={ | This is not YAML",
                "seed | must have the form KEY=VALUE",
            })
    void aSettingThatCannotBeIsRefused(String setting, String expected) {
        refused(expected, "train", runFile, "--set", setting);
    }

    @Test
    void aModelThatPretrainingMakesIsNamedWithItsCommand() throws IOException {
        Path run = text("video.yaml", "model: ../runs/video-pretrain/model\n");
        refused("video-pretrain/model) must be a folder; there is nothing of that name", "train", run);
        Path pretraining = text("video-pretrain.yaml", "name: video-pretrain\n");
        refused("Maybe make it by: sluice pretrain " + pretraining, "train", run);
    }

    @Test
    void aRunFileThatIsNotOneIsRefused() throws IOException {
        refused("nowhere.yaml) does not exist", "train", folder.resolve("nowhere.yaml"));
        refused("is a folder; a YAML file is expected", "train", folder);
        refused("a.yaml:1:", "train", text("a.yaml", "seed: [1,\n"));
        refused("it is a list", "train", text("b.yaml", "- seed\n"));
        refused("model is missing; a folder is expected", "train", text("c.yaml", ""));
        refused("seed is given twice", "train", text("d.yaml", "seed: 1\nseed: 2\n"));
        refused("leads back to itself", "train", text("e.yaml", "base: e.yaml\n"));
        refused("none.yaml) does not exist", "train", text("f.yaml", "base: none.yaml\n"));
        Files.write(folder.resolve("g.yaml"), new byte[] {(byte) 0xC3, 0x28});
        refused("is not UTF-8 text", "train", folder.resolve("g.yaml"));
        refused(
                "is not UTF-8 text; a YAML file is expected",
                "train",
                model.resolve("transformer/diffusion_pytorch_model.safetensors"));
    }

    @Test
    void allFaultsOfARunFileAreToldAtOnceWithTheirPlaces() throws IOException {
        Path file = text("many.yaml", "modle: x\nseed: one\nrewards: []\nthreads: -2\n");
        CommandLineRun run = refused("modle is an unknown key", "train", file);
        assertThat(run.err())
                .contains(
                        "many.yaml:1:1: modle",
                        "many.yaml:2:7: seed (one)",
                        "many.yaml:3:10: rewards",
                        "many.yaml:4:10: threads")
                .contains("Maybe write model.", "prompts is missing")
                .as("modle was probably meant to be model, and is told of already")
                .doesNotContain("model is missing");
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource(
            delimiter = '|',
            value = {
                "p.txt | '' | p.txt is empty; one prompt a line is expected",
                "p.txt | 'a circle\n\na star' | p.txt:2: the line is empty; a prompt is expected",
                "p.jsonl | '{\"text\": \"a\"}' | p.jsonl:1: the key prompt with a text is expected",
                "p.jsonl | 'a circle' | p.jsonl:1: a JSON object with a prompt is expected",
                "p.csv | 'a circle' | p.csv must end in .txt",
            })
    void aPromptFileThatIsNotOneIsRefused(String name, String content, String expected) throws IOException {
        refused(expected, "train", runFile, "--set", "prompts.train=" + text(name, content));
    }

    @Test
    void aModelThatIsBrokenIsRefusedBeforeAnythingIsWritten() throws IOException {
        Path weights = Path.of("transformer/diffusion_pytorch_model.safetensors");
        refused(
                "model_index.json",
                "train",
                runFile,
                "--set",
                "model=" + Files.createDirectories(folder.resolve("empty")));

        Path pickled = damaged("pickled");
        Files.move(pickled.resolve(weights), pickled.resolve("transformer/diffusion_pytorch_model.bin"));
        refused(".bin", "train", runFile, "--set", "model=" + pickled);

        Path pointer = damaged("pointer");
        Files.writeString(
                pointer.resolve(weights), "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n");
        refused("LFS", "train", runFile, "--set", "model=" + pointer);

        Path cut = damaged("cut");
        byte[] bytes = Files.readAllBytes(cut.resolve(weights));
        Files.write(cut.resolve(weights), Arrays.copyOf(bytes, bytes.length / 2));
        refused("diffusion_pytorch_model.safetensors", "train", runFile, "--set", "model=" + cut);

        Path other = damaged("other");
        replace(other.resolve("transformer/config.json"), "SD3Transformer2DModel", "FluxTransformer2DModel");
        refused("FluxTransformer2DModel", "train", runFile, "--set", "model=" + other);

        Path deeper = damaged("deeper");
        replace(deeper.resolve("transformer/config.json"), "\"num_layers\" : 1", "\"num_layers\" : 2");
        refused("with this config.json needs", "train", runFile, "--set", "model=" + deeper);

        Path text = damaged("text");
        Files.writeString(text.resolve("model_index.json"), "no json");
        refused("model_index.json", "train", runFile, "--set", "model=" + text);
    }

    private Path damaged(String name) throws IOException {
        return TestModels.copy(model, folder.resolve(name));
    }

    private static void replace(Path file, String from, String to) throws IOException {
        String content = Files.readString(file);
        String changed = content.replace(from, to);
        assertThat(changed).as("%s must hold %s", file, from).isNotEqualTo(content);
        Files.writeString(file, changed);
    }

    @Test
    void aFolderThatHoldsAnotherRunIsNotMixedWithThisOne() throws IOException {
        refused("has no run to resume", "train", runFile, "--resume");
        refused("--resume and --overwrite exclude each other", "train", runFile, "--resume", "--overwrite");
        CommandLineRun.of("train", runFile, "--set", "iterations=1").succeeded();
        Path run = folder.resolve("runs/small");
        byte[] metrics = Files.readAllBytes(run.resolve("metrics.jsonl"));
        CommandLineRun.of("train", runFile).refused("holds a run already");
        CommandLineRun.of("train", runFile, "--resume", "--set", "seed=2").refused("was made with other settings");
        Path another = TestModels.copy(model, folder.resolve("another"));
        Path weights = another.resolve("transformer/diffusion_pytorch_model.safetensors");
        byte[] bytes = Files.readAllBytes(weights);
        bytes[bytes.length - 1] ^= 1;
        Files.write(weights, bytes);
        CommandLineRun.of("train", runFile, "--resume", "--set", "model=" + another)
                .refused("was made with another base model");
        assertThat(Files.readAllBytes(run.resolve("metrics.jsonl"))).isEqualTo(metrics);
        Files.write(run.resolve("checkpoints/step-000001/optimizer.safetensors"), new byte[] {1, 2, 3});
        CommandLineRun.of("train", runFile, "--resume", "--set", "iterations=2").refused("optimizer.safetensors");
    }

    @Test
    void aNameThatIsAFileIsRefused() throws IOException {
        Path file = text("taken", "");
        CommandLineRun.of("train", runFile, "--set", "output=" + folder, "--set", "name=taken")
                .refused("taken is a file");
        CommandLineRun.of("train", runFile, "--set", "output=" + file).refused("taken");
    }

    @Test
    void pretrainingRefusesWhatCannotBe() throws IOException {
        Path file = text("pre.yaml", "output: \"%s\"\n".formatted(folder.resolve("runs")));
        refused("training.batch (0) must be at least 1", "pretrain", file, "--set", "training.batch=0");
        refused("world (scenery) must be one of scenes", "pretrain", file, "--set", "world=scenery");
        refused(
                "architecture.imageSize (33) must be a multiple",
                "pretrain",
                file,
                "--set",
                "architecture.imageSize=33");
        refused("training.iterations is an unknown key", "pretrain", file, "--set", "training.iterations=3");
        refused("has no run to resume", "pretrain", file, "--resume");
        refused("device (cuda) must be", "pretrain", file, "--set", "device=cuda");
    }

    @Test
    void wordsThatAreNoCommandAreRefusedWithAHint() {
        refused("Did you mean: sluice train", "trian");
        refused("Did you mean: sluice model list", "model", "lst");
        refused("Did you mean: --iterations", "demo", "--itertions", "3");
        refused("A command is missing");
        refused("Unknown options: '--itertions'", "demo", "--itertions", "3");
        refused("Missing required parameter: 'CONFIG'", "train");
        refused("Invalid value for option '--iterations'", "demo", "--iterations", "many");
        refused("iterations (-1) must be a whole number at least 1", "demo", "--iterations", "-1");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskEndsTheRunWithOneSentence() throws IOException {
        Path run = Files.createDirectories(folder.resolve("runs/small"));
        Files.createSymbolicLink(run.resolve("metrics.jsonl"), Path.of("/dev/full"));
        CommandLineRun resumed = CommandLineRun.of("train", runFile, "--resume", "--set", "iterations=1");
        assertThat(resumed.status()).isEqualTo(2);
        assertThat(resumed.err())
                .contains("metrics.jsonl could not be written: No space left on device")
                .doesNotContain("\tat ");
    }

    /** A limit on the size of files fails a write half-way, as a full disk does, and needs no disk of its own. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aCheckpointThatDoesNotFitIsNotThereAndTheOneBeforeIs() throws IOException, InterruptedException {
        CommandLineRun.of("train", runFile, "--set", "iterations=1").succeeded();
        List<String> command = new ArrayList<>(List.of("/bin/sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"));
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:-UsePerfData",
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.sluice.cli.Main",
                "train",
                runFile.toString(),
                "--resume",
                "--set",
                "iterations=2",
                "--set",
                "evaluation.pictures=0"));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isEqualTo(2);
        assertThat(output).contains("could not be written").doesNotContain("\tat ");
        try (Stream<Path> checkpoints = Files.list(folder.resolve("runs/small/checkpoints"))) {
            assertThat(checkpoints.map(path -> path.getFileName().toString())).containsExactly("step-000001");
        }
        CommandLineRun.of("train", runFile, "--resume", "--set", "iterations=2").succeeded();
    }
}
