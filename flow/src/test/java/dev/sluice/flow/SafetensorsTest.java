package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.SafetensorsWriter.Storage;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
    @TempDir
    Path folder;

    @Test
    void readsWhatTheEnginesOwnDecoderReads() throws IOException {
        Path golden = Fixtures.path("sd3-pipeline/golden.safetensors");
        try (NDManager manager = Torch.newManager();
                SafetensorsFile file = SafetensorsFile.open(golden);
                InputStream in = Files.newInputStream(golden)) {
            NDList expected = NDList.decode(manager, in.readAllBytes());
            assertThat(expected).hasSize(file.names().size()).hasSizeGreaterThan(10);
            for (NDArray array : expected) {
                NDArray read = file.read(manager, array.getName());
                assertThat(read.getShape()).isEqualTo(array.getShape());
                assertThat(read.getDataType()).isEqualTo(array.getDataType());
                assertThat(read.toByteArray()).as(array.getName()).isEqualTo(array.toByteArray());
                if (array.getDataType() == DataType.INT64) {
                    assertThat(file.longs(array.getName())).isEqualTo(array.toLongArray());
                } else {
                    assertThat(file.floats(array.getName())).isEqualTo(array.toFloatArray());
                }
            }
        }
    }

    @Test
    void theEnginesOwnDecoderReadsWhatIsWritten() throws IOException {
        Path file = folder.resolve("a.safetensors");
        try (NDManager manager = Torch.newManager()) {
            Map<String, NDArray> tensors = everyType(manager);
            SafetensorsWriter.write(file, tensors, Map.of("format", "pt"), Storage.SAME);
            NDList decoded = NDList.decode(manager, Files.readAllBytes(file));
            assertThat(decoded).hasSize(tensors.size());
            for (NDArray array : decoded) {
                NDArray original = tensors.get(array.getName());
                assertThat(array.getDataType()).isEqualTo(original.getDataType());
                assertThat(array.getShape()).isEqualTo(original.getShape());
                assertThat(array.toByteArray()).isEqualTo(original.toByteArray());
            }
        }
    }

    private static Map<String, NDArray> everyType(NDManager manager) {
        Map<String, NDArray> tensors = new LinkedHashMap<>();
        tensors.put("z", manager.create(new float[] {1.5f, -2, Float.MIN_VALUE, 65504}, new Shape(2, 2)));
        tensors.put("bool", manager.create(new boolean[] {true, false, true}));
        tensors.put("double", manager.create(new double[] {Math.PI, -1e300}));
        tensors.put("half", manager.create(new float[] {0.1f, 6e-8f, -3}).toType(DataType.FLOAT16, false));
        tensors.put("long", manager.create(new long[] {Long.MIN_VALUE, Long.MAX_VALUE}));
        tensors.put("int", manager.create(new int[] {Integer.MIN_VALUE, 7, 9}, new Shape(3, 1)));
        tensors.put("byte", manager.create(new byte[] {-128, 127, 1}));
        tensors.put("unsigned", manager.create(new float[] {0, 255, 128}).toType(DataType.UINT8, false));
        tensors.put("scalar", manager.create(3.25f));
        return tensors;
    }

    @Test
    void everyTypeSurvivesWritingAndReading() throws IOException {
        Path path = folder.resolve("deep/er/a.safetensors");
        try (NDManager manager = Torch.newManager()) {
            Map<String, NDArray> tensors = everyType(manager);
            SafetensorsWriter.write(path, tensors, Map.of("b", "é\"\n", "a", ""), Storage.SAME);
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                assertThat(file.metadata()).isEqualTo(Map.of("b", "é\"\n", "a", ""));
                assertThat(file.names()).isEqualTo(new java.util.TreeSet<>(tensors.keySet()));
                for (String name : file.names()) {
                    NDArray read = file.readStored(manager, name);
                    assertThat(read.getDataType()).isEqualTo(tensors.get(name).getDataType());
                    assertThat(file.dtype(name).arrayType()).isEqualTo(read.getDataType());
                    assertThat(file.shape(name)).isEqualTo(read.getShape());
                    assertThat(read.toByteArray())
                            .as(name)
                            .isEqualTo(tensors.get(name).toByteArray());
                }
                assertThat(file.read(manager, "half").getDataType()).isEqualTo(DataType.FLOAT32);
                assertThat(file.read(manager, "double").getDataType()).isEqualTo(DataType.FLOAT32);
                assertThat(file.longs("unsigned")).containsExactly(0, 255, 128);
                assertThat(file.longs("byte")).containsExactly(-128, 127, 1);
                assertThat(file.longs("bool")).containsExactly(1, 0, 1);
                assertThat(file.floats("double")).containsExactly((float) Math.PI, Float.NEGATIVE_INFINITY);
            }
        }
    }

    @Test
    void everyHalfPatternIsWidenedAsTheEngineWidensIt() throws IOException {
        byte[] bits = new byte[2 * 65536];
        for (int i = 0; i < 65536; i++) {
            bits[2 * i] = (byte) i;
            bits[2 * i + 1] = (byte) (i >> 8);
        }
        try (NDManager manager = Torch.newManager()) {
            for (StoredType type : new StoredType[] {StoredType.F16, StoredType.BF16}) {
                Path path = file(
                        "{\"a\":{\"dtype\":\"%s\",\"shape\":[65536],\"data_offsets\":[0,131072]}}".formatted(type),
                        bits);
                try (SafetensorsFile file = SafetensorsFile.open(path)) {
                    float[] engine = file.read(manager, "a").toFloatArray();
                    assertThat(file.floats("a")).as(type.name()).isEqualTo(engine);
                    assertThat(engine[type == StoredType.F16 ? 0x3C00 : 0x3F80]).isEqualTo(1f);
                }
            }
        }
    }

    @Test
    void bfloat16IsRoundedToTheNearestAndHalfWayToTheEven() throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (NDManager manager = Torch.newManager()) {
            float[] values = {1f, 0x1.01p0f, 0x1.03p0f, 1.005f, -3.3e38f, 0f};
            SafetensorsWriter.write(path, Map.of("a", manager.create(values)), Map.of(), Storage.BFLOAT16);
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                assertThat(file.dtype("a")).isEqualTo(StoredType.BF16);
                float[] expected = new float[values.length];
                for (int i = 0; i < values.length; i++) {
                    int bits = Float.floatToIntBits(values[i]);
                    int rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & 0xFFFF0000;
                    expected[i] = Float.intBitsToFloat(rounded);
                }
                assertThat(file.floats("a")).isEqualTo(expected);
                assertThat(file.read(manager, "a").toFloatArray()).isEqualTo(expected);
            }
        }
    }

    @Test
    void aStoredBfloat16TensorCanBeWrittenAgain() throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (NDManager manager = Torch.newManager()) {
            SafetensorsWriter.write(path, Map.of("a", manager.create(new float[] {1, 2})), Map.of(), Storage.BFLOAT16);
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                NDArray stored = file.readStored(manager, "a");
                assertThat(stored.getDataType()).isEqualTo(DataType.UNKNOWN);
                assertThat(stored.getShape()).isEqualTo(new Shape(2));
            }
        }
    }

    @Test
    void aNumberThatFloat16CannotHoldIsRefusedAndLeavesNoFile() throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (NDManager manager = Torch.newManager()) {
            Map<String, NDArray> tensors = Map.of("w", manager.create(new float[] {1, 70000}));
            assertThatThrownBy(() -> SafetensorsWriter.write(path, tensors, Map.of(), Storage.FLOAT16))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("Tensor w");
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void aWriteThatFailsHalfWayLeavesTheOldFile() throws IOException {
        Path path = folder.resolve("a.safetensors");
        Files.writeString(path, "old");
        assertThatThrownBy(() -> AtomicFiles.file(path, channel -> {
                    channel.write(ByteBuffer.wrap(new byte[100]));
                    throw new IOException("No space left on device");
                }))
                .isInstanceOf(IOException.class)
                .hasMessage(path + " could not be written: No space left on device");
        assertThat(path).hasContent("old");
        assertThat(files()).containsExactly(path);
    }

    @Test
    void aFolderIsReplacedAsAWhole() throws IOException {
        Path target = folder.resolve("model");
        AtomicFiles.folder(target, f -> Files.writeString(f.resolve("old"), "1"));
        AtomicFiles.folder(
                target,
                f -> Files.writeString(Files.createDirectory(f.resolve("sub")).resolve("new"), "2"));
        assertThat(target.resolve("old")).doesNotExist();
        assertThat(target.resolve("sub/new")).hasContent("2");
        assertThatThrownBy(() -> AtomicFiles.folder(target, f -> {
                    Files.writeString(f.resolve("half"), "3");
                    throw new IOException("disk full");
                }))
                .hasMessageContaining("disk full");
        assertThat(target.resolve("sub/new")).hasContent("2");
        assertThat(files()).containsExactly(target);
    }

    @ParameterizedTest
    @EnumSource(Storage.class)
    void theSameTensorsGiveTheSameBytesInAnyOrder(Storage storage) throws IOException {
        try (NDManager manager = Torch.newManager()) {
            NDArray a = manager.create(new float[] {1, 2, 3}).toType(DataType.FLOAT32, true);
            NDArray b = manager.create(new byte[] {1, 2, 3});
            Map<String, NDArray> one = new LinkedHashMap<>(Map.of("a", a));
            one.put("b", b);
            Map<String, NDArray> other = new LinkedHashMap<>(Map.of("b", b));
            other.put("a", a);
            SafetensorsWriter.write(folder.resolve("1"), one, Map.of("x", "1", "y", "2"), storage);
            SafetensorsWriter.write(folder.resolve("2"), other, Map.of("y", "2", "x", "1"), storage);
            assertThat(Files.readAllBytes(folder.resolve("1"))).isEqualTo(Files.readAllBytes(folder.resolve("2")));
        }
    }

    @Test
    void arraysReadFromAFileMayBeWrittenToAndOutliveIt() throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (NDManager manager = Torch.newManager()) {
            SafetensorsWriter.write(path, Map.of("a", manager.create(new float[] {1, 2})), Map.of(), Storage.SAME);
            NDArray read;
            try (WeightFiles files = WeightFiles.open(path)) {
                read = files.load(manager).get("a");
            }
            Files.delete(path);
            read.addi(1);
            assertThat(read.toFloatArray()).containsExactly(2, 3);
            assertThat(read.getManager()).isSameAs(manager);
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void unalignedAndEmptyTensorsAreRead(long seed) throws IOException {
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder json = new StringBuilder("{");
        int offset = 0;
        for (int i = 0; i < 20; i++) {
            StoredType type = StoredType.values()[random.nextInt(StoredType.values().length)];
            int count = random.nextInt(4);
            int end = offset + count * type.bytes();
            json.append("%s\"t%s\":{\"dtype\":\"%s\",\"shape\":[%s,1],\"data_offsets\":[%s,%s]}"
                    .formatted(i == 0 ? "" : ",", i, type, count, offset, end));
            offset = end;
        }
        byte[] data = new byte[offset];
        for (int i = 0; i < offset; i++) {
            data[i] = (byte) random.nextInt(2);
        }
        Path path = file(json.append(" ".repeat(random.nextInt(8))).append("}").toString(), data);
        try (NDManager manager = Torch.newManager();
                SafetensorsFile file = SafetensorsFile.open(path, 1 << 20, seed % 2 == 0 ? 0 : Long.MAX_VALUE)) {
            for (String name : file.names()) {
                NDArray read = file.read(manager, name);
                assertThat(read.getShape()).isEqualTo(file.shape(name));
                NDArray floats = read.toType(DataType.FLOAT32, false);
                assertThat(floats.toFloatArray()).as("seed %s %s", seed, name).isEqualTo(file.floats(name));
            }
        }
    }

    @Test
    void shardsAreReadThroughTheirIndex() throws IOException {
        try (NDManager manager = Torch.newManager()) {
            NDArray a = manager.create(new float[] {1});
            NDArray b = manager.create(new float[] {2});
            SafetensorsWriter.write(folder.resolve("m-1.safetensors"), Map.of("a", a), Map.of("k", "1"), Storage.SAME);
            SafetensorsWriter.write(folder.resolve("m-2.safetensors"), Map.of("b", b), Map.of(), Storage.FLOAT16);
            Files.writeString(folder.resolve("model.safetensors.index.json"), """
                    {"metadata":{"total_size":6},"weight_map":{"b":"m-2.safetensors","a":"m-1.safetensors"}}""");
            try (WeightFiles files = WeightFiles.open(folder);
                    Weights weights = files.load(manager)) {
                assertThat(weights.names()).containsExactly("a", "b");
                assertThat(weights.get("b").toFloatArray()).containsExactly(2);
                assertThat(files.dtype("b")).isEqualTo(StoredType.F16);
                assertThat(files.metadata()).containsEntry("k", "1");
                assertThat(files.bytes()).isEqualTo(6);
            }
        }
    }

    @Test
    void aTensorLongerThanOneMappingIsWhole() throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (NDManager manager = Torch.newManager()) {
            NDArray numbers = manager.arange(10_001).toType(DataType.FLOAT32, false);
            SafetensorsWriter.write(path, Map.of("a", numbers, "b", manager.create(1L)), Map.of(), Storage.FLOAT16);
            try (SafetensorsFile file = SafetensorsFile.open(path, 4096, Long.MAX_VALUE);
                    SafetensorsFile whole = SafetensorsFile.open(path)) {
                assertThat(file.floats("a")).isEqualTo(whole.floats("a"));
                assertThat(file.read(manager, "a").toFloatArray()).isEqualTo(whole.floats("a"));
                assertThat(file.floats("a")[2047]).isEqualTo(2047f);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @EnumSource(Storage.class)
    void aMappedFileHoldsTheSameNumbersAndIsNeverWrittenTo(Storage storage) throws IOException {
        Path path = folder.resolve("großes Modell.safetensors");
        try (NDManager manager = Torch.newManager()) {
            NDArray numbers = manager.arange(3_000)
                    .toType(DataType.FLOAT32, false)
                    .sub(1_234.5f)
                    .reshape(3, 1_000);
            SafetensorsWriter.write(path, Map.of("a", numbers, "b", manager.create(1L)), Map.of(), storage);
            byte[] before = Files.readAllBytes(path);
            NDArray mapped;
            float[] values;
            try (SafetensorsFile file = SafetensorsFile.open(path, 1 << 20, 0);
                    SafetensorsFile copied = SafetensorsFile.open(path, 1 << 20, Long.MAX_VALUE)) {
                mapped = file.readStored(manager, "a");
                values = copied.floats("a");
                assertThat(mapped.getShape()).isEqualTo(new Shape(3, 1_000));
                assertThat(floats(mapped)).isEqualTo(values);
                assertThat(file.read(manager, "a").toFloatArray()).isEqualTo(values);
                assertThat(file.read(manager, "b").toLongArray()).containsExactly(1);
            }
            assertThat(floats(mapped)).isEqualTo(values);
            InPlace.zero(mapped);
            assertThat(floats(mapped)).containsOnly(0);
            assertThat(Files.readAllBytes(path)).isEqualTo(before);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileIsMappedAsLongAsAnArrayIsInItsPages() throws IOException {
        Path path = folder.toRealPath().resolve("a.safetensors");
        try (NDManager manager = Torch.newManager()) {
            SafetensorsWriter.write(path, Map.of("a", manager.ones(new Shape(64))), Map.of(), Storage.SAME);
            NDArray mapped;
            try (SafetensorsFile file = SafetensorsFile.open(path, 1 << 20, 0)) {
                mapped = file.read(manager, "a");
            }
            assertThat(isMapped(path)).isTrue();
            mapped.close();
            assertThat(isMapped(path)).isFalse();
            try (SafetensorsFile file = SafetensorsFile.open(path)) {
                file.read(manager, "a");
                assertThat(isMapped(path)).as("a small file").isFalse();
            }
        }
    }

    /** As on a file system that has no mappings. */
    @Test
    void whatCannotBeMappedIsCopied() throws IOException {
        Path path = folder.resolve("a.safetensors");
        try (NDManager manager = Torch.newManager()) {
            SafetensorsWriter.write(path, Map.of("a", manager.create(new float[] {1, 2})), Map.of(), Storage.SAME);
            try (SafetensorsFile file = SafetensorsFile.open(path, 1 << 20, 0)) {
                Files.delete(path);
                assertThat(file.read(manager, "a").toFloatArray()).containsExactly(1, 2);
            }
        }
    }

    private static boolean isMapped(Path path) throws IOException {
        return Files.readString(Path.of("/proc/self/maps")).contains(path.toString());
    }

    private static float[] floats(NDArray array) {
        return Ops.call("to_float32", null, array).toFloatArray();
    }

    /** A sparse file that claims what no machine holds must be read in part. */
    @Test
    void aTensorThatNoArrayHoldsIsRefusedAsSuch() throws IOException {
        long elements = 3L << 30;
        Path path = file(
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[%s],\"data_offsets\":[0,%s]}}".formatted(elements, elements),
                new byte[0]);
        try (var channel = java.nio.channels.FileChannel.open(path, java.nio.file.StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(new byte[1]), channel.size() + elements - 1);
        }
        try (SafetensorsFile file = SafetensorsFile.open(path)) {
            assertThatThrownBy(() -> file.floats("a"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("3221225472");
        }
    }

    private Path file(String json, byte[] data) throws IOException {
        byte[] header = json.getBytes(StandardCharsets.UTF_8);
        ByteBuffer bytes = ByteBuffer.allocate(8 + header.length + data.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(header.length).put(header).put(data);
        return Files.write(folder.resolve("f" + Arrays.hashCode(bytes.array()) + ".safetensors"), bytes.array());
    }

    private Stream<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList().stream();
        }
    }
}
