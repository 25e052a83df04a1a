package dev.sluice.flow.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** Argument checks whose messages say what was expected and what was found. The condition is written so that NaN fails. */
public final class Require {
    private Require() {}

    /** Returns {@code value} if it is at least {@code least}. */
    public static int atLeast(String name, int value, int least) {
        if (!(value >= least)) {
            throw new IllegalArgumentException("%s (%s) must be at least %s.".formatted(name, value, least));
        }
        return value;
    }

    /** Returns {@code value} if it is finite and above zero. */
    public static double positive(String name, double value) {
        if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("%s (%s) must be a finite number above 0.".formatted(name, value));
        }
        return value;
    }

    /** Returns {@code value} if it is finite and not below zero. */
    public static double notNegative(String name, double value) {
        if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("%s (%s) must be a finite number of at least 0.".formatted(name, value));
        }
        return value;
    }

    /** Returns {@code value} if it lies in [least, most]. */
    public static double within(String name, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw new IllegalArgumentException("%s (%s) must be in [%s, %s].".formatted(name, value, least, most));
        }
        return value;
    }

    /** Checks that two arrays have one shape. */
    public static void sameShape(String name, NDArray array, String otherName, NDArray other) {
        if (!array.getShape().equals(other.getShape())) {
            throw new IllegalArgumentException("%s has shape %s but %s has shape %s; they must be equal."
                    .formatted(name, array.getShape(), otherName, other.getShape()));
        }
    }

    /** Checks an array's shape; −1 in {@code expected} stands for any size. */
    public static void shape(String name, NDArray array, long... expected) {
        long[] found = array.getShape().getShape();
        boolean equal = found.length == expected.length;
        for (int i = 0; equal && i < found.length; i++) {
            equal = expected[i] == -1 || expected[i] == found[i];
        }
        if (!equal) {
            throw new IllegalArgumentException("%s has shape %s; expected %s, where -1 is any size."
                    .formatted(name, array.getShape(), new Shape(expected)));
        }
    }
}
