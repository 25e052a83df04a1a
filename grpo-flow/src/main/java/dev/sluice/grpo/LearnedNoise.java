package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** The sampler of the moment, whose noise a {@link NoiseLearning} moves with every update. */
final class LearnedNoise implements Supplier<SdeSampler> {
    private static final String NAME = "noise";

    /** A diffusion at a bound would have ρ at infinity, and no gradient. */
    private static final double MARGIN = 1e-3;

    private final NoiseLearning options;
    private final NDManager manager;
    private final SdeSampler sampler;
    private final NDArray raw;
    private final AdamW optimiser;
    private final double[] gradient;
    private double most;
    private volatile SdeSampler current;

    /** Creates noise that equals the sampler's own, within the bounds. */
    LearnedNoise(NDManager owner, NoiseLearning options, SdeSampler sampler) {
        this.options = options;
        this.manager = owner;
        this.sampler = sampler;
        this.most = options.mostAt(0);
        int steps = sampler.schedule().steps();
        float[] values = new float[steps];
        for (int k = 0; k < steps; k++) {
            double way = Math.log(sampler.step(k).diffusion() / options.least()) / Math.log(most / options.least());
            double inside = Math.min(Math.max(way, MARGIN), 1 - MARGIN);
            values[k] = (float) (0.5 * Math.log(inside / (1 - inside)));
        }
        this.raw = owner.create(values);
        this.optimiser = new AdamW(owner, Map.of(NAME, raw), options.optimiser());
        this.gradient = new double[steps];
        refresh();
    }

    private void refresh() {
        current = sampler.with(new SdeRule.Table(diffusions()));
    }

    /** Returns g of every step. */
    List<Double> diffusions() {
        List<Double> diffusions = new ArrayList<>();
        for (float value : raw.toFloatArray()) {
            double way = (Math.tanh(value) + 1) / 2;
            diffusions.add(options.least() * Math.pow(most / options.least(), way));
        }
        return diffusions;
    }

    /** Takes the bounds of an iteration. */
    void begin(long iteration) {
        most = options.mostAt(iteration);
        refresh();
    }

    @Override
    public SdeSampler get() {
        return current;
    }

    /** Returns the weight of the entropy. */
    double entropy() {
        return options.entropy();
    }

    /** Forgets what was accumulated. */
    void zero() {
        Arrays.fill(gradient, 0);
    }

    /** Adds a derivative of the loss by ln g of a step. */
    void add(int step, double slope) {
        gradient[step] += slope;
    }

    /** Moves the noise. */
    void step() {
        float[] raws = raw.toFloatArray();
        float[] slopes = new float[raws.length];
        double half = Math.log(most / options.least()) / 2;
        for (int k = 0; k < slopes.length; k++) {
            double tanh = Math.tanh(raws[k]);
            slopes[k] = (float) (gradient[k] * half * (1 - tanh * tanh));
        }
        try (NDArray by = manager.create(slopes)) {
            optimiser.step(Map.of(NAME, by));
        }
        refresh();
    }

    Companion companion() {
        return new Companion(NAME, Map.of(NAME, raw), optimiser, this::refresh);
    }
}
