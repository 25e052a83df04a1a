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
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.IntStream;

/** A network in an ONNX file, on the CPU or on a GPU. Several threads may run it at once. */
public final class OnnxNetwork implements AutoCloseable {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();
    private static final int MOST_LANES = 4;

    private final Path file;
    private final OrtSession session;
    private final int lanes;
    // Those that run it share the lock; the one that closes it waits for them.
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    private OnnxNetwork(Path file, OrtSession session, int lanes) {
        this.file = file;
        this.session = session;
        this.lanes = lanes;
    }

    /**
     * Where and with how many threads a network computes.
     *
     * @param device auto, cpu, gpu or gpuN; auto is a GPU where ONNX Runtime has been built for one and finds it
     * @param threads that compute
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
     * Opens a network whose every operator has all threads.
     *
     * @throws IOException if the file is missing or no network, or the GPU that was asked for is not there
     */
    public static OnnxNetwork open(Path file, Place place) throws IOException {
        return open(file, place, 1);
    }

    /**
     * Opens a network that computes rows in several lanes at once. Two threads of one operator wait for each other at each of
     * some hundred operators, which costs a third of the processor's time; two lanes do not.
     *
     * @throws IOException as {@link #open}
     * @see #inLanes
     */
    static OnnxNetwork ofRows(Path file, Place place) throws IOException {
        return open(file, place, Math.min(place.threads, MOST_LANES));
    }

    private static OnnxNetwork open(Path file, Place place, int lanes) throws IOException {
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
                return new OnnxNetwork(file, session(file, place, place.threads, true), 1);
            } catch (OrtException e) {
                if (place.device.startsWith("gpu")) {
                    throw new IOException("%s cannot run on %s: %s.".formatted(file, place.device, line(e)), e);
                }
            }
        }
        try {
            int threads = (place.threads + lanes - 1) / lanes;
            return new OnnxNetwork(file, session(file, place, threads, false), lanes);
        } catch (OrtException e) {
            throw new IOException("%s is no network that ONNX Runtime can run: %s.".formatted(file, line(e)), e);
        }
    }

    private static OrtSession session(Path file, Place place, int threads, boolean gpu) throws OrtException {
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
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

    /** Computes some of the rows. */
    @FunctionalInterface
    interface Part {
        /** Returns one row for each index from the first, inclusive, to the last, exclusive. */
        float[][] rows(int from, int to);
    }

    /** Computes rows that do not depend on each other: a part of them in each lane, at once. */
    float[][] inLanes(int count, Part part) {
        float[][] rows = new float[count][];
        int parts = Math.min(lanes, count);
        IntStream.range(0, parts).parallel().forEach(i -> {
            int from = i * count / parts;
            float[][] some = part.rows(from, (i + 1) * count / parts);
            System.arraycopy(some, 0, rows, from, some.length);
        });
        return rows;
    }

    /** Returns some of the rows of each input, from the first, inclusive, to the last, exclusive. */
    static Map<String, long[][]> part(Map<String, long[][]> ids, int from, int to) {
        Map<String, long[][]> part = new HashMap<>();
        ids.forEach((name, rows) -> part.put(name, Arrays.copyOfRange(rows, from, to)));
        return part;
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
    public Map<String, Values> run(Map<String, Floats> pixels, Map<String, long[][]> ids, Set<String> outputs) {
        lock.readLock().lock();
        try {
            if (closed) {
                throw new IllegalStateException("%s has been closed.".formatted(file));
            }
            return computed(pixels, ids, outputs);
        } finally {
            lock.readLock().unlock();
        }
    }

    private Map<String, Values> computed(Map<String, Floats> pixels, Map<String, long[][]> ids, Set<String> outputs) {
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
    public void close() {
        lock.writeLock().lock();
        try {
            if (!closed) {
                closed = true;
                session.close();
            }
        } catch (OrtException e) {
            throw new IllegalStateException(e);
        } finally {
            lock.writeLock().unlock();
        }
    }
}
