package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What every family says to each kind of broken folder: one sentence, exit status 2, nothing made. */
class FamiliesBadInputTest {
    private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

    @TempDir
    private Path folder;

    private Path out;

    @BeforeEach
    void place() {
        out = folder.resolve("out");
    }

    @FunctionalInterface
    private interface Damage {
        void to(Path model) throws IOException;
    }

    private static Arguments damage(String name, String message, Damage damage) {
        return Arguments.of(name, message, damage);
    }

    static Stream<Arguments> damages() {
        List<Arguments> damages = List.of(
                damage(
                        "missing shard",
                        "names the shard other-00002-of-00002.safetensors, which is not there",
                        m -> Files.writeString(
                                m.resolve("text_encoder/model.safetensors.index.json"),
                                "{\"weight_map\": {\"x\": \"other-00002-of-00002.safetensors\"}}")),
                damage(
                        "tensor of another name",
                        "has no tensor named",
                        m -> rename(m.resolve("vae"), "decoder.conv_in.weight")),
                damage(
                        "tensor of another shape",
                        "with this config.json needs",
                        m -> Files.copy(
                                other(m).resolve("text_encoder/model.safetensors"),
                                replaced(m.resolve("text_encoder/model.safetensors")))),
                damage(
                        "unknown class",
                        "the architecture (UNet2DConditionModel) must be one of",
                        m -> Files.writeString(
                                m.resolve("transformer/config.json"), "{\"_class_name\": \"UNet2DConditionModel\"}")),
                damage(
                        "unknown pipeline",
                        "_class_name (KandinskyPipeline) must be one of",
                        m -> replace(
                                m.resolve("model_index.json"),
                                "\"_class_name\": \"[A-Za-z0-9]*\"",
                                "\"_class_name\": \"KandinskyPipeline\"")),
                damage(
                        "tokenizer larger than the embedding",
                        "tokens, but the vocab_size of its text encoder is",
                        m -> larger(m.resolve("tokenizer"))),
                damage(
                        "pickled weights",
                        "is a pickled checkpoint",
                        m -> Files.move(
                                m.resolve("vae").resolve(WEIGHTS), m.resolve("vae/diffusion_pytorch_model.bin"))),
                damage(
                        "pickled text encoder",
                        "is a pickled checkpoint",
                        m -> Files.move(
                                m.resolve("text_encoder/model.safetensors"),
                                m.resolve("text_encoder/pytorch_model.pt"))),
                damage(
                        "pointers instead of weights",
                        "a Git LFS pointer: the weights themselves were not downloaded",
                        m -> Files.writeString(
                                m.resolve("vae").resolve(WEIGHTS),
                                "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n")));
        return Stream.of("sd3", "flux", "wan")
                .flatMap(family -> damages.stream().map(d -> {
                    Object[] all = d.get();
                    return Arguments.of(family, all[0], all[1], all[2]);
                }));
    }

    private static Path other(Path model) {
        String family = model.getFileName().toString();
        return TestModels.fixture(family.equals("wan") ? "flux-pipeline" : "wan-pipeline");
    }

    private static Path replaced(Path file) throws IOException {
        Files.delete(file);
        return file;
    }

    private static void replace(Path file, String pattern, String text) throws IOException {
        String before = Files.readString(file);
        String after = before.replaceFirst(pattern, text);
        assertThat(after).isNotEqualTo(before);
        Files.writeString(file, after);
    }

    /** The header has the name once, and one of the same length keeps it valid. */
    private static void rename(Path component, String tensor) throws IOException {
        Path file = component.resolve(WEIGHTS);
        byte[] bytes = Files.readAllBytes(file);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int at = text.indexOf('"' + tensor + '"');
        assertThat(at).isPositive();
        bytes[at + 1] = 'x';
        Files.write(file, bytes);
    }

    private static void larger(Path tokenizer) throws IOException {
        if (Files.exists(tokenizer.resolve("vocab.json"))) {
            replace(tokenizer.resolve("vocab.json"), "\\{", "{\"zzzz</w>\": 60000, ");
        } else {
            replace(
                    tokenizer.resolve("tokenizer.json"),
                    "\"added_tokens\": \\[",
                    "\"added_tokens\": [{\"id\": 60000, \"content\": \"<more>\", \"single_word\": false, \"lstrip\": false, "
                            + "\"rstrip\": false, \"normalized\": false, \"special\": true},");
        }
    }

    @ParameterizedTest(name = "{0}: {1}")
    @MethodSource("damages")
    void aBrokenModelIsRefused(String family, String name, String message, Damage damage) throws IOException {
        Path model = TestModels.copy(TestModels.fixture(family + "-pipeline"), folder.resolve(family));
        damage.to(model);
        CommandLineRun.of("sample", model, "--prompt", "a circle", "--steps", 1, "--out", out)
                .refused(message);
        assertThat(out).doesNotExist();
        CommandLineRun list = CommandLineRun.of("model", "list", folder).succeeded();
        assertThat(list.out()).contains(model.toString());
        assertNeitherTrainedNorJudged(model, message, "{\"prompt\": \"a circle\"}");
    }

    /** The other commands that open a model say the same. */
    private void assertNeitherTrainedNorJudged(Path model, String message, String prompt) throws IOException {
        Path prompts = Files.writeString(folder.resolve("prompts.jsonl"), prompt + "\n");
        Path run = Files.writeString(folder.resolve("run.yaml"), """
                name: none
                output: "%s"
                model: "%s"
                iterations: 1
                prompts: {train: prompts.jsonl, test: prompts.jsonl}
                rewards: [{name: compressibility, weight: 1}]
                adapter: {rank: 2, alpha: 4, targets: [attention]}
                batch: {prompts: 1, groupSize: 2, chunkSize: 2}
                sampling: {steps: 2, height: 32, width: 32}
                """.formatted(folder.resolve("runs"), model));
        CommandLineRun.of("train", run).refused(message);
        CommandLineRun.of("train", run, "--dry-run").refused(message);
        assertThat(folder.resolve("runs")).doesNotExist();
        Path scores = folder.resolve("scores.json");
        CommandLineRun.of("evaluate", model, "--prompts", prompts, "--reward", "compressibility", "--json", scores)
                .refused(message);
        assertThat(scores).doesNotExist();
    }

    static Stream<Arguments> partsOfWan() {
        Damage pickled = part -> {
            Path weights = weightsOf(part);
            String name = weights.getFileName().toString();
            Files.move(weights, part.resolve(name.replace("model.safetensors", "model.bin")));
        };
        Damage pointer = part -> Files.writeString(
                weightsOf(part), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 5\n");
        Damage shardless = part -> {
            String name = weightsOf(part).getFileName().toString();
            Files.delete(weightsOf(part));
            Files.writeString(
                    part.resolve(name + ".index.json"),
                    "{\"weight_map\": {\"x\": \"%s\"}}".formatted(name.replace("model", "model-00001-of-00002")));
        };
        return Stream.of("transformer_2", "image_encoder")
                .flatMap(part -> Stream.of(
                        damage(part + " pickled", "is a pickled checkpoint", m -> pickled.to(m.resolve(part))),
                        damage(
                                part + " a pointer",
                                "a Git LFS pointer: the weights themselves were not downloaded",
                                m -> pointer.to(m.resolve(part))),
                        damage(
                                part + " without a shard",
                                "model-00001-of-00002.safetensors, which is not there",
                                m -> shardless.to(m.resolve(part)))));
    }

    private static Path weightsOf(Path component) throws IOException {
        try (Stream<Path> files = Files.list(component)) {
            return files.filter(file -> file.toString().endsWith(".safetensors"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** What only some of Wan's models have: a second network, and the encoder that sees the first picture. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("partsOfWan")
    void aBrokenPartOfAVariantOfWanIsRefused(String name, String message, Damage damage) throws IOException {
        boolean pair = name.startsWith("transformer_2");
        Path model = folder.resolve("wan");
        Path picture = DocumentationTest.HOME.resolve("configs/pairs/scenes/00000-preferred.png");
        List<Object> words = new ArrayList<>(List.of("sample", model, "--prompt=a", "--frames=5", "--out=" + out));
        if (pair) {
            TestModels.wanExperts(model);
        } else {
            TestModels.wanFromPicture(model);
            words.add("--image=" + picture);
        }
        damage.to(model);
        CommandLineRun.of(words.toArray()).refused(message);
        assertThat(out).doesNotExist();
        String start = pair ? "" : ", \"image\": \"%s\"".formatted(picture);
        assertNeitherTrainedNorJudged(model, message, "{\"prompt\": \"a\"%s}".formatted(start));
    }

    @ParameterizedTest
    @MethodSource("families")
    void anAdapterForAnotherFamilyIsRefused(String family, String other) {
        Path model = TestModels.fixture(family + "-pipeline");
        for (String form : List.of("peft", "diffusers")) {
            Path adapter = TestModels.fixture("adapters").resolve(other).resolve(form);
            CommandLineRun.of("sample", model, "--prompt", "a", "--adapter", adapter + ":0.5", "--out", out)
                    .refused("does not fit the model: it adapts ");
            CommandLineRun.of("evaluate", model, "--adapter", adapter).refused("does not fit the model");
            CommandLineRun.of("model", "convert", model, "--adapter", adapter, "--out", out)
                    .refused("does not fit the model");
        }
        assertThat(out).doesNotExist();
    }

    static Stream<Arguments> families() {
        return Stream.of(
                Arguments.of("sd3", "wan-dora"), Arguments.of("flux", "wan-dora"), Arguments.of("wan", "flux"));
    }
}
