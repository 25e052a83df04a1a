package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.PretrainedModel;
import dev.sluice.flow.internal.PretrainedReplica;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The gradient of the flow-matching loss of an update: its chunks go through the networks on the lanes, and their gradients are
 * added up in the order of the chunks.
 *
 * <p>Memory: a gradient for each parameter, and one more on each lane.
 */
final class PretrainingGradient implements AutoCloseable {
    private final NDManager manager;
    private final Lanes lanes;
    private final PretrainedModel model;
    private final Pretraining.Options options;
    private final Map<String, NDArray> sums = new LinkedHashMap<>();
    private final List<PretrainedReplica> replicas = new ArrayList<>();

    PretrainingGradient(
            NDManager owner,
            Lanes lanes,
            PretrainedModel model,
            Map<String, NDArray> parameters,
            Pretraining.Options options) {
        this.manager = owner.newSubManager();
        this.lanes = lanes;
        this.model = model;
        this.options = options;
        parameters.forEach((name, parameter) -> sums.put(name, manager.zeros(parameter.getShape())));
        for (int lane = 0; lane < lanes.count(); lane++) {
            replicas.add(model.replica(manager, parameters.keySet()));
        }
    }

    /**
     * The numbers of an update, for all its images.
     *
     * @param pixels clean images, shape (B, 3, side, side), or (B, 3, frames, side, side) of videos
     * @param labels what pixels show, shape (B, labels, side, side), or (B, labels, frames, side, side) of videos; empty without labels
     * @param noise of the shape of {@code pixels}
     * @param sigmas shape (B, parts); a part at 0 is given clean and not learned
     * @param parts of an image, one after another, that have levels of their own
     * @param tokens ids of the captions, shape (B, L)
     * @param words labels of the captions' words, shape (B, L, labels); empty without labels
     */
    record Drawn(
            float[] pixels, float[] labels, float[] noise, float[] sigmas, int parts, long[] tokens, float[] words) {
        int size() {
            return sigmas.length / parts;
        }

        /** Returns some of the images. */
        Drawn rows(int first, int end) {
            return new Drawn(
                    part(pixels, first, end),
                    part(labels, first, end),
                    part(noise, first, end),
                    part(sigmas, first, end),
                    parts,
                    Arrays.copyOfRange(tokens, first * (tokens.length / size()), end * (tokens.length / size())),
                    part(words, first, end));
        }

        private float[] part(float[] whole, int first, int end) {
            int row = whole.length / size();
            return Arrays.copyOfRange(whole, first * row, end * row);
        }
    }

    /** A share of the loss, and where its gradient is. */
    private record Backward(PretrainedReplica replica, double loss) {}

    /** Returns the mean loss, and leaves its gradient in {@link #values()}. */
    double accumulate(Drawn drawn) {
        sums.values().forEach(InPlace::zero);
        int batch = drawn.size();
        int chunkSize = options.chunkSize();
        double[] loss = {0};
        try {
            lanes.run(
                    (batch - 1) / chunkSize + 1,
                    (lane, chunk) -> {
                        int first = chunk * chunkSize;
                        Drawn rows = drawn.rows(first, Math.min(first + chunkSize, batch));
                        PretrainedReplica replica = replicas.get(lane.number());
                        return new Backward(replica, backward(replica, rows, (double) rows.size() / batch));
                    },
                    (chunk, done) -> {
                        loss[0] += done.loss();
                        done.replica().drain((name, collected) -> sums.get(name).addi(collected));
                    });
        } catch (RuntimeException | Error e) {
            replicas.forEach(replica -> replica.drain((name, collected) -> {}));
            throw e;
        }
        return loss[0];
    }

    /** Returns the share of the mean loss that falls to some images. */
    private double backward(PretrainedReplica replica, Drawn rows, double share) {
        try (NDManager scratch = manager.newSubManager();
                Torch.Scope recording = Torch.withGradient()) {
            int size = rows.size();
            Shape images = model.latents(size);
            NDArray clean = scratch.create(rows.pixels(), images);
            NDArray sigmas =
                    scratch.create(rows.sigmas(), rows.parts() == 1 ? new Shape(size) : new Shape(size, rows.parts()));
            NDArray levels = levels(sigmas, images);
            NDArray ids = scratch.create(rows.tokens(), new Shape(size, rows.tokens().length / size));
            NDArray target = scratch.create(rows.noise(), images).sub(clean);
            NDArray latents = clean.add(target.mul(levels));
            Conditioning text = replica.encode(ids);
            Conditioning conditioning = new Conditioning(text.tokens(), text.pooled(), model.picture(clean));
            NDArray predicted = replica.transformer().velocity(latents, sigmas, conditioning);
            NDArray velocity = predicted.get(new NDIndex(":, :3"));
            NDArray error = rows.parts() == 1
                    ? velocity.sub(target)
                    : velocity.mul(learned(levels)).sub(target.mul(learned(levels)));
            NDArray loss = meanSquare(error);
            NDArray whole = withMotion(loss, error);
            if (rows.labels().length > 0) {
                NDArray pixels = predicted.get(new NDIndex(":, 3:"));
                NDArray mistake = pixels.sub(scratch.create(rows.labels(), pixels.getShape()));
                whole = whole.add(Torch.scaled(withMotion(meanSquare(mistake), mistake), options.labelWeight()));
            }
            if (rows.words().length > 0) {
                NDArray words = replica.words(conditioning);
                NDArray mistake = words.sub(scratch.create(rows.words(), words.getShape()));
                // Of a word's labels few are not 0, so they are summed.
                whole = whole.add(Torch.scaled(
                        meanSquare(mistake),
                        options.labelWeight() * words.getShape().get(2)));
            }
            Torch.backward(Torch.scaled(whole, share));
            return share * loss.getFloat();
        }
    }

    /** Returns the levels in a shape that goes with the images. */
    private static NDArray levels(NDArray sigmas, Shape images) {
        long[] shape = new long[images.dimension()];
        Arrays.fill(shape, 1);
        shape[0] = images.get(0);
        if (sigmas.getShape().dimension() == 1) {
            return sigmas.reshape(shape);
        }
        shape[2] = images.get(2);
        return sigmas.repeat(1, images.get(2) / sigmas.getShape().get(1)).reshape(shape);
    }

    private static NDArray learned(NDArray levels) {
        return levels.gt(0).toType(DataType.FLOAT32, false);
    }

    private static NDArray meanSquare(NDArray error) {
        return error.mul(error).mean();
    }

    private NDArray withMotion(NDArray loss, NDArray error) {
        return options.motionWeight() == 0 ? loss : loss.add(Torch.scaled(motion(error), options.motionWeight()));
    }

    /**
     * Returns the mean square of an error's differences from frame to frame, and that of their differences, added. Of an error that
     * all frames have in common it is 0; of one that every frame has alone, 2 + 6 times that of the error.
     *
     * @param error shape (B, channels, frames, rows, columns)
     */
    static NDArray motion(NDArray error) {
        NDArray first = differences(error);
        return meanSquare(first).add(meanSquare(differences(first)));
    }

    private static NDArray differences(NDArray frames) {
        long last = frames.getShape().get(2) - 1;
        return frames.get(new NDIndex(":, :, 1:")).sub(frames.get(new NDIndex(":, :, :" + last)));
    }

    /** Returns the gradients by parameter name, live. */
    Map<String, NDArray> values() {
        return Collections.unmodifiableMap(sums);
    }

    @Override
    public void close() {
        replicas.forEach(PretrainedReplica::close);
        manager.close();
    }
}
