package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.PassMemory;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Script;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;

/**
 * A velocity model of any architecture: a TorchScript function of latents, times, texts and its weights, which can be trained, or
 * an ONNX file, which cannot.
 */
public final class VelocityNetwork implements Network, AutoCloseable {
    private final VelocityConfig config;
    private final Function function;
    private final Weights weights;

    private VelocityNetwork(VelocityConfig config, Function function, Weights weights) {
        this.config = config;
        this.function = function;
        this.weights = weights;
    }

    /** Computes the velocity, owned by the manager of the first input. */
    private interface Function extends AutoCloseable {
        NDArray call(Weights weights, NDArray... inputs);

        @Override
        void close();
    }

    /**
     * Opens a model and runs it once on a few zeros, so that one that does not take or give what its descriptor says is refused.
     *
     * @param manager owns the weights
     */
    static VelocityNetwork open(Path folder, NDManager manager) throws IOException {
        ConfigFile file = Components.config(folder);
        Components.require(file, Components.VELOCITY);
        VelocityConfig config = VelocityConfig.of(file);
        Path code = folder.resolve(config.file());
        Weights weights = new Weights(manager);
        Function function;
        if (config.onnx()) {
            function = onnx(config, code);
        } else {
            function = script(code);
            try (WeightFiles files = WeightFiles.open(folder)) {
                weights = files.load(manager);
            } catch (IOException | RuntimeException | Error e) {
                function.close();
                throw e;
            }
        }
        VelocityNetwork network = new VelocityNetwork(config, function, weights.of(Components.VELOCITY));
        try {
            network.tryOut(manager, code);
            return network;
        } catch (IOException | RuntimeException | Error e) {
            network.close();
            throw e;
        }
    }

    private static Function script(Path code) throws IOException {
        Script script = Script.open(code);
        return new Function() {
            @Override
            public NDArray call(Weights weights, NDArray... inputs) {
                return script.call(weights, inputs);
            }

            @Override
            public void close() {
                script.close();
            }
        };
    }

    private static Function onnx(VelocityConfig config, Path code) throws IOException {
        OnnxVelocity onnx = OnnxVelocity.open(code, config.inputs());
        return new Function() {
            @Override
            public NDArray call(Weights weights, NDArray... inputs) {
                return onnx.call(inputs);
            }

            @Override
            public void close() {
                onnx.close();
            }
        };
    }

    private void tryOut(NDManager manager, Path code) throws IOException {
        int side = 2 * config.patchSize();
        Shape shape = config.video()
                ? new Shape(1, config.channels(), 1, side, side)
                : new Shape(1, config.channels(), side, side);
        try (Torch.Scope off = Torch.noGradient();
                NDManager scratch = manager.newSubManager()) {
            Conditioning text = new Conditioning(
                    scratch.zeros(new Shape(1, 2, config.textSize())), scratch.zeros(new Shape(1, config.textSize())));
            velocity(scratch.zeros(shape), 0.5, text);
        } catch (IllegalStateException e) {
            throw new IOException("%s does not take what its config.json says: %s".formatted(code, e.getMessage()), e);
        }
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public Network over(Weights other) {
        return new VelocityNetwork(config, function, other);
    }

    /** Nothing is known of its blocks, so it runs as a whole. */
    @Override
    public Network running(BlockChain.Running running) {
        return this;
    }

    /** A guess: what its weights' rows give for every token. */
    @Override
    public PassMemory passMemory(Predicate<String> trained, Precision compute, long tokens, long words) {
        double kept = weights.asMap().values().stream()
                .filter(array -> array.getShape().dimension() > 1)
                .mapToDouble(array -> 4.0 * array.getShape().get(0) * tokens)
                .sum();
        return new PassMemory(kept, 0, 0, kept, 1);
    }

    @Override
    public List<String> attentionLayers() {
        return config.attention();
    }

    /** Returns the sizes. */
    VelocityConfig config() {
        return config;
    }

    @Override
    public boolean trainable() {
        return !config.onnx();
    }

    @Override
    public void requireFits(MemoryPolicy memory) {
        for (Precision precision : List.of(memory.weights(), memory.compute())) {
            if (precision != Precision.FLOAT32) {
                throw new IllegalArgumentException(
                        "precision (%s) must be float32 for a model that is given as a file.".formatted(precision));
            }
        }
        if (memory.segments() > 0) {
            throw new IllegalArgumentException(
                    "segments (%s) must be 0 for a model that is given as a file, because its blocks are not known."
                            .formatted(memory.segments()));
        }
    }

    @Override
    public int channels() {
        return config.channels();
    }

    @Override
    public boolean video() {
        return config.video();
    }

    @Override
    public int patchSize() {
        return config.patchSize();
    }

    @Override
    public int usualFrames() {
        return config.frames();
    }

    @Override
    public int mostRows() {
        return config.mostRows();
    }

    @Override
    public int usualRows() {
        return config.rows();
    }

    @Override
    public int usualColumns() {
        return config.columns();
    }

    /** A guess, as nothing is known of what is inside: each matrix meets every token. */
    @Override
    public ModelWork work(Predicate<String> trained, long tokens, long words) {
        double forward = weights.asMap().values().stream()
                .filter(array -> array.getShape().dimension() > 1)
                .mapToDouble(array -> 2.0 * array.size() * tokens)
                .sum();
        return new ModelWork(forward, 2 * forward);
    }

    @Override
    public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
        if (config.video()) {
            Require.shape("latents", latents, -1, config.channels(), -1, -1, -1);
        } else {
            Require.shape("latents", latents, -1, config.channels(), -1, -1);
        }
        Require.shape(
                "conditioning.tokens", conditioning.tokens(), latents.getShape().get(0), -1, config.textSize());
        try (NDArray time = Torch.scaled(sigmas, config.timeScale())) {
            NDArray[] inputs = new NDArray[config.inputs().size()];
            for (int i = 0; i < inputs.length; i++) {
                inputs[i] = switch (config.inputs().get(i)) {
                    case "latents" -> latents;
                    case "time" -> time;
                    case "tokens" -> conditioning.tokens();
                    default -> conditioning.pooled();
                };
            }
            NDArray velocity = function.call(weights, inputs);
            if (!velocity.getShape().equals(latents.getShape())) {
                throw new IllegalStateException("%s gives the shape %s for latents of shape %s; they must be equal."
                        .formatted(config.file(), velocity.getShape(), latents.getShape()));
            }
            return velocity;
        }
    }

    @Override
    public void close() {
        function.close();
    }
}
