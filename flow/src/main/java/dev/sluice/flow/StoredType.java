package dev.sluice.flow;

import ai.djl.ndarray.types.DataType;
import dev.sluice.flow.tensor.Precision;

/** The element types of a safetensors file that this project reads and writes, named as in the file. */
public enum StoredType {
    /** IEEE 754 binary64. */
    F64(8, 7, DataType.FLOAT64),
    /** IEEE 754 binary32. */
    F32(4, 6, DataType.FLOAT32),
    /** IEEE 754 binary16. */
    F16(2, 5, DataType.FLOAT16),
    /** The upper half of a binary32. */
    BF16(2, 15, DataType.UNKNOWN),
    /** Signed, 64 bits. */
    I64(8, 4, DataType.INT64),
    /** Signed, 32 bits. */
    I32(4, 3, DataType.INT32),
    /** Signed, 16 bits; arrays hold it as 32 bits, because the engine's Java side has no such type. */
    I16(2, 2, DataType.INT32),
    /** Signed, 8 bits. */
    I8(1, 1, DataType.INT8),
    /** Unsigned, 8 bits. */
    U8(1, 0, DataType.UINT8),
    /** One byte, 0 or 1. */
    BOOL(1, 11, DataType.BOOLEAN);

    private final int bytes;
    private final int engineCode;
    private final DataType arrayType;

    StoredType(int bytes, int engineCode, DataType arrayType) {
        this.bytes = bytes;
        this.engineCode = engineCode;
        this.arrayType = arrayType;
    }

    /** Returns the size of one element in bytes. */
    public int bytes() {
        return bytes;
    }

    /** Returns whether this is a floating-point type. */
    public boolean isFloating() {
        return ordinal() <= BF16.ordinal();
    }

    /** Returns the type of the array that holds such elements; {@link DataType#UNKNOWN} for bfloat16. */
    public DataType arrayType() {
        return arrayType;
    }

    /** Returns the engine's number for this type, as TorchScript uses it. */
    int engineCode() {
        return engineCode;
    }

    /** Returns the engine's number for the type of the array that holds such elements. */
    int arrayEngineCode() {
        return this == I16 ? I32.engineCode : engineCode;
    }

    /** Returns whether an array holds such elements byte for byte; any byte but 0 is true in a file, and only 1 in an array. */
    boolean storedAsHeld() {
        return this != I16 && this != BOOL;
    }

    /** Returns the type in which numbers of that precision are stored. */
    static StoredType of(Precision precision) {
        return switch (precision) {
            case FLOAT32 -> F32;
            case FLOAT16 -> F16;
            case BFLOAT16 -> BF16;
        };
    }

    /** Returns the value of a binary16: sign, 5 bits of exponent with bias 15, 10 bits of fraction. */
    static float half(short bits) {
        int exponent = (bits >> 10) & 0x1F;
        int fraction = bits & 0x3FF;
        float magnitude = switch (exponent) {
            case 0 -> fraction * 0x1p-24f;
            case 31 -> fraction == 0 ? Float.POSITIVE_INFINITY : Float.NaN;
            default -> Float.intBitsToFloat((exponent + 112) << 23 | fraction << 13);
        };
        return bits < 0 ? -magnitude : magnitude;
    }
}
