package dev.sluice.rewards.internal;

import dev.sluice.video.Media;

/** Every frame of a video with its neighbours, as a network sees them. */
public final class FrameWindows {
    private FrameWindows() {}

    /**
     * Returns values in [0, 1], shape (frames, (2·context + 1)·3, rows, columns); the first and the last frame stand for those that
     * are not there.
     */
    public static float[] of(Media video, int context) {
        int area = video.height() * video.width();
        float[] planes = new float[video.frames() * 3 * area];
        for (int i = 0; i < planes.length; i++) {
            int frame = i / (3 * area);
            int channel = i / area % 3;
            planes[i] = (video.rgb()[(frame * area + i % area) * 3 + channel] & 0xFF) / 255f;
        }
        return of(planes, video.frames(), context);
    }

    /** Returns the same of frames that are planes already, shape (frames, 3, rows, columns). */
    static float[] of(float[] planes, int frames, int context) {
        int size = planes.length / frames;
        int window = 2 * context + 1;
        float[] windows = new float[planes.length * window];
        for (int frame = 0; frame < frames; frame++) {
            for (int i = 0; i < window; i++) {
                int from = Math.max(0, Math.min(frames - 1, frame + i - context));
                System.arraycopy(planes, from * size, windows, (frame * window + i) * size, size);
            }
        }
        return windows;
    }
}
