package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.internal.Stills;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;

/**
 * Frames as a network embeds them.
 *
 * @param encoder closed with this
 */
record EncoderLooks(VisionNetwork encoder) implements FrameLooks {
    @Override
    public double[][] of(Media media, int[] frames) {
        String fault = Pictures.fault(media);
        if (!fault.isEmpty()) {
            throw new IllegalArgumentException(fault);
        }
        List<Media> stills =
                Arrays.stream(frames).mapToObj(frame -> Stills.of(media, frame)).toList();
        return encoder.units(stills).stream().map(Vectors::wide).toArray(double[][]::new);
    }

    @Override
    public void close() {
        encoder.close();
    }
}
