package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.internal.onnx.ZeroShot;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The colour whose words fit the box best, as GenEval asks CLIP; it shows the network what lies in the box, as no detector here gives
 * masks.
 *
 * @param network closed with this
 */
record ClipColors(ZeroShot network) implements ColorReader {
    @Override
    public List<String> colors(Media picture, List<FoundBox> boxes) {
        String[] colors = new String[boxes.size()];
        for (String kind : boxes.stream().map(FoundBox::kind).distinct().toList()) {
            int[] some = IntStream.range(0, colors.length)
                    .filter(i -> boxes.get(i).kind().equals(kind))
                    .toArray();
            int[] best = network.best(
                    Arrays.stream(some)
                            .mapToObj(i -> boxes.get(i).crop(picture))
                            .toList(),
                    classes(kind));
            for (int i = 0; i < some.length; i++) {
                colors[some[i]] = COLORS.get(best[i]);
            }
        }
        return List.of(colors);
    }

    /** Source: djghosh13/geneval, {@code color_classification}. */
    static List<List<String>> classes(String kind) {
        String name = FoundBox.named(kind);
        return COLORS.stream()
                .map(color -> List.of(
                        "a photo of a %s %s".formatted(color, name),
                        "a photo of a %s-colored %s".formatted(color, name),
                        "a photo of a %s object".formatted(color)))
                .toList();
    }

    @Override
    public void close() {
        network.close();
    }
}
