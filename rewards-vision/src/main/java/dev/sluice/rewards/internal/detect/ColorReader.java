package dev.sluice.rewards.internal.detect;

import dev.sluice.flow.tensor.Suggestion;
import dev.sluice.video.Media;
import java.util.List;

/** Names the colours of objects. */
interface ColorReader extends AutoCloseable {
    /** GenEval's colours, in its order. */
    List<String> COLORS =
            List.of("red", "orange", "yellow", "green", "blue", "purple", "pink", "brown", "black", "white");

    /** Returns for each box one of {@link #COLORS}; empty if it has none of them. */
    List<String> colors(Media picture, List<FoundBox> boxes);

    @Override
    default void close() {}

    /** Refuses a word that is none of the ten colours. */
    static void requireColor(String word) {
        if (!COLORS.contains(word)) {
            throw new IllegalArgumentException("the colour (%s) must be one of %s.%s"
                    .formatted(word, String.join(", ", COLORS), Suggestion.line(word, COLORS)));
        }
    }
}
