package dev.sluice.rewards.internal.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** A network in an ONNX file, on the CPU or on a GPU. */
public final class OnnxNetwork implements AutoCloseable {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private final Path file;
    private final OrtSession session;
    private boolean closed;

    private OnnxNetwork(Path file, OrtSession session) {
        this.file = file;
        this.session = session;
    }

    /**
     * Where and with how many threads a network computes.
     *
     * @param device auto, cpu, gpu or gpuN; auto is a GPU where ONNX Runtime has been built for one and finds it
     * @param threads of an operator
     */
    public record Place(String device, int threads) {
        /** Checks both. */
        public Place {
            if (!device.matches("auto|cpu|gpu\\d*")) {
                throw new IllegalArgumentException("device (%s) must be auto, cpu, gpu or gpuN.".formatted(device));
            }
            if (threads < 1) {
                throw new IllegalArgumentException("threads (%s) must be at least 1.".formatted(threads));
            }
        }

        private int gpu() {
            return device.length() > 3 && device.startsWith("gpu") ? Integer.parseInt(device.substring(3)) : 0;
        }
    }

    /**
     * Opens a network.
     *
     * @throws IOException if the file is missing or no network, or the GPU that was asked for is not there
     */
    public static OnnxNetwork open(Path file, Place place) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s is not there; an ONNX file is expected.".formatted(file));
        }
        boolean built = OrtEnvironment.getAvailableProviders().contains(OrtProvider.CUDA);
        if (place.device.startsWith("gpu") && !built) {
            throw new IOException(
                    "device (%s): this ONNX Runtime was built without CUDA.%nMaybe put onnxruntime_gpu on the class path instead."
                            .formatted(place.device));
        }
        if (built && !place.device.equals("cpu")) {
            try {
                return new OnnxNetwork(file, session(file, place, true));
            } catch (OrtException e) {
                if (place.device.startsWith("gpu")) {
                    throw new IOException("%s cannot run on %s: %s.".formatted(file, place.device, line(e)), e);
                }
            }
        }
        try {
            return new OnnxNetwork(file, session(file, place, false));
        } catch (OrtException e) {
            throw new IOException("%s is no network that ONNX Runtime can run: %s.".formatted(file, line(e)), e);
        }
    }

    private static OrtSession session(Path file, Place place, boolean gpu) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(place.threads);
            options.setInterOpNumThreads(1);
            options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
            // Threads that spin while they wait take the cores from those that decode.
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            if (gpu) {
                options.addCUDA(place.gpu());
            }
            return ENVIRONMENT.createSession(file.toString(), options);
        }
    }

    private static String line(OrtException e) {
        return String.valueOf(e.getMessage())
                .lines()
                .findFirst()
                .orElse("no reason given")
                .replaceAll("[.\\s]+$", "");
    }

    /** Returns the names of the inputs. */
    public Set<String> inputs() {
        return session.getInputNames();
    }

    /**
     * Returns the sizes of an input; one that may vary is negative.
     *
     * @throws IOException if there is no such input
     */
    public long[] shape(String input) throws IOException {
        try {
            if (session.getInputInfo().containsKey(input)
                    && session.getInputInfo().get(input).getInfo() instanceof TensorInfo info) {
                return info.getShape();
            }
        } catch (OrtException e) {
            throw new IOException("%s: %s.".formatted(file, line(e)), e);
        }
        throw new IOException("%s has no input %s; it has %s.".formatted(file, input, inputs()));
    }

    /** Returns the names of the outputs, in their order. */
    public Set<String> outputs() {
        return session.getOutputNames();
    }

    /** Refuses a network without an output. */
    void requireOutput(String output) throws IOException {
        if (!session.getOutputNames().contains(output)) {
            throw new IOException("%s has no output %s; it has %s.".formatted(file, output, session.getOutputNames()));
        }
    }

    /**
     * Runs the network.
     *
     * @param pixels floats by the input's name: a direct buffer and its shape
     * @param ids 64-bit integers by the input's name
     * @return one row for each row of the inputs
     * @throws IllegalStateException if it fails
     */
    float[][] run(Map<String, Floats> pixels, Map<String, long[][]> ids, String output) {
        Values found = run(pixels, ids, Set.of(output)).get(output);
        int count = Math.toIntExact(found.shape[0]);
        float[][] rows = new float[count][count == 0 ? 0 : found.values.length / count];
        for (int i = 0; i < count; i++) {
            System.arraycopy(found.values, i * rows[i].length, rows[i], 0, rows[i].length);
        }
        return rows;
    }

    /**
     * Runs the network for several of its outputs.
     *
     * @param pixels floats by the input's name: a direct buffer and its shape
     * @param ids 64-bit integers by the input's name
     * @return by the output's name
     * @throws IllegalStateException if it fails
     */
    public synchronized Map<String, Values> run(
            Map<String, Floats> pixels, Map<String, long[][]> ids, Set<String> outputs) {
        if (closed) {
            throw new IllegalStateException("%s has been closed.".formatted(file));
        }
        Map<String, OnnxTensor> tensors = new HashMap<>();
        try {
            for (Map.Entry<String, Floats> entry : pixels.entrySet()) {
                Floats floats = entry.getValue();
                tensors.put(entry.getKey(), OnnxTensor.createTensor(ENVIRONMENT, floats.values, floats.shape));
            }
            for (Map.Entry<String, long[][]> entry : ids.entrySet()) {
                long[][] rows = entry.getValue();
                LongBuffer flat = LongBuffer.allocate(rows.length * rows[0].length);
                for (long[] row : rows) {
                    flat.put(row);
                }
                long[] shape = {rows.length, rows[0].length};
                tensors.put(entry.getKey(), OnnxTensor.createTensor(ENVIRONMENT, flat.flip(), shape));
            }
            try (OrtSession.Result result = session.run(tensors, outputs)) {
                Map<String, Values> values = new HashMap<>();
                for (String output : outputs) {
                    values.put(output, values((OnnxTensor) result.get(output).orElseThrow()));
                }
                return values;
            }
        } catch (OrtException e) {
            throw new IllegalStateException("%s failed: %s".formatted(file, line(e)), e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    /**
     * What an output holds; whole numbers as floats.
     *
     * @param values in the order of their places, the last index first
     * @param shape its sizes
     */
    public record Values(float[] values, long[] shape) {}

    private static Values values(OnnxTensor tensor) {
        long[] shape = tensor.getInfo().getShape();
        float[] values;
        switch (tensor.getInfo().type) {
            case INT64 -> {
                LongBuffer longs = tensor.getLongBuffer();
                values = new float[longs.remaining()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = longs.get(i);
                }
            }
            case INT32 -> {
                IntBuffer ints = tensor.getIntBuffer();
                values = new float[ints.remaining()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = ints.get(i);
                }
            }
            default -> {
                FloatBuffer floats = tensor.getFloatBuffer();
                values = new float[floats.remaining()];
                floats.get(values);
            }
        }
        return new Values(values, shape);
    }

    /**
     * Values in native memory.
     *
     * @param values a direct buffer
     * @param shape its sizes
     */
    public record Floats(FloatBuffer values, long[] shape) {}

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        }
    }
}
