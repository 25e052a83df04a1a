package dev.sluice.rewards;

import dev.sluice.rewards.internal.SceneRenderer;
import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.util.List;

/**
 * The ground truth of a picture of the scenes world: objects on a dark background.
 *
 * @param objects the objects; where two overlap, the later one is in front
 * @param red the background's red, in 0..255
 * @param green the background's green, in 0..255
 * @param blue the background's blue, in 0..255
 */
public record Scene(List<SceneObject> objects, double red, double green, double blue) {
    /** Copies the list. */
    public Scene {
        objects = List.copyOf(objects);
    }

    /**
     * Renders the scene with 4×4 samples for each pixel.
     *
     * @return {@link ScenesWorld#SIZE}² pixels in [-1, 1], channels first: red plane, green plane, blue plane
     */
    public float[] pixels() {
        return SceneRenderer.render(this, ScenesWorld.SIZE);
    }

    /**
     * Returns what each pixel shows.
     *
     * @return the share of each of {@link ScenesWorld#SIZE}² pixels that a shape covers, in [0, 1]; a plane for each
     *     {@link SceneShape}, in their order
     */
    public float[] shapes() {
        return SceneRenderer.shapes(this, ScenesWorld.SIZE);
    }

    /** Returns {@link #pixels()} as an 8-bit image, rounded half to even. */
    public Media media() {
        return Pixels.signedImage(pixels(), ScenesWorld.SIZE, ScenesWorld.SIZE);
    }
}
