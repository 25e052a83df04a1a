package dev.sluice.flow.tensor;

import ai.djl.MalformedModelException;
import ai.djl.Model;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtModel;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValueUtils;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A function in a TorchScript file, which takes tensors and, as its last argument, a dictionary of weights.
 *
 * <p>Memory: a result belongs to the manager of the first argument. Gradients flow through to the arguments and the weights.
 * Several threads may call at a time.
 */
public final class Script implements AutoCloseable {
    private final Path file;
    private final Model model;

    private Script(Path file, Model model) {
        this.file = file;
        this.model = model;
    }

    /**
     * Compiles a file.
     *
     * @throws IOException if it is not there, or no TorchScript
     */
    public static Script open(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new IOException("%s is not there; expected a TorchScript file.".formatted(file));
        }
        Torch.prepareThread();
        Model model = Model.newInstance("script", "PyTorch");
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            ((PtModel) model).load(in, Map.of());
            return new Script(file, model);
        } catch (MalformedModelException | EngineException e) {
            model.close();
            throw new IOException("%s is no TorchScript file: %s.".formatted(file, line(e)), e);
        } catch (IOException | RuntimeException | Error e) {
            model.close();
            throw e;
        }
    }

    private static String line(Exception e) {
        String first = String.valueOf(e.getMessage()).lines().findFirst().orElse("no reason given");
        return first.replaceAll("[.\\s]+$", "");
    }

    /**
     * Calls the function.
     *
     * @param weights its last argument
     * @param arguments the tensors before it, in order; the first must not be a weight
     * @throws IllegalStateException if it fails, with the reason's first line
     */
    public NDArray call(Weights weights, NDArray... arguments) {
        Torch.prepareThread();
        NDList inputs = new NDList(arguments.length + weights.names().size());
        for (NDArray argument : arguments) {
            argument.setName(null);
            inputs.add(argument);
        }
        weights.asMap().forEach((name, array) -> {
            array.setName(Ops.WEIGHTS + name);
            inputs.add(array);
        });
        try {
            return IValueUtils.forward((PtSymbolBlock) model.getBlock(), inputs, true)
                    .get(0);
        } catch (EngineException e) {
            throw new IllegalStateException("%s failed: %s.".formatted(file, line(e)), e);
        }
    }

    @Override
    public void close() {
        model.close();
    }
}
