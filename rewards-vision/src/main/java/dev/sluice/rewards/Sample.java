package dev.sluice.rewards;

import dev.sluice.video.Media;
import java.util.Map;

/**
 * One generated image or video with what it was generated from.
 *
 * @param media the pixels
 * @param prompt the text; empty if there is none
 * @param metadata what a verifiable reward needs to know of the prompt, as its prompt file gives it (JSON values)
 */
public record Sample(Media media, String prompt, Map<String, Object> metadata) {
    public Sample {
        metadata = Map.copyOf(metadata);
    }
}
