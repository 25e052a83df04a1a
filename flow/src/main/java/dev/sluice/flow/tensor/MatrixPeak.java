package dev.sluice.flow.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;

/** The best rate of a large float32 matrix product, through the same engine and threads as everything else. */
public final class MatrixPeak {
    private static final int REPEATS = 12;

    private MatrixPeak() {}

    /**
     * Measures.
     *
     * @param manager its device is measured
     * @param size rows and columns of the square factors; 2048 is past the caches of most processors
     * @return operations in a second, two for each multiply-add
     */
    public static double operationsPerSecond(NDManager manager, int size) {
        Require.atLeast("size", size, 1);
        double best = Double.POSITIVE_INFINITY;
        try (NDManager scratch = manager.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray left = NoiseSource.of(1).gaussian(scratch, new Shape(size, size));
            NDArray right = NoiseSource.of(2).gaussian(scratch, new Shape(size, size));
            for (int i = 0; i < REPEATS; i++) {
                long start = System.nanoTime();
                try (NDArray product = left.matMul(right);
                        NDArray corner = product.get("0:1,0:1")) {
                    // A GPU answers before it has multiplied; a value read back waits for it.
                    corner.toFloatArray();
                }
                best = Math.min(best, (System.nanoTime() - start) * 1e-9);
            }
        }
        return 2.0 * size * size * size / best;
    }
}
