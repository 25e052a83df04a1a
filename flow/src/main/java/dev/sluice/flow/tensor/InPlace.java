package dev.sluice.flow.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;

/** Operators on values in place, and copies of them; none records a graph or leaves another array behind. */
public final class InPlace {
    private InPlace() {}

    /** Writes the values of {@code value} into {@code target}, of the same shape. */
    public static void assign(NDArray target, NDArray value) {
        Require.sameShape("value", value, "target", target);
        run("assign", new double[] {0}, target, value);
    }

    /** Returns a copy of the same type, outside any graph, owned by {@code manager}. */
    public static NDArray copy(NDManager manager, NDArray array) {
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray copy = array.duplicate();
            copy.attach(manager);
            return copy;
        }
    }

    /** Sets all values to zero, also those that are not finite. */
    public static void zero(NDArray target) {
        run("zero", new double[] {0}, target);
    }

    /** Writes base + scale·B·A into {@code folded}; A is (r, in), B is (out, r), the others (out, in). */
    public static void foldLowRank(NDArray folded, NDArray base, NDArray a, NDArray b, double scale) {
        run("fold_low_rank", new double[] {scale}, folded, base, a, b);
    }

    /**
     * Writes base + scale·B·A with rows of given lengths into {@code folded}, as DoRA does; A is (r, in), B is (out, r), the
     * lengths (out), the others (out, in).
     */
    public static void foldDora(NDArray folded, NDArray base, NDArray a, NDArray b, double scale, NDArray lengths) {
        run("fold_dora", new double[] {scale}, folded, base, a, b, lengths);
    }

    /** Adds scale·Bᵀ·G to {@code gradientA} and scale·G·Aᵀ to {@code gradientB}, where G is the folded weight's gradient. */
    public static void pullBackLowRank(
            NDArray gradient, NDArray a, NDArray b, double scale, NDArray gradientA, NDArray gradientB) {
        run("pull_back_low_rank", new double[] {scale}, gradient, a, b, gradientA, gradientB);
    }

    /** Moves {@code average} towards {@code value} by {@code rate} in [0, 1]. */
    public static void movingAverage(NDArray average, NDArray value, double rate) {
        run("moving_average", new double[] {rate}, average, value);
    }

    /** Runs the TorchScript method with its scalars first. */
    public static void run(String method, double[] scalars, NDArray... arrays) {
        try (NDManager scratch = arrays[0].getManager().newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray[] arguments = new NDArray[arrays.length + 1];
            arguments[0] = scalars.length == 1 ? scratch.create(scalars[0]) : scratch.create(scalars);
            System.arraycopy(arrays, 0, arguments, 1, arrays.length);
            Ops.call(method, null, arguments);
        }
    }
}
