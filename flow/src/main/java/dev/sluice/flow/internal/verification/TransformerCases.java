package dev.sluice.flow.internal.verification;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.internal.FluxTransformer;
import dev.sluice.flow.internal.Sd3Transformer;
import dev.sluice.flow.internal.WanTransformer;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Cases of a velocity network: output, gradients of the inputs and of weights.
 *
 * @param arguments what a case of this network has under {@code CASE.in.}, and nothing else
 */
record TransformerCases(Golden golden, Weights weights, List<String> arguments, Network network) {
    private static final String HIDDEN = "hidden_states";
    private static final String TEXT = "encoder_hidden_states";
    private static final String POOLED = "pooled_projections";
    private static final String TIMESTEP = "timestep";
    private static final String IMAGE = "encoder_hidden_states_image";
    private static final String GUIDANCE = "guidance";

    /** The network as its reference calls it. */
    @FunctionalInterface
    interface Network {
        /**
         * Returns the output.
         *
         * @throws IllegalArgumentException if the arguments are another network's
         */
        NDArray run(Map<String, NDArray> arguments);
    }

    static TransformerCases of(Sd3Transformer transformer, Golden golden) {
        return new TransformerCases(
                golden,
                transformer.weights(),
                List.of(HIDDEN, TEXT, POOLED, TIMESTEP),
                in -> transformer.velocityAt(
                        in.get(HIDDEN), in.get(TIMESTEP), new Conditioning(in.get(TEXT), in.get(POOLED))));
    }

    static TransformerCases of(FluxTransformer transformer, Golden golden) {
        List<String> arguments = new ArrayList<>(List.of(HIDDEN, TEXT, POOLED, TIMESTEP, "img_ids", "txt_ids"));
        if (transformer.config().guided()) {
            arguments.add(GUIDANCE);
        }
        return new TransformerCases(golden, transformer.weights(), arguments, in -> {
            NDArray time = Torch.scaled(in.get(TIMESTEP), 1000);
            return transformer.velocityOfTokens(
                    in.get(HIDDEN),
                    time,
                    in.containsKey(GUIDANCE) ? Torch.scaled(in.get(GUIDANCE), 1000) : time,
                    new Conditioning(in.get(TEXT), in.get(POOLED)),
                    in.get("txt_ids").getNDArrayInternal().concat(new NDList(in.get("img_ids")), 0));
        });
    }

    static TransformerCases of(WanTransformer transformer, Golden golden) {
        List<String> arguments = new ArrayList<>(List.of(HIDDEN, TEXT, TIMESTEP));
        if (transformer.config().imageSize() > 0) {
            arguments.add(IMAGE);
        }
        return new TransformerCases(golden, transformer.weights(), arguments, in -> {
            NDArray pooled = in.get(TEXT).get(new NDIndex(":,0,:0"));
            List<NDArray> picture = in.containsKey(IMAGE) ? List.of(in.get(HIDDEN), in.get(IMAGE)) : List.of();
            return transformer.velocityAt(
                    in.get(HIDDEN), in.get(TIMESTEP), new Conditioning(in.get(TEXT), pooled, picture));
        });
    }

    void run() throws IOException {
        golden.cannot("debug.", "a value between layers");
        for (String name : golden.cases(".in." + HIDDEN)) {
            golden.markInputs(name + ".cotangent");
            String start = name + ".in.";
            Set<String> there = new TreeSet<>();
            golden.startingWith(start).forEach(input -> there.add(input.substring(start.length())));
            there.forEach(argument -> golden.markInputs(start + argument));
            String misfit = there.equals(Set.copyOf(arguments))
                    ? misfit(name)
                    : "a case of another model: its inputs are " + String.join(", ", there);
            if (misfit == null) {
                misfit = compare(name);
            }
            if (misfit != null) {
                golden.cannot(name + ".", misfit);
            }
        }
    }

    /** Returns why the weights whose gradients a case expects are another model's, or null. */
    private String misfit(String name) throws IOException {
        String start = name + ".grad.weight.";
        for (String gradient : golden.startingWith(start)) {
            String weight = gradient.substring(start.length());
            if (!weights.contains(weight) || !weights.get(weight).getShape().equals(golden.shape(gradient))) {
                return "a case of another model: this one has no %s of shape %s"
                        .formatted(weight, golden.shape(gradient));
            }
        }
        return null;
    }

    /** Compares a case, or returns why it was made with another model. */
    private String compare(String name) throws IOException {
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        for (String argument : arguments) {
            inputs.put(argument, golden.input(name + ".in." + argument));
        }
        Map<String, NDArray> leaves = new LinkedHashMap<>();
        inputs.forEach((argument, array) -> leaves.put(name + ".grad.in." + argument, array));
        String start = name + ".grad.weight.";
        for (String gradient : golden.startingWith(start)) {
            leaves.put(gradient, weights.get(gradient.substring(start.length())));
        }
        leaves.keySet().removeIf(gradient -> !golden.has(gradient));
        boolean backward = !leaves.isEmpty() && golden.has(name + ".cotangent");
        try (Torch.Scope mode = backward ? Torch.withGradient() : Torch.noGradient()) {
            if (backward) {
                leaves.values().forEach(leaf -> leaf.setRequiresGradient(true));
            }
            NDArray out;
            try {
                out = network.run(inputs);
            } catch (IllegalArgumentException e) {
                leaves.values().forEach(leaf -> leaf.setRequiresGradient(false));
                return "a case of another model: " + e.getMessage();
            }
            golden.compare(name + ".out", out);
            if (backward) {
                Torch.backward(out, golden.input(name + ".cotangent"));
                for (Map.Entry<String, NDArray> leaf : leaves.entrySet()) {
                    gradient(leaf.getKey(), leaf.getValue());
                }
            }
        }
        return null;
    }

    /** The next case begins with gradients of zero. */
    private void gradient(String name, NDArray leaf) throws IOException {
        try (NDArray gradient = leaf.getGradient()) {
            golden.compare(name, gradient);
            InPlace.zero(gradient);
        }
        leaf.setRequiresGradient(false);
    }
}
