package dev.sluice.flow.tensor;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The tensor engine: started once, with its thread pools sized in one place.
 *
 * <p>Only this package names classes of the PyTorch engine.
 */
public final class Torch {
    private static final String ENGINE = "PyTorch";

    private Torch() {}

    /** The engine starts when this class is first used. */
    private static final class Started {
        static final Engine ENGINE = start();

        private static Engine start() {
            return Engine.getEngine(Torch.ENGINE);
        }
    }

    /** Whether this thread has the modes that {@link Ops} needs. */
    private static final ThreadLocal<Boolean> PREPARED = ThreadLocal.withInitial(() -> {
        Started.ENGINE.getVersion();
        // The optimising executor rewrites a graph after two profiled runs, and the rewritten one rounds otherwise: a
        // resumed run would differ from one that never stopped, and a replayed step from its rollout. Each thread has
        // a switch of its own.
        JniUtils.setGraphExecutorOptimize(false);
        return true;
    });

    /** Makes this thread compute as all others do. */
    static void prepareThread() {
        PREPARED.get();
    }

    /**
     * Sizes the engine's thread pool, for this thread and those that first use the engine later; call before any heavy work,
     * since two busy pools on two cores fight.
     */
    public static void threads(int threads) {
        Require.atLeast("threads", threads, 1);
        Started.ENGINE.getVersion();
        JniUtils.setNumThreads(threads);
    }

    /** Returns the number of threads that one operator uses. */
    public static int threads() {
        Started.ENGINE.getVersion();
        return JniUtils.getNumThreads();
    }

    /** Returns the engine's name, version and device count, for manifests and bug reports. */
    public static String description() {
        return "PyTorch %s, %s GPU".formatted(Started.ENGINE.getVersion(), Started.ENGINE.getGpuCount());
    }

    /**
     * Returns the device for a name.
     *
     * @param name {@code auto} (the first GPU, or the CPU), {@code cpu}, {@code gpu} or {@code gpuN}
     */
    public static Device device(String name) {
        int gpus = Started.ENGINE.getGpuCount();
        if ("cpu".equals(name) || ("auto".equals(name) && gpus == 0)) {
            return Device.cpu();
        }
        int index = switch (name) {
            case "auto", "gpu" -> 0;
            default -> name.matches("gpu[0-9]{1,3}") ? Integer.parseInt(name.substring(3)) : -1;
        };
        if (index < 0) {
            throw new IllegalArgumentException("device (%s) must be auto, cpu, gpu or gpuN.".formatted(name));
        }
        if (index >= gpus) {
            throw new IllegalArgumentException(
                    "device (%s) is not there; the engine sees %s GPU.%nMaybe set device: cpu.".formatted(name, gpus));
        }
        return Device.gpu(index);
    }

    /** Returns a new manager on the device; the caller closes it. */
    public static NDManager newManager(Device device) {
        return NDManager.newBaseManager(device, Started.ENGINE.getEngineName());
    }

    /** Returns a new manager on the CPU; the caller closes it. */
    public static NDManager newManager() {
        return newManager(Device.cpu());
    }

    /** A scope whose end restores what its start changed. */
    @FunctionalInterface
    public interface Scope extends AutoCloseable {
        @Override
        void close();
    }

    /**
     * Records no graph on this thread until the scope is closed. Its results may enter a graph later, unlike those of the
     * engine's inference mode.
     */
    public static Scope noGradient() {
        Started.ENGINE.getVersion();
        return gradientMode(false);
    }

    /** Records a graph on this thread until the scope is closed. */
    public static Scope withGradient() {
        Started.ENGINE.getVersion();
        return gradientMode(true);
    }

    private static Scope gradientMode(boolean enabled) {
        boolean before = JniUtils.isGradMode();
        JniUtils.setGradMode(enabled);
        return () -> JniUtils.setGradMode(before);
    }

    /**
     * Returns arrays on the device of another and in a type, by the same names, also inside a graph. What is so already shares
     * its memory.
     *
     * @param owner owns the result
     */
    public static Map<String, NDArray> placed(
            NDManager owner, NDArray like, Map<String, NDArray> arrays, Precision type) {
        Map<String, NDArray> placed = new LinkedHashMap<>();
        if (arrays.isEmpty()) {
            return placed;
        }
        try (NDArray code = owner.create((long) type.engineCode())) {
            for (NDArray array : Ops.callAll("placed", null, arrays, like, code)) {
                array.attach(owner);
                placed.put(array.getName(), array);
            }
        }
        return placed;
    }

    /** Returns whether this thread records a graph. */
    static boolean recording() {
        Started.ENGINE.getVersion();
        return JniUtils.isGradMode();
    }

    /** Returns whether an array requires a gradient or was computed from one that does. */
    static boolean recorded(NDArray array) {
        // The engine's own question is about leaves alone.
        try (NDArray answer = Ops.call("recorded", null, array)) {
            return answer.getBoolean();
        }
    }

    /** Adds the gradient of Σ target·cotangent to every array that requires one. */
    public static void backward(NDArray target, NDArray cotangent) {
        Require.sameShape("cotangent", cotangent, "target", target);
        Recomputation.backward(target, cotangent);
    }

    /** Adds the gradient of a scalar to every array that requires one. */
    public static void backward(NDArray scalar) {
        try (NDArray one = scalar.getManager().ones(scalar.getShape())) {
            backward(scalar, one);
        }
    }

    /**
     * Returns {@code factor}·{@code array}, also inside a graph. Use it wherever a backward pass may follow:
     * {@code array.mul(Number)} makes its factor an array in memory of the JVM and lets go of it at once, so that a garbage
     * collection before the backward pass leaves the graph with another number, and the gradient is silently wrong.
     *
     * <p>Memory: the result belongs to the manager of {@code array}.
     */
    public static NDArray scaled(NDArray array, double factor) {
        try (NDArray number = array.getManager().create(factor)) {
            return Ops.call("scaled", null, array, number);
        }
    }

    /** Returns the same values outside any graph; owned by the manager of {@code array}. */
    public static NDArray detached(NDArray array) {
        return JniUtils.detachGradient((PtNDArray) array);
    }

    /** Returns whether {@code array} itself collects a gradient; false for what is computed from one that does. */
    public static boolean requiresGradient(NDArray array) {
        return JniUtils.requiresGrad((PtNDArray) array);
    }

    /** Moves arrays to the manager, which then owns them. */
    public static void give(NDManager owner, List<NDArray> arrays) {
        owner.attachAll(new NDList(arrays).toArray(new NDArray[0]));
    }
}
