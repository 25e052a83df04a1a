package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;

/** Small arrays between the engine's float32 and the float64 that losses are computed in. */
final class Doubles {
    private Doubles() {}

    /** Returns the values of an array. */
    static double[] of(NDArray array) {
        float[] floats = array.toFloatArray();
        double[] doubles = new double[floats.length];
        Arrays.setAll(doubles, i -> floats[i]);
        return doubles;
    }

    /** Returns values times a number as an array of the manager, shape (n). */
    static NDArray array(NDManager manager, double[] values, double scale) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) (values[i] * scale);
        }
        return manager.create(floats);
    }
}
