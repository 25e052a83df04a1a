package dev.sluice.rewards.internal.judge;

import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;

/** A question about two media, the first one's pictures before the second one's. */
final class PairOfMedia {
    private PairOfMedia() {}

    static ChatRequest request(JudgeOptions options, String question, String prompt, Media first, Media second) {
        ShownMedia.Form form = options.pictures();
        int[] ones = ShownMedia.spanning(first.frames(), form.frames());
        int[] others = ShownMedia.spanning(second.frames(), form.frames());
        String shown = first.isImage() && second.isImage()
                ? "The first picture is number 1, the second picture is number 2."
                : "The first %s are number 1, a video's frames in order; the %s after them are number 2."
                        .formatted(pictures(ones.length), pictures(others.length));
        List<String> urls = new ArrayList<>(ShownMedia.urls(first, ones, form));
        urls.addAll(ShownMedia.urls(second, others, form));
        return new ChatRequest(options.style(), urls, Rubric.filled(question, prompt, shown), options.seed());
    }

    private static String pictures(int count) {
        return count == 1 ? "picture" : count + " pictures";
    }
}
