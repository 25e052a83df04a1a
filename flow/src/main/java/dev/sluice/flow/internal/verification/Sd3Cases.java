package dev.sluice.flow.internal.verification;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.internal.Sd3Config;
import dev.sluice.flow.internal.Sd3Transformer;
import dev.sluice.flow.tensor.InPlace;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** Cases of an SD3 transformer: output, gradients of the inputs and of weights. */
record Sd3Cases(Sd3Transformer transformer, Golden golden) {
    private static final String HIDDEN = "hidden_states";
    private static final String TEXT = "encoder_hidden_states";
    private static final String POOLED = "pooled_projections";
    private static final String TIMESTEP = "timestep";

    void run() throws IOException {
        golden.cannot("debug.", "a value between layers");
        for (String name : golden.cases(".in.hidden_states")) {
            run(name);
        }
    }

    private void run(String name) throws IOException {
        golden.markInputs(name + ".cotangent");
        Map<String, NDArray> inputs = new LinkedHashMap<>();
        for (String argument : new String[] {HIDDEN, TEXT, POOLED, TIMESTEP}) {
            if (!golden.has(name + ".in." + argument)) {
                golden.cannot(name + ".", "the file has no %s.in.%s".formatted(name, argument));
                return;
            }
            inputs.put(argument, golden.input(name + ".in." + argument));
        }
        String misfit = misfit(name);
        if (misfit != null) {
            golden.cannot(name + ".", misfit);
            return;
        }
        forwardAndBackward(name, inputs);
    }

    /** Returns why a case was made with another model, or null. */
    private String misfit(String name) throws IOException {
        Sd3Config config = transformer.config();
        Shape hidden = golden.shape(name + ".in." + HIDDEN);
        if (hidden.dimension() != 4 || hidden.get(1) != config.inChannels()) {
            return "a case of another model: its latents have the shape " + hidden;
        }
        Shape text = golden.shape(name + ".in." + TEXT);
        if (text.dimension() != 3 || text.get(2) != config.jointAttentionSize()) {
            return "a case of another model: its text states have the shape " + text;
        }
        Shape pooled = golden.shape(name + ".in." + POOLED);
        if (pooled.dimension() != 2 || pooled.get(1) != config.pooledSize()) {
            return "a case of another model: its pooled text has the shape " + pooled;
        }
        String start = name + ".grad.weight.";
        for (String gradient : golden.startingWith(start)) {
            String weight = gradient.substring(start.length());
            Weights weights = transformer.weights();
            if (!weights.contains(weight) || !weights.get(weight).getShape().equals(golden.shape(gradient))) {
                return "a case of another model: this one has no %s of shape %s"
                        .formatted(weight, golden.shape(gradient));
            }
        }
        return null;
    }

    private void forwardAndBackward(String name, Map<String, NDArray> inputs) throws IOException {
        Map<String, NDArray> leaves = new LinkedHashMap<>();
        inputs.forEach((argument, array) -> leaves.put(name + ".grad.in." + argument, array));
        String start = name + ".grad.weight.";
        for (String gradient : golden.startingWith(start)) {
            leaves.put(gradient, transformer.weights().get(gradient.substring(start.length())));
        }
        leaves.keySet().removeIf(gradient -> !golden.has(gradient));
        boolean backward = !leaves.isEmpty() && golden.has(name + ".cotangent");
        try (Torch.Scope mode = backward ? Torch.withGradient() : Torch.noGradient()) {
            if (backward) {
                leaves.values().forEach(leaf -> leaf.setRequiresGradient(true));
            }
            NDArray out = transformer.velocityAt(
                    inputs.get(HIDDEN), inputs.get(TIMESTEP), new Conditioning(inputs.get(TEXT), inputs.get(POOLED)));
            golden.compare(name + ".out", out);
            if (backward) {
                Torch.backward(out, golden.input(name + ".cotangent"));
                for (Map.Entry<String, NDArray> leaf : leaves.entrySet()) {
                    gradient(leaf.getKey(), leaf.getValue());
                }
            }
        }
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
