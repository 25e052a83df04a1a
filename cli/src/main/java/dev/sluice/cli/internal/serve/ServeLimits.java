package dev.sluice.cli.internal.serve;

import dev.sluice.flow.tensor.Require;
import java.time.Duration;

/**
 * What a request may cost.
 *
 * @param body bytes of a request's body
 * @param pixels of a picture, or of a video's frame
 * @param frames of a video
 * @param items of a batch
 * @param patience how long a request may take
 * @param queue requests that are worked on or wait; more are turned away
 * @param batch samples that rewards are given at once
 */
public record ServeLimits(int body, int pixels, int frames, int items, Duration patience, int queue, int batch) {
    /** 32 MB, 16 million pixels, 256 frames, 256 items, half a minute, 32 requests, 16 samples. */
    public static final ServeLimits DEFAULT =
            new ServeLimits(32 << 20, 1 << 24, 256, 256, Duration.ofSeconds(30), 32, 16);

    /** Checks the numbers. */
    public ServeLimits {
        Require.atLeast("body", body, 1);
        Require.atLeast("pixels", pixels, 1);
        Require.atLeast("frames", frames, 1);
        Require.atLeast("items", items, 1);
        Require.atLeast("queue", queue, 1);
        Require.atLeast("batch", batch, 1);
        if (patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("patience (%s) must be above 0.".formatted(patience));
        }
    }
}
