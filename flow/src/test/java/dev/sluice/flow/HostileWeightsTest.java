package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weight files that are broken, on purpose or not: each gets one clear error, and nothing of the size it claims. */
class HostileWeightsTest {
    private static final String GOOD = "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

    @TempDir
    Path folder;

    /** A broken file: its bytes and a part of what must be said about it. */
    record Case(String name, byte[] bytes, String says) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Case> broken() {
        String deep = "[".repeat(100_000);
        return Stream.of(
                raw("no byte at all", "", "has 0 bytes"),
                raw("seven bytes", "1234567", "has 7 bytes"),
                length("a header that claims 2^63", Long.MIN_VALUE, "{}", "claims 9223372036854775808 bytes"),
                length("a header that claims 2^64-1", -1, "{}", "claims 18446744073709551615 bytes"),
                length("a header of no byte", 0, "", "claims 0 bytes"),
                length("a header longer than the limit", 100_000_001, "{}", "claims 100000001 bytes"),
                length("a header longer than the file", 90_000_000, "{}", "only 2 follow"),
                json("a header that is not JSON", "{tensor}", 0, "not valid JSON"),
                json("a header that ends in the middle", "{" + GOOD.substring(0, 30), 8, "not valid JSON"),
                json("a header that is an array", "[" + GOOD + "]", 8, "does not begin with a brace"),
                json("a header that begins with blanks", "  {" + GOOD + "}", 8, "does not begin with a brace"),
                json("text after the header", "{" + GOOD + "} x", 8, "not valid JSON"),
                json("two headers", "{" + GOOD + "}{}", 8, "something follows"),
                json("nested too deeply", "{\"a\":" + deep, 0, "must be an object"),
                json("metadata nested too deeply", "{\"__metadata__\":{\"a\":" + deep, 0, "must be a text"),
                json("a name twice", "{" + GOOD + "," + GOOD + "}", 8, "not valid JSON: Duplicate"),
                json("metadata twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0, "Duplicate"),
                json("a metadata key twice", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0, "Duplicate"),
                json("metadata that is no text", "{\"__metadata__\":{\"a\":1}}", 0, "__metadata__.a must be a text"),
                json("metadata that is a text", "{\"__metadata__\":\"a\"}", 0, "__metadata__ must be an object"),
                json("a tensor that is a number", "{\"a\":5}", 0, "tensor a must be an object, not an integer"),
                tensor("no dtype", "\"shape\":[2],\"data_offsets\":[0,8]", "must have dtype, shape and data_offsets"),
                tensor("no shape", "\"dtype\":\"F32\",\"data_offsets\":[0,8]", "must have dtype"),
                tensor("no offsets", "\"dtype\":\"F32\",\"shape\":[2]", "must have dtype"),
                tensor("an unknown key", "\"dtype\":\"F32\",\"stride\":[1]", "unknown key stride"),
                tensor("dtype twice", "\"dtype\":\"F32\",\"dtype\":\"F64\"", "Duplicate"),
                tensor("an unknown type", "\"dtype\":\"F4\"", "has the type F4"),
                tensor("a type in small letters", "\"dtype\":\"f32\"", "has the type f32"),
                tensor("a type that is a number", "\"dtype\":32", "dtype must be a text"),
                tensor("a shape that is a number", f32("8", "0,8"), "shape must be an array"),
                tensor("a fractional size", f32("[2.0]", "0,8"), "must be an integer, not a fraction"),
                tensor("a size that is a text", f32("[\"2\"]", "0,8"), "must be an integer, not a text"),
                tensor("a negative size", f32("[-2]", "0,8"), "negative number -2"),
                tensor("two negative sizes", f32("[-1,-2]", "0,8"), "negative number -1"),
                tensor("a size beyond 2^63", f32("[99999999999999999999]", "0,8"), "not valid JSON"),
                tensor("a size of ten thousand digits", f32("[" + "9".repeat(10_000) + "]", "0,8"), "not valid JSON"),
                tensor("a shape whose product overflows", f32("[4294967296,4294967296,4]", "0,8"), "overflows"),
                tensor("a product that overflows to the right one", f32("[4611686018427387906]", "0,8"), "overflows"),
                tensor("a shape too large", f32("[3]", "0,8"), "needs 12 bytes, but its data_offsets hold 8"),
                tensor("a shape too small", f32("[1]", "0,8"), "needs 4 bytes"),
                tensor("a thousand dimensions", f32("[" + "1,".repeat(999) + "2]", "0,8"), "more than 32 numbers"),
                tensor("one offset", f32("[2]", "8"), "expected a begin and an end"),
                tensor("three offsets", f32("[2]", "0,4,8"), "expected a begin and an end"),
                tensor("offsets turned round", f32("[2]", "8,0"), "expected a begin and an end"),
                tensor("a negative offset", f32("[2]", "-8,0"), "negative number -8"),
                tensor("an end outside the file", f32("[4]", "0,16"), "may be truncated"),
                tensor("an end far outside", f32("[2305843009213693950]", "0,9223372036854775800"), "may be truncated"),
                tensor("a begin that leaves a gap", f32("[1]", "4,8"), "begins at byte 4 of the data, but"),
                tensor("data that no tensor claims", f32("[1]", "0,4"), "fill 4 bytes, but 8 follow"),
                json(
                        "the same bytes twice",
                        "{" + GOOD + "," + GOOD.replace("\"a\"", "\"b\"") + "}",
                        8,
                        "before it ends at 8"),
                json(
                        "an overlap by four bytes",
                        "{" + f32("a", 0, 8) + "," + f32("b", 4, 12) + "}",
                        12,
                        "begins at byte 4"),
                json(
                        "an empty tensor in the middle of another",
                        "{" + f32("a", 0, 8) + "," + f32("b", 4, 4) + "}",
                        8,
                        "byte"),
                json(
                        "truncated data",
                        "{" + GOOD + "}",
                        7,
                        "only 7 bytes follow the header; the file may be truncated"),
                raw("invalid UTF-8", header("{\"\u00FF\u00FE\":1}"), "not valid JSON"),
                raw(
                        "a Git LFS pointer",
                        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n",
                        "git lfs pull"),
                raw("an error page", "<!DOCTYPE html><html>Not found</html>", "HTML"),
                raw("a PyTorch zip", "PK\u0003\u0004aaaaaaaaaaaa", "zip archive"),
                raw("a GGUF file", "GGUF\u0003\u0000\u0000\u0000aaaaaaaa", "GGUF"));
    }

    private static Case raw(String name, String latin, String says) {
        return new Case(name, latin.getBytes(StandardCharsets.ISO_8859_1), says);
    }

    private static String header(String latin) {
        return (char) latin.length() + "\0\0\0\0\0\0\0" + latin;
    }

    private static Case length(String name, long length, String rest, String says) {
        byte[] text = rest.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + text.length).order(ByteOrder.LITTLE_ENDIAN);
        return new Case(name, bytes.putLong(length).put(text).array(), says);
    }

    private static Case json(String name, String json, int data, String says) {
        Case start = length(name, json.getBytes(StandardCharsets.UTF_8).length, json, says);
        return new Case(name, Arrays.copyOf(start.bytes, start.bytes.length + data), says);
    }

    private static Case tensor(String name, String fields, String says) {
        return json(name, "{\"a\":{" + fields + "}}", 8, says);
    }

    private static String f32(String shape, String offsets) {
        return "\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%s]".formatted(shape, offsets);
    }

    private static String f32(String name, int begin, int end) {
        return "\"%s\":{%s}".formatted(name, f32("[" + (end - begin) / 4 + "]", begin + "," + end));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("broken")
    void isRefusedInOneSentence(Case broken) throws IOException {
        Path file = Files.write(folder.resolve("model.safetensors"), broken.bytes);
        assertThatThrownBy(() -> SafetensorsFile.open(file).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(broken.says)
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(600).doesNotContain("\n"));
        assertThatThrownBy(() -> WeightFiles.open(folder).close()).isExactlyInstanceOf(IOException.class);
    }

    @Test
    void thereAreEnoughKinds() {
        assertThat(broken().map(Case::name)).doesNotHaveDuplicates().hasSizeGreaterThan(50);
    }

    @Test
    void aHeaderOfTheLargestSizeIsReadWithinTheTestsMemory() throws IOException {
        Path file = folder.resolve("a.safetensors");
        try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
            ByteBuffer bytes = ByteBuffer.allocate(100_000_008).order(ByteOrder.LITTLE_ENDIAN);
            bytes.putLong(100_000_000).put((byte) '{');
            for (int i = 0; bytes.remaining() > 100; i++) {
                String entry = "\"%s\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},".formatted(i);
                bytes.put(entry.getBytes(StandardCharsets.US_ASCII));
            }
            bytes.put("\"z\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}}"
                    .getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                bytes.put((byte) ' ');
            }
            out.write(bytes.array());
        }
        assertThatThrownBy(() -> SafetensorsFile.open(file).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining("more than 500000 tensors");
    }

    /** Whatever bytes are changed, the file opens or is refused, and what opens can be read. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void randomDamageNeverCrashes(long seed) throws IOException {
        byte[] good = Files.readAllBytes(Fixtures.path("text-encoders/clip_l/model.safetensors"));
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int round = 0; round < 200; round++) {
            byte[] bytes = good.clone();
            int changes = random.nextInt(1, 4);
            for (int i = 0; i < changes; i++) {
                bytes[random.nextInt(random.nextBoolean() ? 16 : 4000)] = (byte) random.nextInt(32, 127);
            }
            if (random.nextInt(4) == 0) {
                bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            }
            Path file = Files.write(folder.resolve("a.safetensors"), bytes);
            try (SafetensorsFile opened = SafetensorsFile.open(file)) {
                for (String name : opened.names()) {
                    assertThat(opened.floats(name))
                            .hasSize((int) opened.shape(name).size());
                }
            } catch (IOException e) {
                refused++;
                assertThat(e.getMessage()).as("seed %s round %s", seed, round).startsWith(file.toString());
            }
        }
        assertThat(refused).isGreaterThan(50);
    }

    /** An index of shards that is wrong. */
    record Index(String json, String says) {}

    static Stream<Index> brokenIndexes() {
        return Stream.of(
                new Index("{", "not valid JSON"),
                new Index("", "no weight_map"),
                new Index("[]", "no weight_map"),
                new Index("{\"weight_map\":{}}", "no weight_map"),
                new Index("{\"weight_map\":[\"a\"]}", "no weight_map"),
                new Index("{\"weight_map\":{\"a\":1}}", "weight_map.a must be the name of a shard"),
                new Index("{\"weight_map\":{\"a\":\"s.safetensors\",\"a\":\"s.safetensors\"}}", "Duplicate"),
                new Index("{\"weight_map\":{\"a\":\"gone.safetensors\"}}", "gone.safetensors, which is not there"),
                new Index("{\"weight_map\":{\"a\":\"../s.safetensors\"}}", "in the same folder"),
                new Index("{\"weight_map\":{\"a\":\"/etc/s.safetensors\"}}", "in the same folder"),
                new Index("{\"weight_map\":{\"a\":\"a\\\\s.safetensors\"}}", "in the same folder"),
                new Index("{\"weight_map\":{\"a\":\"s\\u0000.safetensors\"}}", "in the same folder"),
                new Index("{\"weight_map\":{\"a\":\"pytorch_model.bin\"}}", "in the same folder"),
                new Index("{\"weight_map\":{\"b\":\"s.safetensors\"}}", "holds the tensor b, but it does not"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenIndexes")
    void aWrongIndexIsRefused(Index index) throws IOException {
        Files.write(folder.resolve("s.safetensors"), json("", "{" + GOOD + "}", 8, "").bytes);
        Files.writeString(folder.resolve("model.safetensors.index.json"), index.json);
        assertThatThrownBy(() -> WeightFiles.open(folder).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(index.says);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pytorch_model.bin", "model.pt", "model.pth", "model.ckpt"})
    void aPickledCheckpointIsRefusedWithTheWayToConvertIt(String name) throws IOException {
        Files.write(folder.resolve(name), new byte[] {(byte) 0x80, 2, '.'});
        for (Path path : new Path[] {folder, folder.resolve(name)}) {
            assertThatThrownBy(() -> WeightFiles.open(path).close())
                    .isExactlyInstanceOf(IOException.class)
                    .hasMessageContaining("pickled")
                    .hasMessageContaining("safetensors.torch.save_file");
        }
    }

    @Test
    void aMissingFileOrFolderIsNamed() {
        assertThatThrownBy(() -> WeightFiles.open(folder).close()).hasMessageContaining("has no weights");
        assertThatThrownBy(() -> WeightFiles.open(folder.resolve("no")).close()).hasMessageContaining("is not there");
        assertThatThrownBy(() -> SafetensorsFile.open(folder).close()).hasMessageContaining("is a folder");
    }

    @Test
    void severalWeightFilesAreNotGuessedAmong() throws IOException {
        Files.write(folder.resolve("s.safetensors"), new byte[0]);
        Files.write(folder.resolve("t.safetensors"), new byte[0]);
        assertThatThrownBy(() -> WeightFiles.open(folder).close()).hasMessageContaining("several weight files");
    }
}
