package dev.sluice.flow.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.PromptReading;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Text encoders that are on another device than the network, or that are open only while they are at work: known texts are encoded
 * when this is created, each by itself, and the encoders are released; they are opened again for a text that was not known.
 */
final class HeldPrompts implements PromptEncoder {
    private final Opener opener;
    private final Device device;
    private final NDManager manager;
    private final boolean released;
    private final Map<String, Conditioning> known = new HashMap<>();
    private int usualTokens;
    private int mostTokens;
    private Open kept;

    /** Opens text encoders and tokenizers. */
    @FunctionalInterface
    interface Opener {
        /** Opens them; the weights belong to {@code owner}. */
        PromptEncoder open(NDManager owner) throws IOException;
    }

    private record Open(NDManager manager, PromptEncoder encoder) implements AutoCloseable {
        @Override
        public void close() {
            encoder.close();
            manager.close();
        }
    }

    /**
     * Encodes the known texts.
     *
     * @param device where the text encoders are
     * @param owner owns what is known, on the network's device
     * @param released whether the encoders are open only while they are at work
     * @param reading how many tokens a prompt has, and what is known to be asked for
     */
    HeldPrompts(Opener opener, Device device, NDManager owner, boolean released, PromptReading reading)
            throws IOException {
        this.opener = opener;
        this.device = device;
        this.manager = owner.newSubManager();
        this.released = released;
        Open open = opened();
        try {
            this.usualTokens = open.encoder.tokens(reading.tokens());
            this.mostTokens = open.encoder.mostTokens();
            for (String text : reading.known()) {
                if (!known.containsKey(text)) {
                    known.put(text, encoded(open, manager, List.of(text), usualTokens));
                }
            }
        } catch (RuntimeException | Error e) {
            open.close();
            throw e;
        }
        letGo(open);
    }

    private Open opened() throws IOException {
        if (kept != null) {
            return kept;
        }
        NDManager own = manager.newSubManager(device);
        try {
            return new Open(own, opener.open(own));
        } catch (IOException | RuntimeException | Error e) {
            own.close();
            throw e;
        }
    }

    private void letGo(Open open) {
        if (released) {
            open.close();
        } else {
            kept = open;
        }
    }

    private static Conditioning encoded(Open open, NDManager owner, List<String> texts, int tokens) {
        try (NDManager scratch = open.manager.newSubManager()) {
            Conditioning made = open.encoder.encode(scratch, texts, tokens);
            return new Conditioning(moved(owner, made.tokens()), moved(owner, made.pooled()));
        }
    }

    private static NDArray moved(NDManager owner, NDArray array) {
        NDArray there = array.toDevice(owner.getDevice(), false);
        there.attach(owner);
        return there;
    }

    @Override
    public synchronized Conditioning encode(NDManager owner, List<String> prompts, int tokens) {
        if (tokens == usualTokens && known.keySet().containsAll(prompts)) {
            return joined(owner, prompts);
        }
        try {
            Open open = opened();
            try {
                return encoded(open, owner, prompts, tokens);
            } finally {
                letGo(open);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Conditioning joined(NDManager owner, List<String> prompts) {
        NDList tokens = new NDList();
        NDList pooled = new NDList();
        for (String prompt : prompts) {
            tokens.add(known.get(prompt).tokens());
            pooled.add(known.get(prompt).pooled());
        }
        return new Conditioning(joined(owner, tokens), joined(owner, pooled));
    }

    private static NDArray joined(NDManager owner, NDList rows) {
        NDArray joined = rows.size() == 1
                ? rows.get(0).duplicate()
                : rows.get(0).getNDArrayInternal().concat(new NDList(rows.subList(1, rows.size())), 0);
        joined.attach(owner);
        return joined;
    }

    @Override
    public int usualTokens() {
        return usualTokens;
    }

    @Override
    public int mostTokens() {
        return mostTokens;
    }

    @Override
    public void close() {
        if (kept != null) {
            kept.close();
        }
        manager.close();
    }
}
