package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The tensors of a golden file. */
final class Golden implements AutoCloseable {
    private final NDManager manager = Torch.newManager();
    private final Map<String, NDArray> tensors = new LinkedHashMap<>();

    static Path fixture(String path) {
        return Path.of("src/test/resources/fixtures", path);
    }

    static Golden of(String path) {
        Golden golden = new Golden();
        try (SafetensorsFile file = SafetensorsFile.open(fixture(path))) {
            for (String name : file.names()) {
                golden.tensors.put(name, file.read(golden.manager, name));
            }
        } catch (IOException e) {
            throw new AssertionError(path, e);
        }
        return golden;
    }

    Map<String, NDArray> tensors() {
        return tensors;
    }

    NDArray get(String name) {
        if (!tensors.containsKey(name)) {
            throw new AssertionError("no golden tensor " + name);
        }
        return tensors.get(name);
    }

    double[] doubles(String name) {
        float[] floats = get(name).toFloatArray();
        double[] doubles = new double[floats.length];
        for (int i = 0; i < floats.length; i++) {
            doubles[i] = floats[i];
        }
        return doubles;
    }

    double[][] rows(String name) {
        double[] flat = doubles(name);
        int columns = Math.toIntExact(get(name).getShape().get(1));
        double[][] rows = new double[flat.length / columns][columns];
        for (int i = 0; i < flat.length; i++) {
            rows[i / columns][i % columns] = flat[i];
        }
        return rows;
    }

    double scalar(String name) {
        return get(name).getFloat();
    }

    int[] ints(String name) {
        long[] longs = get(name).toLongArray();
        int[] ints = new int[longs.length];
        for (int i = 0; i < ints.length; i++) {
            ints[i] = Math.toIntExact(longs[i]);
        }
        return ints;
    }

    @Override
    public void close() {
        manager.close();
    }
}
