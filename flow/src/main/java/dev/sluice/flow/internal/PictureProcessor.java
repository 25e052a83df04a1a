package dev.sluice.flow.internal;

import dev.sluice.flow.StartPicture;
import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.util.List;

/**
 * What CLIP's picture encoder is given: the shorter side resized, the middle cut out, and each channel normalised.
 *
 * <p>Source: transformers, {@code CLIPImageProcessor}, in the form that rests on Pillow.
 *
 * @param shortest the shorter side after resizing
 * @param side rows and columns of what is cut out
 * @param means of the channels in [0, 1]
 * @param deviations likewise
 */
public record PictureProcessor(int shortest, int side, List<Double> means, List<Double> deviations) {
    private static final int BICUBIC = 3;

    public PictureProcessor {
        means = List.copyOf(means);
        deviations = List.copyOf(deviations);
        Require.atLeast("crop_size", side, 1);
        Require.atLeast("size.shortest_edge", shortest, side);
        if (means.size() != 3 || deviations.size() != 3) {
            throw new IllegalArgumentException(
                    "image_mean (%s) and image_std (%s) must have three numbers each.".formatted(means, deviations));
        }
        deviations.forEach(deviation -> Require.positive("image_std", deviation));
    }

    /** Parses a {@code preprocessor_config.json}. */
    public static PictureProcessor of(ConfigFile config) throws IOException {
        for (String step : List.of("do_resize", "do_center_crop", "do_rescale", "do_normalize")) {
            if (!config.flag(step, true)) {
                throw new IOException("%s: %s (false) must be true.".formatted(config.path(), step));
            }
        }
        config.requireNumber("resample", BICUBIC);
        int shortest = side(config, "size", "shortest_edge");
        int side = side(config, "crop_size", "height");
        if (config.root().path("crop_size").isObject() && side(config, "crop_size", "width") != side) {
            throw new IOException("%s: crop_size must be as wide as high.".formatted(config.path()));
        }
        return config.parsed(
                c -> new PictureProcessor(shortest, side, c.numbers("image_mean"), c.numbers("image_std")));
    }

    /** A number, or an object with one; older files have the former. */
    private static int side(ConfigFile config, String key, String inner) throws IOException {
        var node = config.root().path(key);
        var value = node.isObject() ? node.path(inner) : node;
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw new IOException(
                    "%s: %s (%s) must be an integer or have %s.".formatted(config.path(), key, node, inner));
        }
        return value.intValue();
    }

    /** Returns the pixels as planes, shape (3, side, side). */
    public float[] pixels(StartPicture picture) {
        int rows = picture.height();
        int columns = picture.width();
        boolean wide = columns > rows;
        int longer = (int) ((long) shortest * Math.max(rows, columns) / Math.min(rows, columns));
        int newRows = wide ? shortest : longer;
        int newColumns = wide ? longer : shortest;
        byte[] rgb = Resampling.BICUBIC.resized(picture.rgb(), rows, columns, newRows, newColumns);
        int top = (newRows - side) / 2;
        int left = (newColumns - side) / 2;
        float[] planes = new float[3 * side * side];
        for (int channel = 0; channel < 3; channel++) {
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    int value = rgb[3 * ((top + y) * newColumns + left + x) + channel] & 0xFF;
                    planes[(channel * side + y) * side + x] =
                            (float) ((value / 255.0 - means.get(channel)) / deviations.get(channel));
                }
            }
        }
        return planes;
    }
}
