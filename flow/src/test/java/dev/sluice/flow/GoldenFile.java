package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The tensors of a {@code golden.safetensors}, by name. */
record GoldenFile(Map<String, NDArray> arrays) {
    static GoldenFile read(NDManager manager, String folder) throws IOException {
        Path file = Path.of("src/test/resources/fixtures", folder, "golden.safetensors");
        try (InputStream in = Files.newInputStream(file)) {
            Map<String, NDArray> arrays = new HashMap<>();
            for (NDArray array : NDList.decode(manager, in)) {
                arrays.put(array.getName(), array);
            }
            return new GoldenFile(arrays);
        }
    }

    NDArray get(String name) {
        NDArray array = arrays.get(name);
        if (array == null) {
            throw new IllegalArgumentException("The golden file has no tensor named %s.".formatted(name));
        }
        return array;
    }

    double[] numbers(String name) {
        Number[] numbers = get(name).toArray();
        double[] values = new double[numbers.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = numbers[i].doubleValue();
        }
        return values;
    }
}
