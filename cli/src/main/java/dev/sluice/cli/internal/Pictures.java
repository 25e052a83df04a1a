package dev.sluice.cli.internal;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.tensor.Require;
import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Takes pictures from the tensor engine. */
public final class Pictures {
    private Pictures() {}

    /**
     * Returns the pictures of a decoded batch; one that is not finite has none.
     *
     * @param pictures in [0, 1], shape (B, 3, height, width), float32
     */
    public static List<Optional<Media>> of(NDArray pictures) {
        Require.shape("pictures", pictures, -1, 3, -1, -1);
        int count = Math.toIntExact(pictures.getShape().get(0));
        int height = Math.toIntExact(pictures.getShape().get(2));
        int width = Math.toIntExact(pictures.getShape().get(3));
        float[] values = pictures.toFloatArray();
        int size = values.length / count;
        List<Optional<Media>> media = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            float[] planes = Arrays.copyOfRange(values, i * size, (i + 1) * size);
            media.add(Pixels.finite(planes) ? Optional.of(Pixels.image(planes, height, width)) : Optional.empty());
        }
        return media;
    }

    /** Returns the pictures of a decoded batch, black ones for those that are not finite: whoever samples counts them. */
    public static List<Media> orBlack(NDArray pictures) {
        int height = Math.toIntExact(pictures.getShape().get(2));
        int width = Math.toIntExact(pictures.getShape().get(3));
        return of(pictures).stream()
                .map(picture -> picture.orElseGet(() -> Media.image(height, width, new byte[3 * height * width])))
                .toList();
    }
}
