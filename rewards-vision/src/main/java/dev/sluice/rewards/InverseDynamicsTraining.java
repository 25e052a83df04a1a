package dev.sluice.rewards;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Learner;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.internal.IdmBatches;
import dev.sluice.rewards.internal.IdmWeights;
import dev.sluice.rewards.internal.LearnedWeights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;

/**
 * Trains an {@link InverseDynamics} model on rendered motions of the arm ({@link ArmWorld#reading}), also such as cannot be executed. The
 * loss is a pseudo-Huber one, δ·(√(1 + (e/δ)²) − 1) with δ = 0.03, of the links' directions as sines and cosines, and with a tenth of
 * the weight of the joints' speeds (in units of four times the greatest, up to twice the greatest).
 *
 * <p>Source: EVA (2026), arXiv:2603.17808. Differs: it has squared errors of the joints.
 */
public final class InverseDynamicsTraining implements Learner {
    /**
     * How to train.
     *
     * @param steps updates in all
     * @param videos in an update; each gives sixteen windows
     * @param optimizer AdamW's options; its learning rate is the highest
     * @param warmupSteps updates until the highest learning rate
     * @param finalLearningRate share of the highest learning rate at the end of a cosine decay, in [0, 1]
     * @param emaDecay decay of the moving average that is kept as the model, in [0, 1)
     * @param seed of the first weights and the motions
     */
    public record Options(
            long steps,
            int videos,
            AdamW.Options optimizer,
            int warmupSteps,
            double finalLearningRate,
            double emaDecay,
            long seed) {
        public Options {
            Require.positive("steps", steps);
            Require.atLeast("videos", videos, 1);
            Require.atLeast("warmupSteps", warmupSteps, 0);
            Require.within("finalLearningRate", finalLearningRate, 0, 1);
            Require.within("emaDecay", emaDecay, 0, Math.nextDown(1.0));
        }

        private double learningRate(long step) {
            int decay = Math.toIntExact(Math.max(1, steps - warmupSteps));
            return optimizer.learningRate() * new RateSchedule(warmupSteps, decay, finalLearningRate).share(step);
        }
    }

    /** δ of the loss: larger errors, as where a joint is hidden, count linearly, or they would outweigh all that can be read well. */
    private static final double BEND = 0.03;

    /** The file in a checkpoint's folder. */
    public static final String CHECKPOINT = "inverse_dynamics.safetensors";

    private final NDManager manager;
    private final InverseDynamics.Architecture architecture;
    private final Options options;
    private final Weights weights;
    private final LearnedWeights learned;

    /** Starts from fresh weights. */
    public InverseDynamicsTraining(Device device, InverseDynamics.Architecture architecture, Options options) {
        this.manager = Torch.newManager(device);
        this.architecture = architecture;
        this.options = options;
        this.weights = IdmWeights.fresh(manager, architecture, options.seed());
        this.learned = new LearnedWeights(manager, weights.asMap(), options.optimizer(), options.emaDecay());
    }

    @Override
    public long step() {
        return learned.step();
    }

    @Override
    public long parameterCount() {
        return learned.count();
    }

    @Override
    public Progress update() {
        long step = learned.step();
        IdmBatches.Batch batch = IdmBatches.draw(options.seed(), step, options.videos(), architecture.context());
        int rows = options.videos() * ArmWorld.FRAMES;
        Shape shape = new Shape(rows, 3L * architecture.window(), ArmWorld.SIZE, ArmWorld.SIZE);
        return learned.update(options.learningRate(step), scratch -> {
            NDArray read = Ops.call("idm", weights, scratch.create(batch.windows(), shape));
            NDArray error =
                    read.sub(scratch.create(batch.targets(), new Shape(rows, InverseDynamics.Architecture.OUTPUTS)));
            NDArray mean =
                    smooth(error).mul(scratch.create(IdmBatches.weights())).mean();
            Torch.backward(mean);
            return mean.getFloat();
        });
    }

    /** Returns δ·(√(1 + (e/δ)²) − 1) of each error. */
    private static NDArray smooth(NDArray error) {
        NDArray scaled = Torch.scaled(error, 1 / BEND);
        return Torch.scaled(scaled.mul(scaled).add(1f).sqrt().sub(1f), BEND);
    }

    @Override
    public void checkpoint(Path folder) throws IOException {
        learned.checkpoint(folder.resolve(CHECKPOINT), identity());
    }

    private Map<String, String> identity() {
        return Map.of("architecture", architecture.toString(), "options", options.toString());
    }

    @Override
    public void restore(Path folder) throws IOException {
        learned.restore(folder.resolve(CHECKPOINT), identity());
    }

    /** Writes the averaged model in half precision; see {@link InverseDynamics#open}. */
    @Override
    public void export(Path folder, Map<String, Object> madeBy) throws IOException {
        LearnedWeights.export(
                folder,
                InverseDynamics.config(architecture),
                madeBy,
                learned.averaged(),
                SafetensorsWriter.Storage.FLOAT16);
    }

    @Override
    public void close() {
        learned.close();
        weights.close();
        manager.close();
    }
}
