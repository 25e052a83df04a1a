package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.tensor.Ops;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Recomputation;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A transformer as TorchScript has it: the method NAME is the whole of it, and NAME_begin, NAME_blocks and NAME_end are its parts.
 * It is run in parts where its blocks are recomputed in the backward pass, or where their weights are made for the moment.
 *
 * <p>The parts run the same operators in the same order, so that the velocity is the same bit for bit.
 */
public final class BlockChain {
    private final String method;
    private final int carried;
    private final List<String> blocks;
    private final Weights weights;
    private final NDArray shape;
    private final Running running;

    /**
     * How a chain is run.
     *
     * @param segments of a backward pass; 0 records a graph of the whole
     * @param compute what weights are converted to for the moment; null leaves them as they are
     */
    public record Running(int segments, Precision compute) {
        /** As a whole. */
        public static final Running WHOLE = new Running(0, null);

        /** As a policy has it. */
        public static Running of(MemoryPolicy memory) {
            return new Running(memory.segments(), memory.weights() == memory.compute() ? null : memory.compute());
        }
    }

    /**
     * Creates a chain over weights that it reads at every call.
     *
     * @param method NAME
     * @param carried how many of the arrays that NAME_begin returns go from block to block; all blocks read the others
     * @param blocks what the names of each block's weights begin with
     * @param shape what NAME and its parts take before the weights
     */
    BlockChain(String method, int carried, List<String> blocks, Weights weights, NDArray shape, Running running) {
        this.method = method;
        this.carried = carried;
        this.blocks = blocks;
        this.weights = weights;
        this.shape = shape;
        this.running = running;
    }

    /** Returns what the names of the weights of blocks begin with: PREFIX and the block's number. */
    static List<String> names(String prefix, int count) {
        return IntStream.range(0, count).mapToObj(i -> prefix + i + ".").toList();
    }

    Running running() {
        return running;
    }

    /** Runs the network; the result belongs to the manager of the first input, the latents. */
    NDArray run(NDArray... inputs) {
        boolean recomputed = running.segments > 0 && Recomputation.active();
        if (!recomputed && running.compute == null) {
            return Ops.call(method, weights, with(inputs, shape));
        }
        NDManager owner = inputs[0].getManager();
        try (NDManager scratch = owner.newSubManager()) {
            Map<String, NDArray> ends = ends(scratch, inputs[0]);
            NDList begun = Ops.callAll(method + "_begin", null, ends, with(inputs, shape));
            begun.attach(scratch);
            NDList state = new NDList(begun.subList(0, carried));
            NDList shared = new NDList(begun.subList(carried, begun.size()));
            state = recomputed
                    ? Recomputation.run(state, shared, bounds(running.segments), this::blocks)
                    : through(scratch, state, shared);
            NDList last = new NDList(state);
            last.addAll(shared);
            last.add(inputs[0]);
            last.add(shape);
            NDArray velocity = Ops.callAll(method + "_end", null, ends, last.toArray(new NDArray[0]))
                    .get(0);
            velocity.attach(owner);
            return velocity;
        }
    }

    private NDList through(NDManager scratch, NDList begun, NDList shared) {
        NDList at = begun;
        for (int block = 0; block < blocks.size(); block++) {
            NDList next = blocks(at, shared, block, block + 1);
            next.attach(scratch);
            at.close();
            at = next;
        }
        return at;
    }

    private NDList blocks(NDList state, NDList shared, int first, int end) {
        NDArray like = state.get(0);
        try (NDManager scratch = like.getManager().newSubManager()) {
            List<String> run = blocks.subList(first, end);
            Map<String, NDArray> own =
                    placed(scratch, like, name -> run.stream().anyMatch(name::startsWith));
            NDList arguments = new NDList(state);
            arguments.addAll(shared);
            arguments.add(shape);
            arguments.add(scratch.create(new long[] {first, end}));
            return Ops.callAll(method + "_blocks", null, own, arguments.toArray(new NDArray[0]));
        }
    }

    /** Returns the weights that belong to no block. */
    private Map<String, NDArray> ends(NDManager scratch, NDArray like) {
        return placed(scratch, like, name -> blocks.stream().noneMatch(name::startsWith));
    }

    private Map<String, NDArray> placed(NDManager scratch, NDArray like, Predicate<String> chosen) {
        Map<String, NDArray> some = new LinkedHashMap<>();
        weights.asMap().forEach((name, weight) -> {
            if (chosen.test(name)) {
                some.put(name, weight);
            }
        });
        return running.compute == null ? some : Torch.placed(scratch, like, some, running.compute);
    }

    private int[] bounds(int segments) {
        int count = Math.min(segments, blocks.size());
        int[] bounds = new int[count + 1];
        Arrays.setAll(bounds, i -> i * blocks.size() / count);
        return bounds;
    }

    private static NDArray[] with(NDArray[] inputs, NDArray shape) {
        NDArray[] all = Arrays.copyOf(inputs, inputs.length + 1);
        all[inputs.length] = shape;
        return all;
    }
}
