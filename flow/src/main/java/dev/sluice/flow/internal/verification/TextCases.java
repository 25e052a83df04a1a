package dev.sluice.flow.internal.verification;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.ClipTextEncoder;
import dev.sluice.flow.internal.T5Encoder;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Cases of a text encoder: its states and, for CLIP, the pooled projection. */
record TextCases(String folder, Golden golden) {
    private static final String IDS = ".input_ids";
    private static final int SKIPPED = 2;

    /** Runs one encoder on one case. */
    @FunctionalInterface
    private interface Encoder {
        void run(String name, NDArray ids) throws IOException;
    }

    void run(ClipTextEncoder encoder) throws IOException {
        int layers = encoder.config().layers();
        cases(encoder.config().vocabulary(), encoder.config().positions(), (name, ids) -> {
            ClipTextEncoder.States states = encoder.encode(ids);
            golden.compare(name + ".penultimate", states.hidden());
            golden.compare(name + ".last_hidden_state", states.last());
            golden.compare(name + ".text_embeds", states.pooled());
            if (golden.has(name + ".skip2")) {
                int state = Math.max(0, layers - 1 - SKIPPED);
                golden.compare(name + ".skip2", encoder.encode(ids, state).hidden());
            }
        });
    }

    void run(T5Encoder encoder) throws IOException {
        cases(encoder.config().vocabulary(), Integer.MAX_VALUE, (name, ids) -> {
            golden.compare(name + ".last_hidden_state", encoder.encode(ids));
            if (golden.has(name + ".attention_mask")) {
                NDArray mask = golden.input(name + ".attention_mask");
                golden.compare(name + ".last_hidden_state_masked", encoder.encode(ids, mask));
            }
        });
    }

    private void cases(int vocabulary, int positions, Encoder encoder) throws IOException {
        List<String> all = golden.cases(IDS);
        List<String> own = new ArrayList<>(all);
        if (all.contains(folder)) {
            own.retainAll(List.of(folder));
        }
        try (Torch.Scope ignored = Torch.noGradient()) {
            for (String name : all) {
                NDArray ids = golden.input(name + IDS);
                golden.markInputs(name + ".attention_mask");
                if (!own.contains(name)) {
                    golden.cannot(name + ".", "a case of another model: this one is " + folder);
                } else if (misfits(ids, vocabulary, positions)) {
                    golden.cannot(name + ".", "a case of another model: its ids or its length are too large");
                } else {
                    encoder.run(name, ids);
                }
            }
        }
    }

    private static boolean misfits(NDArray ids, int vocabulary, int positions) {
        Shape shape = ids.getShape();
        return shape.dimension() != 2
                || shape.get(1) > positions
                || ids.max().getLong() >= vocabulary
                || ids.min().getLong() < 0;
    }
}
