package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Encodes every prompt once and keeps the result, up to a number of bytes; those used longest ago leave first.
 *
 * <p>Every text is encoded by itself, so that its encoding does not depend on what else was asked for: a resumed run then has
 * the same numbers as one that was never stopped.
 */
final class PromptCache implements AutoCloseable {
    private static final long DEFAULT_LIMIT_BYTES = 1L << 30;

    private final PromptEncoder encoder;
    private final NDManager manager;
    private final long limitBytes;
    private final Map<String, Conditioning> encoded = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    PromptCache(NDManager owner, PromptEncoder encoder) {
        this(owner, encoder, DEFAULT_LIMIT_BYTES);
    }

    PromptCache(NDManager owner, PromptEncoder encoder, long limitBytes) {
        this.manager = owner.newSubManager();
        this.encoder = encoder;
        this.limitBytes = limitBytes;
    }

    /** Returns one row for each text, repeats allowed; owned by {@code owner}. Lanes may ask at the same time. */
    synchronized Conditioning rows(NDManager owner, List<String> texts) {
        Set<String> distinct = new LinkedHashSet<>(texts);
        List<String> order = new ArrayList<>(distinct);
        try (NDManager scratch = owner.newSubManager()) {
            Conditioning joined = null;
            for (String text : order) {
                Conditioning row = one(text).rows(scratch, 0);
                joined = joined == null ? row : joined.followedBy(scratch, row);
            }
            if (joined == null) {
                throw new IllegalArgumentException("texts (0) must hold at least one prompt.");
            }
            int[] rows = texts.stream().mapToInt(order::indexOf).toArray();
            return joined.rows(owner, rows);
        }
    }

    private Conditioning one(String text) {
        Conditioning known = encoded.get(text);
        if (known != null) {
            return known;
        }
        Conditioning made = encoder.encode(manager, List.of(text));
        encoded.put(text, made);
        bytes += bytes(made);
        Iterator<Conditioning> eldest = encoded.values().iterator();
        while (bytes > limitBytes && encoded.size() > 1) {
            Conditioning leaving = eldest.next();
            bytes -= bytes(leaving);
            eldest.remove();
            leaving.close();
        }
        return made;
    }

    private static long bytes(Conditioning conditioning) {
        return conditioning.arrays().stream().mapToLong(NDArray::size).sum() * Float.BYTES;
    }

    int size() {
        return encoded.size();
    }

    @Override
    public void close() {
        manager.close();
    }
}
