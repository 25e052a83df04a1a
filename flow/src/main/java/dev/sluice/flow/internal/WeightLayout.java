package dev.sluice.flow.internal;

import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.WeightFiles;
import java.io.IOException;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The names and shapes of the tensors that a network needs. */
public final class WeightLayout {
    private final Map<String, Shape> shapes = new LinkedHashMap<>();
    private final Set<String> vocabularies = new HashSet<>();

    /** Adds a tensor. */
    public WeightLayout tensor(String name, long... shape) {
        shapes.put(name, new Shape(shape));
        return this;
    }

    /** Adds a table with a row for each token, of which a prompt needs a few. */
    public WeightLayout vocabulary(String name, long tokens, long width) {
        vocabularies.add(name);
        return tensor(name, tokens, width);
    }

    /** Adds {@code NAME.weight} of shape (out, in) and {@code NAME.bias}. */
    public WeightLayout linear(String name, long in, long out) {
        return tensor(name + ".weight", out, in).tensor(name + ".bias", out);
    }

    /** Adds {@code NAME.weight} of shape (out, in, side, side) and {@code NAME.bias}. */
    public WeightLayout convolution(String name, long in, long out, long side) {
        return tensor(name + ".weight", out, in, side, side).tensor(name + ".bias", out);
    }

    /** Adds the scale and the shift of a norm. */
    public WeightLayout norm(String name, long size) {
        return tensor(name + ".weight", size).tensor(name + ".bias", size);
    }

    /** Returns the shapes by name. */
    public Map<String, Shape> shapes() {
        return Collections.unmodifiableMap(shapes);
    }

    /** Returns whether a tensor is a {@link #vocabulary}. */
    public boolean isVocabulary(String name) {
        return vocabularies.contains(name);
    }

    /** Returns the number of scalars. */
    public long parameterCount() {
        return shapes.values().stream().mapToLong(Shape::size).sum();
    }

    /**
     * Checks that files hold every tensor in its shape; more tensors than these are no fault.
     *
     * @param architecture for the message
     */
    public void check(String architecture, WeightFiles files) throws IOException {
        for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
            if (!files.contains(entry.getKey())) {
                throw new IOException("%s has no tensor named %s, which %s with this config.json needs."
                        .formatted(files.path(), entry.getKey(), architecture));
            }
            Shape found = files.shape(entry.getKey());
            if (!found.equals(entry.getValue())) {
                throw new IOException("%s: tensor %s has shape %s; %s with this config.json needs %s."
                        .formatted(files.path(), entry.getKey(), found, architecture, entry.getValue()));
            }
        }
    }
}
