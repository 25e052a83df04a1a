package dev.sluice.flow.internal.verification;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.ModelVerification.Comparison;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.StoredType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** A golden file while a model is compared with it: every tensor ends as an input or as a comparison. */
final class Golden {
    private final SafetensorsFile file;
    private final NDManager manager;
    private final Set<String> inputs = new HashSet<>();
    private final Map<String, Comparison> comparisons = new TreeMap<>();

    Golden(SafetensorsFile file, NDManager manager) {
        this.file = file;
        this.manager = manager;
    }

    /** Owns what is read; the caller closes it. */
    NDManager manager() {
        return manager;
    }

    boolean has(String name) {
        return file.contains(name);
    }

    Shape shape(String name) throws IOException {
        return file.shape(name);
    }

    Map<String, String> metadata() {
        return file.metadata();
    }

    Set<String> names() {
        return file.names();
    }

    /** Returns the beginnings, before {@code end}, of all names that end so. */
    List<String> cases(String end) {
        Set<String> cases = new TreeSet<>();
        for (String name : file.names()) {
            if (name.endsWith(end)) {
                cases.add(name.substring(0, name.length() - end.length()));
            }
        }
        return new ArrayList<>(cases);
    }

    /** Returns the names that begin with {@code start}. */
    List<String> startingWith(String start) {
        return file.names().stream().filter(name -> name.startsWith(start)).toList();
    }

    /** Says that tensors are inputs, also of a case that is not run. */
    void markInputs(String... names) {
        inputs.addAll(List.of(names));
    }

    NDArray input(String name) throws IOException {
        markInputs(name);
        return file.read(manager, name);
    }

    /** Compares what was computed, if the file expects it. */
    void compare(String name, NDArray found) throws IOException {
        if (!has(name) || comparisons.containsKey(name)) {
            return;
        }
        Shape expected = file.shape(name);
        if (!found.getShape().equals(expected)) {
            double infinite = Double.POSITIVE_INFINITY;
            comparisons.put(name, new Comparison(name, infinite, infinite));
            return;
        }
        try (NDManager scratch = found.getManager().newSubManager()) {
            NDArray ours = found.toType(DataType.FLOAT64, true);
            ours.attach(scratch);
            NDArray theirs = file.read(scratch, name).toType(DataType.FLOAT64, false);
            theirs.attach(scratch);
            compare(name, ours.toDoubleArray(), theirs.toDoubleArray());
        }
    }

    void compare(String name, double[] found, double[] expected) {
        double error = found.length == expected.length ? 0 : Double.POSITIVE_INFINITY;
        double largest = 0;
        for (int i = 0; i < Math.min(found.length, expected.length); i++) {
            // Math.max keeps NaN, and two equal infinities are no error.
            error = Math.max(error, found[i] == expected[i] ? 0 : Math.abs(found[i] - expected[i]));
            largest = Math.max(largest, Math.abs(expected[i]));
        }
        comparisons.put(name, new Comparison(name, error, error == 0 ? 0 : error / largest));
    }

    double[] expected(String name) throws IOException {
        float[] floats = file.floats(name);
        double[] expected = new double[floats.length];
        for (int i = 0; i < expected.length; i++) {
            expected[i] = floats[i];
        }
        return expected;
    }

    /** Returns the expected values of a tensor of whole or of floating numbers. */
    double[] expectedNumbers(String name) throws IOException {
        return file.dtype(name) == StoredType.I64
                ? Arrays.stream(file.longs(name)).asDoubleStream().toArray()
                : expected(name);
    }

    long[] expectedIds(String name) throws IOException {
        return file.longs(name);
    }

    /** Gives a reason for every tensor with that beginning that is neither input nor compared. */
    void cannot(String start, String reason) {
        for (String name : startingWith(start)) {
            if (!inputs.contains(name)) {
                comparisons.putIfAbsent(name, new Comparison(name, reason));
            }
        }
    }

    /** Returns one comparison for every tensor that is no input. */
    List<Comparison> result(String otherwise) {
        cannot("", otherwise);
        return List.copyOf(comparisons.values());
    }
}
