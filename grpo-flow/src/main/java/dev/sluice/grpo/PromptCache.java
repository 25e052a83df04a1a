package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.StartPicture;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Encodes every prompt once and keeps the result, up to a number of bytes; those used longest ago leave first.
 *
 * <p>Every prompt is encoded by itself, with the picture that it starts from, so that its encoding does not depend on what else was asked for: a resumed run then has
 * the same numbers as one that was never stopped.
 */
final class PromptCache implements AutoCloseable {
    private static final long DEFAULT_LIMIT_BYTES = 1L << 30;

    private final PromptEncoder encoder;
    private final NDManager manager;
    private final long limitBytes;
    private final Map<Asked, Conditioning> encoded = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    PromptCache(NDManager owner, PromptEncoder encoder) {
        this(owner, encoder, DEFAULT_LIMIT_BYTES);
    }

    PromptCache(NDManager owner, PromptEncoder encoder, long limitBytes) {
        this.manager = owner.newSubManager();
        this.encoder = encoder;
        this.limitBytes = limitBytes;
    }

    /** What the encoding is a function of. */
    private record Asked(String text, Optional<StartPicture> picture) {
        static Asked of(Prompt prompt) {
            return new Asked(prompt.text(), prompt.picture());
        }
    }

    /** Returns one row for each prompt, repeats allowed; owned by {@code owner}. Lanes may ask at the same time. */
    synchronized Conditioning rows(NDManager owner, List<Prompt> prompts) {
        List<Asked> asked = prompts.stream().map(Asked::of).toList();
        List<Asked> order = asked.stream().distinct().toList();
        try (NDManager scratch = owner.newSubManager()) {
            Conditioning joined = null;
            for (Asked each : order) {
                Conditioning row = one(prompts.get(asked.indexOf(each))).rows(scratch, 0);
                joined = joined == null ? row : joined.followedBy(scratch, row);
            }
            if (joined == null) {
                throw new IllegalArgumentException("prompts (0) must hold at least one prompt.");
            }
            int[] rows = asked.stream().mapToInt(order::indexOf).toArray();
            return joined.rows(owner, rows);
        }
    }

    private Conditioning one(Prompt prompt) {
        Conditioning known = encoded.get(Asked.of(prompt));
        if (known != null) {
            return known;
        }
        Conditioning made = encoder.encode(manager, prompt);
        encoded.put(Asked.of(prompt), made);
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
