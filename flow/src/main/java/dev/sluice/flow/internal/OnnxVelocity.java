package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A velocity model in an ONNX file, on the CPU. Nothing can be differentiated through it. */
final class OnnxVelocity implements AutoCloseable {
    private static final OrtEnvironment ENVIRONMENT = OrtEnvironment.getEnvironment();

    private final Path file;
    private final List<String> inputs;
    private final OrtSession session;

    private OnnxVelocity(Path file, List<String> inputs, OrtSession session) {
        this.file = file;
        this.inputs = inputs;
        this.session = session;
    }

    /**
     * Opens a file.
     *
     * @param inputs the names of what it takes
     * @throws IOException if it is not there, no network, or takes something else
     */
    static OnnxVelocity open(Path file, List<String> inputs) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s is not there; expected an ONNX file.".formatted(file));
        }
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(Torch.threads());
            options.setInterOpNumThreads(1);
            options.addConfigEntry("session.intra_op.allow_spinning", "0");
            OrtSession session = ENVIRONMENT.createSession(file.toString(), options);
            if (!session.getInputNames().equals(Set.copyOf(inputs)) || session.getNumOutputs() != 1) {
                List<String> found = List.copyOf(session.getInputNames());
                session.close();
                throw new IOException("%s takes %s; expected %s, as its config.json says, and one output."
                        .formatted(file, found, inputs));
            }
            return new OnnxVelocity(file, inputs, session);
        } catch (OrtException e) {
            throw new IOException("%s is no network that ONNX Runtime can run: %s.".formatted(file, line(e)), e);
        }
    }

    private static String line(OrtException e) {
        String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
        return first.replaceAll("[.\\s]+$", "");
    }

    /** Computes the velocity, owned by the manager of the first array. */
    NDArray call(NDArray... arrays) {
        Map<String, OnnxTensor> tensors = new HashMap<>();
        try {
            for (int i = 0; i < arrays.length; i++) {
                FloatBuffer values = FloatBuffer.wrap(arrays[i].toFloatArray());
                tensors.put(
                        inputs.get(i),
                        OnnxTensor.createTensor(
                                ENVIRONMENT, values, arrays[i].getShape().getShape()));
            }
            try (OrtSession.Result result = session.run(tensors)) {
                OnnxTensor velocity = (OnnxTensor) result.get(0);
                float[] values =
                        new float[Math.toIntExact(new Shape(velocity.getInfo().getShape()).size())];
                velocity.getFloatBuffer().get(values);
                return arrays[0]
                        .getManager()
                        .create(values, new Shape(velocity.getInfo().getShape()));
            }
        } catch (OrtException e) {
            throw new IllegalStateException("%s failed: %s.".formatted(file, line(e)), e);
        } finally {
            tensors.values().forEach(OnnxTensor::close);
        }
    }

    @Override
    public void close() {
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException("%s could not be closed: %s.".formatted(file, line(e)), e);
        }
    }
}
