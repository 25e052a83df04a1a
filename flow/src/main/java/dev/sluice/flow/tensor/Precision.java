package dev.sluice.flow.tensor;

/**
 * The type that a network's weights are held in and that it computes in. Latents, velocities, log-probabilities and what is
 * trained are float32 in any case.
 */
public enum Precision {
    /** 32 bits. */
    FLOAT32("to_float32"),
    /** 16 bits with the range of float32: half the memory, and faster where the processor has instructions for it. */
    BFLOAT16("to_bfloat16");

    private final String operator;

    Precision(String operator) {
        this.operator = operator;
    }

    /** The method among the operators that rounds to this precision. */
    String operator() {
        return operator;
    }
}
