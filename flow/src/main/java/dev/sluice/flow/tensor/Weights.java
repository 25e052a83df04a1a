package dev.sluice.flow.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The named arrays of one network, by the names of its weight files. A network reads them at every call, so what is
 * written into an entry is what the next call uses.
 *
 * <p>Memory: the arrays belong to {@link #manager()}; closing the weights frees them.
 */
public final class Weights implements AutoCloseable {
    private final NDManager manager;
    private final boolean owner;
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    private String network = "";

    /** Creates an empty set whose arrays will belong to {@code manager}. */
    public Weights(NDManager manager) {
        this(manager, true);
    }

    private Weights(NDManager manager, boolean owner) {
        this.manager = manager;
        this.owner = owner;
    }

    /**
     * Returns the same arrays with some of them replaced; closing it frees none of them.
     *
     * @param manager what {@link #manager()} of the result is; it owns what a network over the result adds
     */
    public Weights with(NDManager manager, Map<String, NDArray> replacements) {
        Weights view = new Weights(manager, false);
        view.network = network;
        arrays.forEach((name, array) -> view.arrays.put(name, replacements.getOrDefault(name, array)));
        return view;
    }

    /** Returns the class of the network that they are of, as {@code config.json} names it; empty if nobody said. */
    public String network() {
        return network;
    }

    /** Says which class of network they are of. */
    public Weights of(String network) {
        this.network = network;
        return this;
    }

    /**
     * Returns those whose names begin so, without it; closing the result frees none of them.
     *
     * @param prefix what names must begin with; may be empty
     * @param except what they must not begin with; empty for none
     */
    public Weights part(String prefix, String except) {
        Weights view = new Weights(manager, false);
        view.network = network;
        arrays.forEach((name, array) -> {
            if (name.startsWith(prefix) && (except.isEmpty() || !name.startsWith(except))) {
                view.arrays.put(name.substring(prefix.length()), array);
            }
        });
        return view;
    }

    /** Returns the owner of the arrays. */
    public NDManager manager() {
        return manager;
    }

    /** Adds or replaces an entry; the array then belongs to these weights and a replaced one is closed. */
    public void put(String name, NDArray array) {
        array.attach(manager);
        NDArray replaced = arrays.put(name, array);
        if (replaced != null && replaced != array) {
            replaced.close();
        }
    }

    /** Returns the array of that name. */
    public NDArray get(String name) {
        NDArray array = arrays.get(name);
        if (array == null) {
            throw new IllegalArgumentException("The weights have no tensor named %s.".formatted(name));
        }
        return array;
    }

    /** Returns whether there is an entry of that name. */
    public boolean contains(String name) {
        return arrays.containsKey(name);
    }

    /** Returns the names in the order they were added. */
    public Set<String> names() {
        return Collections.unmodifiableSet(arrays.keySet());
    }

    /** Returns all entries, a view. */
    public Map<String, NDArray> asMap() {
        return Collections.unmodifiableMap(arrays);
    }

    /** Rounds every floating entry to the precision, which the network then computes in. */
    public void round(Precision precision) {
        try (Torch.Scope ignored = Torch.noGradient()) {
            for (Map.Entry<String, NDArray> entry : arrays.entrySet()) {
                NDArray array = entry.getValue();
                NDArray rounded = Ops.call(precision.operator(), null, array);
                if (rounded != array) {
                    rounded.attach(manager);
                    entry.setValue(rounded);
                    array.close();
                }
            }
        }
    }

    /** Returns the number of scalars in all entries. */
    public long parameterCount() {
        return arrays.values().stream().mapToLong(NDArray::size).sum();
    }

    @Override
    public void close() {
        if (owner) {
            arrays.values().forEach(NDArray::close);
        }
        arrays.clear();
    }
}
