package dev.sluice.flow.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.MemoryPolicy;
import java.util.function.UnaryOperator;

/**
 * Where networks are that are never trained: with the transformer, or offloaded to the CPU. Arrays are moved there and back here
 * alone, so that whoever asks such a network need not know where it is.
 *
 * @param manager owns their weights
 * @param apart whether it is a place of its own, which arrays of others must be moved to
 */
record FrozenPlace(NDManager manager, boolean apart) {
    /** Returns the place that a policy gives them beside a transformer whose weights belong to {@code transformer}. */
    static FrozenPlace of(NDManager transformer, MemoryPolicy memory) {
        return memory.offload()
                ? new FrozenPlace(transformer.newSubManager(Device.cpu()), true)
                : new FrozenPlace(transformer, false);
    }

    /**
     * Puts an array through a network that is here, also inside a graph.
     *
     * <p>Memory: what is computed on the way belongs to this place and goes; the result belongs to the manager of {@code input}
     * and is on its device.
     *
     * @param network takes and gives arrays of one manager, which is on this place's device
     */
    NDArray compute(NDArray input, UnaryOperator<NDArray> network) {
        if (!apart) {
            return network.apply(input);
        }
        NDManager owner = input.getManager();
        // A manager of the owner's would make the network's constants on the owner's device.
        try (NDManager here = manager.newSubManager()) {
            NDArray moved = input.toDevice(here.getDevice(), true);
            moved.attach(here);
            NDArray result = network.apply(moved).toDevice(owner.getDevice(), true);
            result.attach(owner);
            return result;
        }
    }

    /** Returns an autoencoder that takes and gives arrays of any device. */
    Autoencoder reached(Autoencoder autoencoder) {
        return apart ? new Offloaded(autoencoder, this) : autoencoder;
    }

    /** An autoencoder that is elsewhere than its arrays. */
    private record Offloaded(Autoencoder autoencoder, FrozenPlace place) implements Autoencoder {
        @Override
        public int channels() {
            return autoencoder.channels();
        }

        @Override
        public int factor() {
            return autoencoder.factor();
        }

        @Override
        public int frameFactor() {
            return autoencoder.frameFactor();
        }

        @Override
        public NDArray pixels(NDArray latents) {
            return place.compute(latents, autoencoder::pixels);
        }

        @Override
        public long decodingBytes(Shape latents) {
            return autoencoder.decodingBytes(latents);
        }

        @Override
        public NDArray latents(NDArray pictures) {
            return place.compute(pictures, autoencoder::latents);
        }
    }
}
