package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Weights;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.TreeSet;

/**
 * What a checkpoint belongs to.
 *
 * @param config hash of the settings that the numbers of a run depend on
 * @param model hash of the weights that the run started from
 */
public record RunIdentity(String config, String model) {
    private static final int MOST_VALUES = 1 << 20;

    /** Returns the identity of settings, as text, and of weights that nothing is folded into yet. */
    public static RunIdentity of(String settings, Weights weights) {
        MessageDigest digest = sha256();
        digest.update(settings.getBytes(StandardCharsets.UTF_8));
        return new RunIdentity(HexFormat.of().formatHex(digest.digest()), hash(weights));
    }

    /**
     * Returns the SHA-256 of the names, shapes and values of weights. Of an array with more than 2²⁰ values the first
     * 2²⁰ count.
     */
    public static String hash(Weights weights) {
        MessageDigest digest = sha256();
        for (String name : new TreeSet<>(weights.names())) {
            NDArray array = weights.get(name);
            digest.update((name + array.getShape()).getBytes(StandardCharsets.UTF_8));
            try (NDArray flat = array.flatten();
                    NDArray part = flat.get(":" + Math.min(MOST_VALUES, array.size()))) {
                ByteBuffer bytes = part.toByteBuffer();
                digest.update(bytes);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
