package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Path;

/** The golden models and tensors under {@code fixtures/}. */
public final class Fixtures {
    private Fixtures() {}

    /** Returns a fixture's path. */
    public static Path path(String name) {
        try {
            return Path.of(Fixtures.class.getResource("/fixtures/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Compares with a tensor of a golden file; {@code tolerance} is for {@link #relativeError}. */
    public static void assertEqual(SafetensorsFile golden, NDArray found, String name, double tolerance)
            throws IOException {
        try (NDArray expected = golden.read(found.getManager(), name)) {
            assertThat(relativeError(found, expected)).as(name).isLessThan(tolerance);
        }
    }

    /** Returns max|found − expected| / max|expected|; NaN and shapes that differ count as infinite. */
    public static double relativeError(NDArray found, NDArray expected) {
        if (!found.getShape().equals(expected.getShape())) {
            return Double.POSITIVE_INFINITY;
        }
        float[] f = found.toFloatArray();
        float[] e = expected.toFloatArray();
        double largest = 0;
        double error = 0;
        for (int i = 0; i < f.length; i++) {
            if (Float.isNaN(f[i])) {
                return Double.POSITIVE_INFINITY;
            }
            largest = Math.max(largest, Math.abs(e[i]));
            error = Math.max(error, Math.abs((double) f[i] - e[i]));
        }
        return error / largest;
    }
}
