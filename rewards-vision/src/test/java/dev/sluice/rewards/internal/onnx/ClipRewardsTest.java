package dev.sluice.rewards.internal.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Against what transformers gives for the tiny model. */
class ClipRewardsTest {
    private static final Path MODEL = Path.of("src/test/resources/fixtures/tiny-clip");
    private static final OnnxNetwork.Place PLACE = new OnnxNetwork.Place("cpu", 1);

    private static JsonNode header;
    private static ByteBuffer body;

    @TempDir
    private Path folder;

    @BeforeAll
    static void golden() throws IOException {
        ByteBuffer all = ByteBuffer.wrap(Files.readAllBytes(MODEL.resolve("golden.safetensors")))
                .order(ByteOrder.LITTLE_ENDIAN);
        byte[] text = new byte[(int) all.getLong()];
        all.get(text);
        header = new JsonMapper().readTree(text);
        body = all.slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer bytes(String name) {
        JsonNode offsets = header.path(name).path("data_offsets");
        int start = offsets.get(0).asInt();
        return body.slice(start, offsets.get(1).asInt() - start).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static float[] floats(String name) {
        ByteBuffer bytes = bytes(name);
        float[] values = new float[bytes.remaining() / 4];
        bytes.asFloatBuffer().get(values);
        return values;
    }

    private static Media image(int index) {
        String name = "image%s.rgb".formatted(index);
        byte[] rgb = new byte[bytes(name).remaining()];
        bytes(name).get(rgb);
        JsonNode shape = header.path(name).path("shape");
        return Media.image(shape.get(0).asInt(), shape.get(1).asInt(), rgb);
    }

    private static void assertClose(float[] found, float[] expected, double tolerance) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.length; i++) {
            assertThat(found[i]).as("value %s", i).isCloseTo(expected[i], within((float) tolerance));
        }
    }

    @Test
    void pixelsAreTheProcessors() throws IOException {
        Preparation preparation = Preparation.read(MODEL.resolve("preprocessor_config.json"), Preparation.Form.CROP);
        for (int i = 0; i < 3; i++) {
            // The fixture allows one step of 8 bits (0.015); there is none.
            assertClose(preparation.planes(image(i)), floats("image%s.pixel_values".formatted(i)), 1e-6);
        }
    }

    @Test
    void embeddingsAreTransformers() throws IOException {
        Preparation preparation = Preparation.read(MODEL.resolve("preprocessor_config.json"), Preparation.Form.CROP);
        try (OnnxNetwork vision = OnnxNetwork.open(MODEL.resolve("vision.onnx"), PLACE);
                OnnxNetwork text = OnnxNetwork.open(MODEL.resolve("text.onnx"), PLACE)) {
            List<Media> images = List.of(image(0), image(1), image(2));
            float[][] found = new Pictures(preparation)
                    .with(images, pixels -> vision.run(Map.of("pixel_values", pixels), Map.of(), "image_embeds"));
            float[] expected = floats("image_embeds");
            for (int i = 0; i < 3; i++) {
                assertClose(found[i], Arrays.copyOfRange(expected, 12 * i, 12 * i + 12), 1e-6);
            }
            long[][] ids = new long[3][11];
            long[][] mask = new long[3][11];
            for (int i = 0; i < 33; i++) {
                ids[i / 11][i % 11] = bytes("input_ids").getLong(8 * i);
                mask[i / 11][i % 11] = bytes("attention_mask").getLong(8 * i);
            }
            float[][] texts = text.run(Map.of(), Map.of("input_ids", ids, "attention_mask", mask), "text_embeds");
            double scale = ModelFolder.open(MODEL).number("logitScale", 0);
            for (int i = 0; i < 3; i++) {
                assertClose(texts[i], Arrays.copyOfRange(floats("text_embeds"), 12 * i, 12 * i + 12), 1e-6);
                double score = scale * Vectors.dot(Vectors.unit(found[i]), Vectors.unit(texts[i])) / 26;
                assertThat(score).isCloseTo(floats("pickscore")[i], within(1e-5));
            }
        }
    }

    /** Whatever the number of lanes, and of pictures in each of them, and whoever else asks at the same time. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 9})
    void lanesChangeNothing(int threads) throws IOException {
        float[] expected = floats("image_embeds");
        OnnxNetwork.Place place = new OnnxNetwork.Place("cpu", threads);
        try (VisionNetwork network = VisionNetwork.clip(ModelFolder.open(MODEL), place, Preparation.Form.CROP)) {
            IntStream.rangeClosed(1, Pictures.BATCH).parallel().forEach(count -> {
                List<Media> images =
                        IntStream.range(0, count).mapToObj(i -> image(i % 3)).toList();
                float[][] found = network.run(images, Map.of());
                assertThat(found).hasNumberOfRows(count);
                for (int i = 0; i < count; i++) {
                    int at = 12 * (i % 3);
                    assertClose(found[i], Arrays.copyOfRange(expected, at, at + 12), 1e-6);
                }
            });
        }
    }

    private static double score(String name, Map<String, Object> options, Media media, String prompt) {
        Map<String, Object> all = new HashMap<>(options);
        all.put("model", MODEL);
        all.put("threads", "1");
        try (Reward reward = RewardProvider.named(name, all)) {
            return reward.score(List.of(new Sample(media, prompt, Map.of()))).values()[0];
        }
    }

    @Test
    void theFormsOfAScoreDifferByTheirScaleAlone() throws IOException {
        Media media = ImageFiles.read(MODEL.resolve("0.png"));
        double cosine = score("clipscore", Map.of("variant", "cosine"), media, "A photo depicts red dog");
        assertThat(cosine).isBetween(-1.0, 1.0);
        assertThat(score("clipscore", Map.of(), media, "red dog")).isCloseTo(2.5 * cosine, within(1e-9));
        assertThat(score("clipscore", Map.of("variant", "logit30"), media, "A photo depicts red dog"))
                .isCloseTo(100 * cosine / 30, within(1e-9));
        double pick = score("pickscore", Map.of("scale", "cosine"), media, "red dog");
        double logit = score("pickscore", Map.of("scale", "logit"), media, "red dog");
        assertThat(logit / pick).isCloseTo(ModelFolder.open(MODEL).number("logitScale", 0), within(1e-9));
        assertThat(score("pickscore", Map.of(), media, "red dog")).isCloseTo(logit / 26, within(1e-12));
    }

    @Test
    void aCosineBelowZeroIsACLIPScoreOfZero() {
        Media media = image(0);
        double least = 1;
        for (String word : List.of("zzz", "a b c", "qq q", "x", "dog cat red dog", "uvw")) {
            double cosine = score("clipscore", Map.of("variant", "cosine"), media, "A photo depicts " + word);
            least = Math.min(least, cosine);
            assertThat(score("clipscore", Map.of(), media, word)).isCloseTo(2.5 * Math.max(0, cosine), within(1e-9));
        }
        assertThat(least).isLessThan(1);
    }

    @Test
    void textIsTakenAsItsTokenizerTakesItAndCutAtTheEnd() throws IOException {
        Media media = ImageFiles.read(MODEL.resolve("1.png"));
        String usual = "a b c d e f g h i";
        assertThat(score("pickscore", Map.of(), media, "A  B c\nd e f g h I"))
                .isEqualTo(score("pickscore", Map.of(), media, usual));
        assertThat(score("pickscore", Map.of(), media, usual + " j k l"))
                .as("nine tokens between the first and the last")
                .isEqualTo(score("pickscore", Map.of(), media, usual));
        assertThat(score("pickscore", Map.of(), media, "a b c d e f g h j"))
                .isNotEqualTo(score("pickscore", Map.of(), media, usual));
        assertThat(score("pickscore", Map.of(), media, "")).isFinite();
        assertThat(score("hpsv2", Map.of(), media, "&amp;lt; a")).isEqualTo(score("hpsv2", Map.of(), media, "< a"));
    }

    @Test
    void hpsFillsAPictureUpInsteadOfCuttingIt() throws IOException {
        Preparation preparation =
                new Preparation(Preparation.Form.LETTERBOX, 224, new float[] {0, 0, 0}, new float[] {1, 1, 1});
        byte[] white = new byte[3 * 768 * 512];
        Arrays.fill(white, (byte) 255);
        float[] planes = preparation.planes(Media.image(768, 512, white));
        for (int x = 0; x < 224; x++) {
            boolean inside = x >= 37 && x < 37 + 149;
            assertThat(planes[100 * 224 + x]).as("column %s", x).isCloseTo(inside ? 1 : 0, within(1e-6f));
        }
        assertThat(score("hpsv2", Map.of(), image(0), "red")).isBetween(-1.0, 1.0);
    }

    /** Values of torch 2.13, {@code interpolate(mode="bicubic", antialias=True)}. */
    @Test
    void floatsAreResizedAsTorchDoes() {
        byte[] rgb = new byte[3 * 64];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (37 * (i / 3 % 8) + 91 * (i / 24) + 13 * (i / 3 % 8) * (i / 24));
        }
        float[] small = FloatBicubic.resize(Media.image(8, 8, rgb), 4, 4, true);
        float[] expected = {85.714f, 138.084f, 135.225f, 132.181f};
        for (int x = 0; x < 4; x++) {
            assertThat(small[x] * 255).isCloseTo(expected[x], within(1e-3f));
        }
        // four taps at a = −0.75: what OpenCV's cubic gives, before rounding
        float[] sharp = FloatBicubic.resize(Media.image(8, 8, rgb), 4, 4, false);
        int[] cubic = {52, 183, 83, 150};
        for (int x = 0; x < 4; x++) {
            assertThat(sharp[x] * 255).isCloseTo(cubic[x], within(1f));
        }
    }

    @Test
    void picturesThatAreTooSmallOrTooLongHaveAReason() {
        assertThat(Pictures.fault(Media.image(31, 90, new byte[3 * 31 * 90]))).contains("31×90 pixels are too few");
        assertThat(Pictures.fault(Media.image(40, 321, new byte[3 * 40 * 321]))).contains("too long");
        assertThat(Pictures.fault(Media.image(40, 320, new byte[3 * 40 * 320]))).isEmpty();
    }

    private Path copy() throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> list = Files.list(MODEL)) {
            list.forEach(files::add);
        }
        for (Path file : files) {
            Files.copy(file, folder.resolve(file.getFileName()));
        }
        return folder;
    }

    private void edit(String name, String from, String to) throws IOException {
        Path file = folder.resolve(name);
        Files.writeString(file, Files.readString(file).replaceFirst(from, to));
    }

    private void refused(String name, Map<String, Object> options, String message) {
        assertThatThrownBy(() -> RewardProvider.named(name, options).close())
                .hasStackTraceContaining(message)
                .message()
                .doesNotContain("null");
    }

    @Test
    void aModelThatGivesOtherScoresIsRefused() throws IOException {
        copy();
        edit("model.json", "\"score\": 0.88", "\"score\": 0.87");
        refused("clipscore", Map.of("model", folder), "expects 0.87");
        RewardProvider.named("pickscore", Map.of("model", folder)).close();
    }

    @Test
    void aFileThatIsNotWhatTheDescriptorSaysIsRefused() throws IOException {
        copy();
        edit("tokenizer.json", "\"red</w>\"", "\"dre</w>\"");
        refused("clipscore", Map.of("model", folder), "tokenizer.json has the SHA-256");
        Files.delete(folder.resolve("vision.onnx"));
        refused("aesthetic", Map.of("model", folder), "vision.onnx is not there");
        Files.delete(folder.resolve("model.json"));
        refused("aesthetic", Map.of("model", folder), "model.json is not there.");
    }

    @Test
    void aFolderThatDoesNotFitIsRefusedInOneSentence() throws IOException {
        copy();
        Files.writeString(folder.resolve("model.json"), "{\"contextLength\": 11}");
        edit("preprocessor_config.json", "\"resample\": 3", "\"resample\": 2");
        refused("clipscore", Map.of("model", folder), "resample (2) must be 3, which is bicubic.");
        edit("preprocessor_config.json", "\"resample\": 2", "\"resample\": 3");
        edit("preprocessor_config.json", "\"shortest_edge\": 28", "\"shortest_edge\": 32");
        refused("clipscore", Map.of("model", folder), "crop_size (28) must equal size (32).");
        edit("preprocessor_config.json", "\"shortest_edge\": 32", "\"shortest_edge\": 28");
        Files.copy(
                folder.resolve("text.onnx"), folder.resolve("imagereward.onnx"), StandardCopyOption.REPLACE_EXISTING);
        refused("imagereward", Map.of("model", folder), "has no output reward; it has [text_embeds]");
        Files.writeString(folder.resolve("vision.onnx"), "no network");
        refused("aesthetic", Map.of("model", folder), "is no network that ONNX Runtime can run");
        Files.writeString(folder.resolve("head.safetensors"), "short");
        refused("aesthetic", Map.of("model", folder), "is no valid safetensors file.");
        refused("clipscore", Map.of(), "needs the option model");
        refused("clipscore", Map.of("model", folder.resolve("none")), "expected a reward model's folder");
        refused("clipscore", Map.of("model", folder, "device", "tpu"), "device (tpu) must be auto, cpu, gpu or gpuN.");
        refused(
                "clipscore",
                Map.of("model", folder, "threads", "many"),
                "clipscore.threads (many) must be a whole number of at least 1.");
        refused("clipscore", Map.of("model", folder, "variant", "best"), "clipscore.variant (best) must be one of");
    }
}
