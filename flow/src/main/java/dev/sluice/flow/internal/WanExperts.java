package dev.sluice.flow.internal;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.ModelWork;
import dev.sluice.flow.PassMemory;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Weights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Wan 2.2's pair of networks: one for high noise, and one for times below a boundary. Their weights are one set, in which the
 * names of the second begin with {@code transformer_2.}, as diffusers' adapters name its layers.
 *
 * <p>Source: diffusers, {@code pipelines/wan/pipeline_wan.py}, {@code boundary_ratio}. Differs: a batch may hold times of both sides.
 */
public final class WanExperts implements Network {
    /** What the names of the second network's weights begin with. */
    public static final String SECOND = "transformer_2.";

    private final double boundary;
    private final Weights weights;
    private volatile Pair pair;

    /** The two networks, each over its own part of the weights. */
    private record Pair(WanTransformer high, WanTransformer low) {}

    private WanExperts(Pair pair, double boundary, Weights weights) {
        this.pair = pair;
        this.boundary = boundary;
        this.weights = weights;
    }

    /**
     * Joins two networks.
     *
     * @param high for times from the boundary on
     * @param low for times below it
     * @param boundary in 0..1000, as the network is told times
     */
    static WanExperts of(WanTransformer high, WanTransformer low, double boundary) {
        Map<String, NDArray> all = new LinkedHashMap<>(high.weights().asMap());
        low.weights().asMap().forEach((name, array) -> all.put(SECOND + name, array));
        Weights joined = new Weights(high.weights().manager()).of(high.weights().network());
        all.forEach(joined::put);
        return new WanExperts(new Pair(high, low), boundary, joined);
    }

    /** Weights may have been replaced since the last call, such as by rounded ones. */
    private synchronized Pair pair() {
        Weights first = weights.part("", SECOND);
        Weights second = weights.part(SECOND, "");
        if (!same(first, pair.high.weights()) || !same(second, pair.low.weights())) {
            pair = new Pair((WanTransformer) pair.high.over(first), (WanTransformer) pair.low.over(second));
        }
        return pair;
    }

    private static boolean same(Weights one, Weights other) {
        return one.names().stream().allMatch(name -> other.contains(name) && one.get(name) == other.get(name));
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public Network over(Weights other) {
        return new WanExperts(pair(), boundary, other);
    }

    @Override
    public Network running(BlockChain.Running running) {
        Pair now = pair();
        Pair other = new Pair((WanTransformer) now.high.running(running), (WanTransformer) now.low.running(running));
        return new WanExperts(other, boundary, weights);
    }

    /** One of the two works at a time; they are of the same size. */
    @Override
    public PassMemory passMemory(Predicate<String> trained, Precision compute, long tokens, long words) {
        return pair.high.passMemory(
                layer -> trained.test(layer) || trained.test(SECOND + layer), compute, tokens, words);
    }

    @Override
    public List<String> attentionLayers() {
        return pair.high.attentionLayers();
    }

    @Override
    public int channels() {
        return pair.high.channels();
    }

    @Override
    public boolean video() {
        return true;
    }

    @Override
    public int patchSize() {
        return pair.high.patchSize();
    }

    @Override
    public int patchFrames() {
        return pair.high.patchFrames();
    }

    @Override
    public int usualFrames() {
        return pair.high.usualFrames();
    }

    @Override
    public int mostRows() {
        return pair.high.mostRows();
    }

    @Override
    public int usualRows() {
        return pair.high.usualRows();
    }

    @Override
    public int usualColumns() {
        return pair.high.usualColumns();
    }

    /** One of the two works at a time; they are of the same size. */
    @Override
    public long parametersAtWork() {
        return pair.high.weights().parameterCount();
    }

    /** One of the two works at a time; they are of the same size. */
    @Override
    public ModelWork work(Predicate<String> trained, long tokens, long words) {
        return pair.high.work(layer -> trained.test(layer) || trained.test(SECOND + layer), tokens, words);
    }

    @Override
    public NDArray velocity(NDArray latents, NDArray sigmas, Conditioning conditioning) {
        float[] levels = sigmas.toFloatArray();
        Pair networks = pair();
        WanTransformer high = networks.high;
        WanTransformer low = networks.low;
        int[] above = rows(levels, true);
        if (above.length == levels.length) {
            return high.velocity(latents, sigmas, conditioning);
        }
        int[] below = rows(levels, false);
        if (below.length == levels.length) {
            return low.velocity(latents, sigmas, conditioning);
        }
        NDManager owner = latents.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDArray first = part(high, scratch, latents, sigmas, conditioning, above);
            NDArray second = part(low, scratch, latents, sigmas, conditioning, below);
            NDArray joined = first.getNDArrayInternal().concat(new NDList(second), 0);
            int[] order = new int[levels.length];
            for (int i = 0; i < levels.length; i++) {
                order[i < above.length ? above[i] : below[i - above.length]] = i;
            }
            NDArray ordered = gathered(scratch, joined, order);
            ordered.attach(owner);
            return ordered;
        }
    }

    private int[] rows(float[] sigmas, boolean above) {
        return IntStream.range(0, sigmas.length)
                .filter(i -> (pair.high.time(sigmas[i]) >= boundary) == above)
                .toArray();
    }

    private static NDArray part(
            WanTransformer network,
            NDManager scratch,
            NDArray latents,
            NDArray sigmas,
            Conditioning conditioning,
            int[] rows) {
        return network.velocity(
                gathered(scratch, latents, rows), gathered(scratch, sigmas, rows), conditioning.rows(scratch, rows));
    }

    private static NDArray gathered(NDManager scratch, NDArray array, int[] rows) {
        try (NDArray index = scratch.create(rows)) {
            NDArray some = array.get(new NDIndex("{}", index));
            some.attach(scratch);
            return some;
        }
    }
}
