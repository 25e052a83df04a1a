package dev.sluice.sde;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** The tensors of a {@code golden.safetensors}, by name. */
record GoldenFile(Map<String, NDArray> arrays) {
    static GoldenFile read(NDManager manager, String folder) throws IOException {
        return read(manager, Path.of("src/test/resources/fixtures", folder));
    }

    static GoldenFile read(NDManager manager, Path folder) throws IOException {
        Path file = folder.resolve("golden.safetensors");
        try (SafetensorsFile stored = SafetensorsFile.open(file)) {
            Map<String, NDArray> arrays = new HashMap<>();
            for (String name : stored.names()) {
                arrays.put(name, stored.read(manager, name));
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

    /** Returns a slice of the leading axis, which is the step. */
    NDArray get(String name, int step) {
        return get(name).get(step);
    }

    TimeSchedule schedule(String name) {
        float[] levels = get(name).toFloatArray();
        double[] grid = new double[levels.length];
        for (int k = 0; k < grid.length; k++) {
            grid[k] = levels[k];
        }
        return TimeSchedule.of(grid);
    }

    /** A model that answers with one stored velocity. */
    static VelocityModel answering(NDArray velocity) {
        return (latents, sigmas, conditioning) -> {
            NDArray copy = velocity.duplicate();
            copy.attach(latents.getManager());
            return copy;
        };
    }

    static void assertWithin(NDArray actual, NDArray expected, double tolerance, String what) {
        assertThat(actual.getShape()).as(what).isEqualTo(expected.getShape());
        float[] found = actual.toFloatArray();
        float[] wanted = expected.toFloatArray();
        for (int i = 0; i < wanted.length; i++) {
            // Written so that NaN fails.
            assertThat(Math.abs(found[i] - wanted[i]) <= tolerance * (1 + Math.abs(wanted[i])))
                    .as("%s[%s]: %s instead of %s", what, i, found[i], wanted[i])
                    .isTrue();
        }
    }

    static void assertRelative(NDArray actual, NDArray expected, double tolerance, String what) {
        double error = actual.sub(expected).abs().max().getFloat();
        double most = expected.abs().max().getFloat();
        assertThat(error <= tolerance * most)
                .as("%s: error %s of %s", what, error, most)
                .isTrue();
    }
}
