package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Low-rank adaptation of linear layers, W + (alpha/r)·B·A, trained in weight space: the network reads the folded weight, its
 * gradient G is collected over a whole update, and dA = s·Bᵀ·G, dB = s·G·Aᵀ follow once.
 *
 * <p>Source: Hu et al. (2021), arXiv:2106.09685; names and initialisation as PEFT's (A normal with deviation 1/r, B zero).
 *
 * <p>Memory: a copy of every adapted weight (its base), beside A, B and their gradients.
 */
public final class LoraAdapter implements Trainable {
    /** PEFT's prefix of every name in an adapter file. */
    static final String PREFIX = "base_model.model.";

    /**
     * What is adapted and how. Layers may have a rank and an alpha of their own: by their names or regular expressions for
     * them, matched whole or as an ending after a dot, as PEFT's {@code rank_pattern} and {@code alpha_pattern}.
     *
     * @param rank r of all other layers, at least 1
     * @param alpha of all other layers; above 0
     * @param targets names of layers, matched whole or as an ending after a dot, as PEFT's {@code target_modules}
     * @param ranks r of some layers
     * @param alphas alpha of some layers
     * @param rootScaled whether the scale is alpha/√r, as PEFT's {@code use_rslora}, instead of alpha/r
     */
    public record Options(
            int rank,
            double alpha,
            List<String> targets,
            Map<String, Integer> ranks,
            Map<String, Double> alphas,
            boolean rootScaled) {
        /** The attention projections of both streams of an SD3 or a FLUX transformer, as Flow-GRPO adapts them. */
        public static final List<String> SD3_ATTENTION = List.of(
                "attn.add_k_proj",
                "attn.add_q_proj",
                "attn.add_v_proj",
                "attn.to_add_out",
                "attn.to_k",
                "attn.to_out.0",
                "attn.to_q",
                "attn.to_v");

        public Options {
            Require.atLeast("rank", rank, 1);
            Require.positive("alpha", alpha);
            targets = List.copyOf(targets);
            ranks = Collections.unmodifiableMap(new LinkedHashMap<>(ranks));
            alphas = Collections.unmodifiableMap(new LinkedHashMap<>(alphas));
            if (targets.isEmpty()) {
                throw new IllegalArgumentException("targets (empty) must name at least one layer.");
            }
            ranks.forEach((pattern, own) -> {
                requirePattern("ranks", pattern);
                Require.atLeast("the rank of " + pattern, own, 1);
            });
            alphas.forEach((pattern, own) -> {
                requirePattern("alphas", pattern);
                Require.positive("the alpha of " + pattern, own);
            });
        }

        /** All layers have the same rank and alpha, and the scale is alpha/r. */
        public Options(int rank, double alpha, List<String> targets) {
            this(rank, alpha, targets, Map.of(), Map.of(), false);
        }

        private static void requirePattern(String name, String pattern) {
            try {
                Pattern.compile(pattern);
            } catch (PatternSyntaxException e) {
                throw new IllegalArgumentException(
                        "%s (%s) must be a layer's name or a regular expression: %s."
                                .formatted(name, pattern, e.getDescription()),
                        e);
            }
        }

        /** Returns the rank of a layer. */
        public int rank(String layer) {
            return of(layer, ranks).orElse(rank);
        }

        /** Returns the alpha of a layer. */
        public double alpha(String layer) {
            return of(layer, alphas).orElse(alpha);
        }

        /** Returns what B·A of a layer is multiplied by. */
        public double scale(String layer) {
            int own = rank(layer);
            return alpha(layer) / (rootScaled ? Math.sqrt(own) : own);
        }

        /** The first pattern that matches, as PEFT takes it. */
        private static <T> Optional<T> of(String layer, Map<String, T> patterns) {
            return patterns.entrySet().stream()
                    .filter(entry ->
                            layer.equals(entry.getKey()) || Pattern.matches("(.*\\.)?(" + entry.getKey() + ")", layer))
                    .map(Map.Entry::getValue)
                    .findFirst();
        }

        boolean matches(String layer) {
            return targets.stream().anyMatch(target -> layer.equals(target) || layer.endsWith("." + target));
        }
    }

    private final Options options;
    private final Weights weights;
    private final NDManager manager;
    private final List<String> layers = new ArrayList<>();
    /** Adapted layers by their weights' names. */
    private final Map<String, String> folded = new LinkedHashMap<>();

    private final Map<String, NDArray> base = new LinkedHashMap<>();
    private final Map<String, NDArray> parameters = new LinkedHashMap<>();
    private final Map<String, NDArray> gradients = new LinkedHashMap<>();
    private final Weights reference;

    /**
     * Adapts the layers of a network whose names match, with an adapter that does nothing yet.
     *
     * @param weights live weights of the network
     * @param noise where the initial values of A come from
     */
    public LoraAdapter(NDManager owner, Weights weights, Options options, NoiseSource noise) {
        this.options = options;
        this.weights = weights;
        this.manager = owner.newSubManager();
        for (String name : weights.names()) {
            String layer = name.endsWith(".weight") ? name.substring(0, name.length() - ".weight".length()) : "";
            if (options.matches(layer)) {
                adapt(layer, noise);
            }
        }
        if (layers.isEmpty()) {
            throw new IllegalArgumentException(
                    "targets (%s) match none of the model's layers, such as %s.%nMaybe set targets: [attention], which is known for every family."
                            .formatted(options.targets(), example(weights)));
        }
        Map<String, NDArray> frozen = new LinkedHashMap<>();
        base.forEach((layer, array) -> frozen.put(layer + ".weight", array));
        reference = weights.with(manager, frozen);
    }

    private static String example(Weights weights) {
        return weights.names().stream()
                .filter(name ->
                        name.endsWith(".weight") && weights.get(name).getShape().dimension() == 2)
                .findFirst()
                .orElse("none");
    }

    private void adapt(String layer, NoiseSource noise) {
        NDArray weight = weights.get(layer + ".weight");
        if (weight.getShape().dimension() != 2) {
            throw new IllegalArgumentException(
                    "%s has a weight of shape %s; only linear layers (out, in) can be adapted."
                            .formatted(layer, weight.getShape()));
        }
        long out = weight.getShape().get(0);
        long in = weight.getShape().get(1);
        layers.add(layer);
        folded.put(layer + ".weight", layer);
        base.put(layer, InPlace.copy(manager, weight));
        int rank = options.rank(layer);
        try (NDArray unit = noise.gaussian(manager, new Shape(rank, in))) {
            parameters.put(nameOfA(layer), Torch.scaled(unit, 1.0 / rank));
        }
        parameters.put(nameOfB(layer), manager.zeros(new Shape(out, rank)));
        gradients.put(nameOfA(layer), manager.zeros(new Shape(rank, in)));
        gradients.put(nameOfB(layer), manager.zeros(new Shape(out, rank)));
    }

    static String nameOfA(String layer) {
        return PREFIX + layer + ".lora_A.weight";
    }

    static String nameOfB(String layer) {
        return PREFIX + layer + ".lora_B.weight";
    }

    /** Returns rank, scale and targets. */
    public Options options() {
        return options;
    }

    /** Returns the names of the adapted layers, in the order of the weights. */
    public List<String> layers() {
        return Collections.unmodifiableList(layers);
    }

    /** Copies values named as in PEFT's files into A and B; all must be there, with their shapes, and no others. */
    public void load(Map<String, NDArray> values) {
        for (String name : values.keySet()) {
            if (!parameters.containsKey(name)) {
                throw new IllegalArgumentException(
                        "The adapter has a tensor %s, which is no layer that this model adapts.".formatted(name));
            }
        }
        parameters.forEach((name, parameter) -> {
            NDArray value = values.get(name);
            if (value == null) {
                throw new IllegalArgumentException(
                        "The adapter has no tensor %s, which this model needs.".formatted(name));
            }
            if (!value.getShape().equals(parameter.getShape())) {
                throw new IllegalArgumentException("The adapter's tensor %s has shape %s; this model needs %s."
                        .formatted(name, value.getShape(), parameter.getShape()));
            }
            InPlace.assign(parameter, value);
        });
    }

    @Override
    public Map<String, NDArray> parameters() {
        return Collections.unmodifiableMap(parameters);
    }

    @Override
    public Map<String, NDArray> gradients() {
        return Collections.unmodifiableMap(gradients);
    }

    @Override
    public void fold(Map<String, NDArray> values, Weights into) {
        for (String layer : layers) {
            InPlace.foldLowRank(
                    into.get(layer + ".weight"),
                    base.get(layer),
                    values.get(nameOfA(layer)),
                    values.get(nameOfB(layer)),
                    options.scale(layer));
        }
    }

    /** Writes the weights without the adapter into the network. */
    public void unfold() {
        layers.forEach(layer -> InPlace.assign(weights.get(layer + ".weight"), base.get(layer)));
    }

    @Override
    public Weights weights() {
        return weights;
    }

    @Override
    public Weights reference() {
        return reference;
    }

    @Override
    public Set<String> folded() {
        return folded.keySet();
    }

    @Override
    public Trainable sibling(NDManager owner, NoiseSource noise) {
        return new LoraAdapter(owner, ownWeights(owner), options, noise);
    }

    @Override
    public void pullBack(Replica replica) {
        replica.drain((weight, collected) -> {
            String layer = folded.get(weight);
            InPlace.pullBackLowRank(
                    collected,
                    parameters.get(nameOfA(layer)),
                    parameters.get(nameOfB(layer)),
                    options.scale(layer),
                    gradients.get(nameOfA(layer)),
                    gradients.get(nameOfB(layer)));
        });
    }

    @Override
    public void close() {
        reference.close();
        manager.close();
    }
}
