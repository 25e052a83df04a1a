package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Require;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Puts a large picture through an autoencoder tile by tile: memory is that of one tile beside the result. Tiles overlap, and
 * one fades into the next along a straight ramp. What a network sees of a whole picture (group norms, attention) it sees of a
 * tile, so the result is near that of the whole picture, not equal to it.
 *
 * <p>Source: diffusers, {@code AutoencoderKL.tiled_decode} and {@code tiled_encode}.
 *
 * @param in rows and columns of a tile
 * @param out rows and columns of what a tile becomes
 * @param overlap share of a tile that the next one covers too, in [0, 0.5]
 */
record Tiling(int in, int out, double overlap) {
    /** Diffusers' {@code tile_overlap_factor}. */
    static final double USUAL_OVERLAP = 0.25;

    Tiling {
        Require.atLeast("in", in, 1);
        Require.atLeast("out", out, 1);
        Require.within("overlap", overlap, 0, 0.5);
        // The fields are not there yet.
        int stride = (int) (in * (1 - overlap));
        int kept = out - (int) (out * overlap);
        if ((long) stride * out != (long) kept * in) {
            throw new IllegalArgumentException(
                    "The tile (%s) and its overlap (%s) must be whole numbers of latents apart."
                            .formatted(in, overlap));
        }
    }

    /** From one tile's beginning to the next one's. */
    private int stride() {
        return (int) (in * (1 - overlap));
    }

    private int blend() {
        return (int) (out * overlap);
    }

    private int kept() {
        return out - blend();
    }

    /**
     * Returns the network's result for the whole.
     *
     * @param whole shape (B, C, rows, columns)
     * @param network what a tile goes through; its result may be a view, owned by the manager of the tile
     * @return shape (B, C', rows·out/in, columns·out/in), owned by the manager of {@code whole}
     */
    NDArray apply(NDArray whole, UnaryOperator<NDArray> network) {
        long rows = whole.getShape().get(2);
        long columns = whole.getShape().get(3);
        NDManager owner = whole.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDList bands = new NDList();
            List<NDArray> above = List.of();
            for (int y = 0; y < rows; y += stride()) {
                List<NDArray> band = new ArrayList<>();
                NDList kept = new NDList();
                for (int x = 0; x < columns; x += stride()) {
                    NDArray tile = tile(whole, y, x, scratch, network);
                    int at = band.size();
                    tile = above.isEmpty() ? tile : blended(above.get(at), tile, 2);
                    tile = at == 0 ? tile : blended(band.get(at - 1), tile, 3);
                    band.add(tile);
                    kept.add(tile.get(new NDIndex(":,:,:{},:{}", kept(), kept())));
                }
                bands.add(joined(kept, 3));
                above.forEach(NDArray::close);
                above = band;
            }
            NDArray result = joined(bands, 2);
            result.attach(owner);
            return result;
        }
    }

    private NDArray tile(NDArray whole, int y, int x, NDManager scratch, UnaryOperator<NDArray> network) {
        try (NDManager inner = scratch.newSubManager()) {
            NDArray part = whole.get(new NDIndex(":,:,{}:{},{}:{}", y, end(whole, 2, y), x, end(whole, 3, x)));
            part.attach(inner);
            NDArray made = network.apply(part);
            made.attach(scratch);
            return made;
        }
    }

    private long end(NDArray whole, int axis, int start) {
        return Math.min((long) start + in, whole.getShape().get(axis));
    }

    private NDArray blended(NDArray before, NDArray tile, int axis) {
        long length =
                Math.min(Math.min(before.getShape().get(axis), tile.getShape().get(axis)), blend());
        try (NDArray how = tile.getManager().create(new long[] {length, axis})) {
            return Ops.call("vae_blend", null, tile, before, how);
        }
    }

    private static NDArray joined(NDList arrays, int axis) {
        return arrays.size() == 1
                ? arrays.get(0)
                : arrays.get(0).getNDArrayInternal().concat(new NDList(arrays.subList(1, arrays.size())), axis);
    }
}
