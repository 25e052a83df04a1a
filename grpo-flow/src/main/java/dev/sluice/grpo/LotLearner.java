package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.SampleLoss.Mix;
import dev.sluice.grpo.SampleLoss.Result;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Measures a lot's velocities, has the loss weigh the distances, and carries its slopes on through the network: the loss of mean
 * squares (v − t)² has the gradient slope·2/D·(v − t) by the velocity, which is all that the backward pass is given.
 *
 * @param objective losses and anchors
 * @param policies the policy and those that it is compared with
 * @param chunks of the iteration
 * @param draws where levels and noise come from
 * @param critic of noised samples, where the loss asks it
 */
record LotLearner(
        Matching objective,
        Policies policies,
        List<Chunk> chunks,
        NoisedLot.Draws draws,
        Optional<LatentCritic> critic) {
    /** A learner without a critic. */
    LotLearner(Matching objective, Policies policies, List<Chunk> chunks, NoisedLot.Draws draws) {
        this(objective, policies, chunks, draws, Optional.empty());
    }

    /** One draw: the velocity with its graph, the same values without, and those of the frozen policies. */
    private record Look(NoisedLot at, NDArray graph, NDArray velocity, Map<Frozen, NDArray> frozen) {}

    /** Returns e of every sample under a model. */
    double[] errors(NDManager owner, VelocityModel model, Lot lot, int draw) {
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NoisedLot at = NoisedLot.of(Gathered.of(scratch, chunks, lot.samples()), lot, draws, draw);
            NDArray velocity = model.velocity(at.latents(), at.levels(), at.conditioning());
            return meanSquares(velocity.sub(at.target()));
        }
    }

    /**
     * Adds the gradient of the loss of a lot at some draws.
     *
     * @param scratch owns all that is made on the way; gradients must be off outside
     * @param old the errors under the weights of the rollout, a row for each draw; null if they are the present ones
     * @param scale what the gradient is multiplied by
     */
    MicroStep backward(NDManager scratch, VelocityModel model, Lot lot, double[][] old, int[] chosen, double scale) {
        Gathered samples = Gathered.of(scratch, chunks, lot.samples());
        List<Look> looks = new ArrayList<>();
        for (int draw : chosen) {
            looks.add(look(model, NoisedLot.of(samples, lot, draws, draw)));
        }
        MatchingErrors errors = measure(looks, old, chosen);
        Result result = objective.loss().of(errors, lot);
        double penalty = 0;
        double loss = result.terms().value();
        List<NDArray> cotangents = new ArrayList<>();
        for (int m = 0; m < looks.size(); m++) {
            NDArray cotangent = cotangent(looks.get(m), result.slopes(), m, scale);
            for (VelocityAnchor anchor : objective.anchors()) {
                NDArray apart = looks.get(m).velocity.sub(looks.get(m).frozen.get(anchor.to()));
                double[] scales = Arrays.stream(looks.get(m).at.sigmas())
                        .map(sigma -> anchor.form().scale(sigma) / (lot.size() * looks.size()))
                        .toArray();
                double mean = dot(scales, meanSquares(apart));
                penalty += mean;
                loss += anchor.weight() * mean;
                cotangent = cotangent.add(apart.mul(column(apart, scales, scale * anchor.weight())));
            }
            cotangents.add(cotangent);
        }
        MicroStep step =
                new MicroStep(OptionalInt.empty(), result.terms(), Optional.empty(), penalty, loss, result.measures());
        if (step.finite()) {
            for (int m = 0; m < looks.size(); m++) {
                Torch.backward(looks.get(m).graph, cotangents.get(m));
            }
        }
        return step;
    }

    private Look look(VelocityModel model, NoisedLot at) {
        NDArray graph;
        try (Torch.Scope on = Torch.withGradient()) {
            graph = model.velocity(at.latents(), at.levels(), at.conditioning());
        }
        Map<Frozen, NDArray> frozen = new EnumMap<>(Frozen.class);
        objective.loss().against().ifPresent(which -> frozen.put(which, frozen(which, at)));
        for (VelocityAnchor anchor : objective.anchors()) {
            frozen.computeIfAbsent(anchor.to(), which -> frozen(which, at));
        }
        return new Look(at, graph, Torch.detached(graph), frozen);
    }

    private NDArray frozen(Frozen which, NoisedLot at) {
        return policies.frozen(which).velocity(at.latents(), at.levels(), at.conditioning());
    }

    private MatchingErrors measure(List<Look> looks, double[][] old, int[] chosen) {
        List<Mix> mixes = objective.loss().mixes();
        int levels = looks.size();
        double[][] sigmas = new double[levels][];
        double[][][] squares = new double[mixes.size()][levels][];
        double[][][] magnitudes = new double[mixes.size()][levels][];
        double[][] frozen = new double[objective.loss().against().isPresent() ? levels : 0][];
        for (int m = 0; m < levels; m++) {
            Look look = looks.get(m);
            sigmas[m] = look.at.sigmas();
            for (int j = 0; j < mixes.size(); j++) {
                NDArray apart = apart(look, mixes.get(j));
                squares[j][m] = meanSquares(apart);
                magnitudes[j][m] = Doubles.of(rows(apart).abs().mean(new int[] {1}));
            }
            if (frozen.length > 0) {
                frozen[m] = meanSquares(compared(look).sub(look.at.target()));
            }
        }
        double[][] values = new double[objective.loss().asksCritic() ? levels : 0][];
        for (int m = 0; m < values.length; m++) {
            NoisedLot at = looks.get(m).at;
            values[m] = critic.orElseThrow().values(at.latents(), at.sigmas(), at.conditioning());
        }
        double[][] before = old == null
                ? squares[0]
                : Arrays.stream(chosen).mapToObj(draw -> old[draw]).toArray(double[][]::new);
        return new MatchingErrors(sigmas, squares, magnitudes, frozen, before, values);
    }

    private NDArray compared(Look look) {
        return look.frozen.get(objective.loss().against().orElseThrow());
    }

    /** Returns mix − u. */
    private NDArray apart(Look look, Mix mix) {
        NDArray velocity = mix.present() == 1 ? look.velocity : Torch.scaled(look.velocity, mix.present());
        if (mix.frozen() != 0) {
            velocity = velocity.add(Torch.scaled(compared(look), mix.frozen()));
        }
        return velocity.sub(look.at.target());
    }

    private NDArray cotangent(Look look, double[][][] slopes, int level, double scale) {
        NDArray sum = null;
        List<Mix> mixes = objective.loss().mixes();
        for (int j = 0; j < mixes.size(); j++) {
            NDArray apart = apart(look, mixes.get(j));
            NDArray term = apart.mul(
                    column(apart, slopes[j][level], scale * mixes.get(j).present()));
            sum = sum == null ? term : sum.add(term);
        }
        return sum;
    }

    /** Returns 2/D·scale·values, a number for each sample that broadcasts over its elements. */
    private static NDArray column(NDArray like, double[] values, double scale) {
        Shape shape = like.getShape();
        long[] column = new long[shape.dimension()];
        Arrays.fill(column, 1);
        column[0] = values.length;
        double elements = (double) shape.size() / values.length;
        return Doubles.array(like.getManager(), values, 2 / elements * scale).reshape(new Shape(column));
    }

    private static NDArray rows(NDArray array) {
        return array.reshape(array.getShape().get(0), -1);
    }

    private static double[] meanSquares(NDArray array) {
        return Doubles.of(rows(array).square().mean(new int[] {1}));
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
