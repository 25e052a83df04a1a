package dev.sluice.flow.tensor;

/**
 * The type that a network's weights are held in and that it computes in. Latents, velocities, log-probabilities and what is
 * trained are float32 in any case.
 */
public enum Precision {
    /** 32 bits. */
    FLOAT32("to_float32", 6, 4),
    /** 16 bits with the range of float32: half the memory, and faster where the processor has instructions for it. */
    BFLOAT16("to_bfloat16", 15, 2),
    /** 16 bits with eight times the precision of bfloat16, but numbers beyond 65504 become infinite. */
    FLOAT16("to_float16", 5, 2);

    private final String operator;
    private final int engineCode;
    private final int bytes;

    Precision(String operator, int engineCode, int bytes) {
        this.operator = operator;
        this.engineCode = engineCode;
        this.bytes = bytes;
    }

    /** The method among the operators that rounds to this precision. */
    String operator() {
        return operator;
    }

    /** The engine's number for the type. */
    int engineCode() {
        return engineCode;
    }

    /** Returns the size of a number in bytes. */
    public int bytes() {
        return bytes;
    }
}
