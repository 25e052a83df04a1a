package dev.sluice.rewards;

import java.util.Locale;
import java.util.Optional;

/**
 * Something that was found in a picture: an object, or a patch that is none.
 *
 * @param object the object, or nothing if shape or colour are in doubt; its shade is the measured one
 * @param fit how well the patch fits the best shape of that size, soft intersection over union in [0, 1]
 * @param doubt why it is no object; empty if it is one
 */
public record SceneDetection(Optional<SceneObject> object, double fit, String doubt) {
    /** Returns a line for people: "red circle at (12.0, 8.5), radius 5.1, fit 0.97". */
    public String describe() {
        return object.map(o -> String.format(
                        Locale.ROOT,
                        "%s %s at (%.1f, %.1f), radius %.1f, fit %.2f",
                        o.color().word(),
                        o.shape().word(),
                        o.x(),
                        o.y(),
                        o.radius(),
                        fit))
                .orElse(doubt);
    }
}
