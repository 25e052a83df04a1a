package dev.sluice.flow.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Gradient checkpointing: a chain of blocks is run without a graph, segment by segment, and only what goes into each segment is
 * kept. When {@link Torch#backward(NDArray, NDArray)} has reached what the chain gave, its segments are run once more, the last
 * one first and this time with a graph, and the gradient is carried through each by a vector-Jacobian product. At no time is
 * there a graph of more than one segment.
 *
 * <p>Source: Chen et al. (2016), arXiv:1604.06174. The values are those of a pass without it, bit for bit, as the same operators
 * run in the same order; gradients add up in another order.
 *
 * <p>Memory: what is kept belongs to the tape that {@link #open()} opened on this thread, and goes once its gradient has been
 * taken or with the tape. Without a tape nothing is recomputed, as nobody would free what is kept.
 */
public final class Recomputation {
    private static final ThreadLocal<Recomputation> TAPE = new ThreadLocal<>();

    private final List<Chain> chains = new ArrayList<>();

    private Recomputation() {}

    /** Runs some blocks of a chain. */
    @FunctionalInterface
    public interface Blocks {
        /**
         * Runs blocks.
         *
         * @param carried what goes from block to block
         * @param shared what all blocks read
         * @param first the first block
         * @param end the block after the last
         * @return as many arrays as {@code carried}, owned by the manager of its first
         */
        NDList run(NDList carried, NDList shared, int first, int end);
    }

    /**
     * Lets chains that are run on this thread be recomputed until the scope is closed; their backward passes must come before
     * that. A scope within another changes nothing.
     */
    public static Torch.Scope open() {
        if (TAPE.get() != null) {
            return () -> {};
        }
        Recomputation tape = new Recomputation();
        TAPE.set(tape);
        return () -> {
            TAPE.remove();
            tape.chains.forEach(Chain::close);
        };
    }

    /** Returns whether a chain that is run now would be recomputed: a tape is open, and a graph is recorded. */
    public static boolean active() {
        return TAPE.get() != null && Torch.recording();
    }

    /**
     * Runs a chain, to be recomputed; {@link #active()} must be true.
     *
     * @param carried what goes into the first block
     * @param shared what all blocks read
     * @param bounds the first block of each segment, rising from 0, and the number of blocks
     * @return what the last block gives, in a graph that ends here; owned by the tape
     */
    public static NDList run(NDList carried, NDList shared, int[] bounds, Blocks blocks) {
        Chain chain = new Chain(carried, shared, bounds, blocks);
        TAPE.get().chains.add(chain);
        return chain.forward();
    }

    /** Runs the engine's backward pass, then those of the chains that it reached. */
    static void backward(NDArray target, NDArray cotangent) {
        Recomputation tape = TAPE.get();
        if (tape == null || tape.chains.isEmpty()) {
            JniUtils.backward((PtNDArray) target, (PtNDArray) cotangent, false, false);
            return;
        }
        // What lies before a chain may be passed twice: once from behind the chain, once through it.
        JniUtils.backward((PtNDArray) target, (PtNDArray) cotangent, true, false);
        for (int i = tape.chains.size() - 1; i >= 0; i--) {
            if (tape.chains.get(i).backward()) {
                tape.chains.remove(i).close();
            }
        }
    }

    /** One run of a chain. */
    private static final class Chain {
        private final NDManager manager;
        private final NDList begun;
        private final NDList shared;
        private final int[] bounds;
        private final Blocks blocks;
        private final List<NDList> inputs = new ArrayList<>();
        private NDList outputs;

        Chain(NDList begun, NDList shared, int[] bounds, Blocks blocks) {
            this.manager = Torch.newManager(begun.get(0).getDevice());
            this.begun = begun;
            this.shared = shared;
            this.bounds = bounds;
            this.blocks = blocks;
            begun.attach(manager);
            shared.attach(manager);
        }

        NDList forward() {
            try (Torch.Scope off = Torch.noGradient()) {
                NDList at = detached(begun);
                for (int segment = 0; segment + 1 < bounds.length; segment++) {
                    inputs.add(at);
                    at = blocks.run(at, shared, bounds[segment], bounds[segment + 1]);
                    at.attach(manager);
                }
                outputs = detached(at);
                outputs.forEach(output -> output.setRequiresGradient(true));
                return outputs;
            }
        }

        /** Returns whether a gradient had come to what the chain gave; if so, it has been carried on. */
        boolean backward() {
            List<PtNDArray> cotangents = gradients(outputs);
            if (!any(cotangents)) {
                return false;
            }
            try (Torch.Scope on = Torch.withGradient()) {
                NDList leaves = leaves(shared, shared);
                for (int segment = bounds.length - 2; segment >= 0 && any(cotangents); segment--) {
                    cotangents = throughSegment(segment, leaves, cotangents);
                }
                NDList ends = new NDList(begun);
                ends.addAll(shared);
                List<PtNDArray> gradients = new ArrayList<>(cotangents);
                gradients.addAll(gradients(leaves));
                push(manager, ends, gradients, true);
            }
            return true;
        }

        /** Returns the gradients of what went into a segment, null for what nothing learned lies before; frees the rest. */
        private List<PtNDArray> throughSegment(int segment, NDList leaves, List<PtNDArray> cotangents) {
            try (NDManager scratch = manager.newSubManager();
                    NDList from = inputs.get(segment)) {
                // Whether the first segment's inputs need a gradient is known; those of others depend on all before.
                NDList at = leaves(from, segment == 0 ? begun : null);
                at.attach(scratch);
                NDList given = blocks.run(at, leaves, bounds[segment], bounds[segment + 1]);
                given.attach(scratch);
                boolean reached = push(scratch, given, cotangents, false);
                cotangents.stream().filter(one -> one != null).forEach(NDArray::close);
                List<PtNDArray> gradients =
                        reached ? gradients(at) : new ArrayList<>(Collections.nCopies(at.size(), null));
                gradients.stream().filter(one -> one != null).forEach(one -> one.attach(manager));
                return gradients;
            }
        }

        private static boolean any(List<PtNDArray> gradients) {
            return gradients.stream().anyMatch(one -> one != null);
        }

        /** Carries cotangents on to whatever the arrays were computed from; false if they were computed from nothing learned. */
        private static boolean push(NDManager owner, NDList arrays, List<PtNDArray> cotangents, boolean keepGraph) {
            NDArray sum = null;
            for (int i = 0; i < arrays.size(); i++) {
                if (cotangents.get(i) != null && Torch.recorded(arrays.get(i))) {
                    NDArray term = Ops.call("inner", null, arrays.get(i), cotangents.get(i));
                    term.attach(owner);
                    sum = sum == null ? term : sum.add(term);
                }
            }
            if (sum == null) {
                return false;
            }
            sum.attach(owner);
            JniUtils.backward((PtNDArray) sum, (PtNDArray) owner.ones(sum.getShape()), keepGraph, false);
            return true;
        }

        /** Returns the same values as leaves, which collect a gradient if {@code like} is in a graph, or where it is null. */
        private static NDList leaves(NDList arrays, NDList like) {
            NDList leaves = detached(arrays);
            for (int i = 0; i < leaves.size(); i++) {
                if (like == null || Torch.recorded(like.get(i))) {
                    leaves.get(i).setRequiresGradient(true);
                }
            }
            return leaves;
        }

        private static NDList detached(NDList arrays) {
            return new NDList(arrays.stream().map(Torch::detached).toList());
        }

        private static List<PtNDArray> gradients(NDList leaves) {
            List<PtNDArray> gradients = new ArrayList<>();
            for (NDArray leaf : leaves) {
                gradients.add(Torch.requiresGradient(leaf) ? JniUtils.getGradient((PtNDArray) leaf) : null);
            }
            return gradients;
        }

        void close() {
            manager.close();
        }
    }
}
