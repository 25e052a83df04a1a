package dev.sluice.rewards.internal.onnx;

import dev.sluice.video.BicubicResize;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import tools.jackson.databind.JsonNode;

/**
 * Makes a network's pixels of a picture.
 *
 * @param form how it is brought to size
 * @param size rows and columns of what the network takes
 * @param mean of each channel, for values in [0, 1]
 * @param deviation of each channel
 */
record Preparation(Form form, int size, float[] mean, float[] deviation) {
    private static final double[] CLIP_MEAN = {0.48145466, 0.4578275, 0.40821073};
    private static final double[] CLIP_DEVIATION = {0.26862954, 0.26130258, 0.27577711};
    private static final int BICUBIC = 3;

    /** How a picture is brought to size. */
    enum Form {
        /** The shorter side resized on 8-bit values, then the middle cut out as transformers does: rounded down. */
        CROP,
        /** The same as torchvision does: rounded to even. */
        CROP_TORCHVISION,
        /** The longer side resized on floats, then black on both sides; HPSv2's. */
        LETTERBOX,
        /** The same without a widened kernel, as older torchvision. */
        LETTERBOX_SHARP
    }

    /**
     * Reads {@code preprocessor_config.json} of transformers.
     *
     * @param form how the picture is cut
     * @throws IOException if it asks for something else than what is done here
     */
    static Preparation read(Path file, Form form) throws IOException {
        JsonNode config = ModelFolder.json(file);
        int resample = config.path("resample").asInt(BICUBIC);
        if (resample != BICUBIC) {
            throw new IOException("%s: resample (%s) must be 3, which is bicubic.".formatted(file, resample));
        }
        for (String step : new String[] {"do_resize", "do_center_crop", "do_rescale", "do_normalize"}) {
            if (!config.path(step).asBoolean(true)) {
                throw new IOException("%s: %s (false) must be true.".formatted(file, step));
            }
        }
        double factor = config.path("rescale_factor").asDouble(1 / 255.0);
        if (Math.abs(factor * 255 - 1) > 1e-6) {
            throw new IOException("%s: rescale_factor (%s) must be 1/255.".formatted(file, factor));
        }
        int crop = side(file, "crop_size", config.path("crop_size"), "height");
        int size = side(file, "size", config.path("size"), "shortest_edge");
        if (crop != size) {
            throw new IOException("%s: crop_size (%s) must equal size (%s).".formatted(file, crop, size));
        }
        return new Preparation(
                form,
                size,
                three(file, config, "image_mean", CLIP_MEAN),
                three(file, config, "image_std", CLIP_DEVIATION));
    }

    private static int side(Path file, String name, JsonNode node, String key) throws IOException {
        int side = node.isObject() ? node.path(key).asInt(0) : node.asInt(224);
        boolean square = !node.has("width") || node.path("width").asInt() == side;
        if (!(side >= 1 && side <= 4096 && square)) {
            throw new IOException("%s: %s (%s) must give one side, as {\"%s\": 224}.".formatted(file, name, node, key));
        }
        return side;
    }

    private static float[] three(Path file, JsonNode config, String name, double[] otherwise) throws IOException {
        JsonNode node = config.path(name);
        if (!node.isMissingNode() && node.size() != 3) {
            throw new IOException("%s: %s (%s) must hold three numbers.".formatted(file, name, node));
        }
        float[] values = new float[3];
        for (int i = 0; i < 3; i++) {
            values[i] =
                    (float) (node.isMissingNode() ? otherwise[i] : node.get(i).doubleValue());
        }
        return values;
    }

    /** Returns 3 × size × size values: the planes red, green, blue. */
    float[] planes(Media picture) {
        return form == Form.LETTERBOX || form == Form.LETTERBOX_SHARP ? letterbox(picture) : crop(picture);
    }

    private float[] crop(Media picture) {
        Media resized = BicubicResize.shorterSide(picture, size);
        int top = middle(resized.height() - size);
        int left = middle(resized.width() - size);
        float[] planes = new float[3 * size * size];
        byte[] rgb = resized.rgb();
        for (int c = 0; c < 3; c++) {
            float[] table = new float[256];
            for (int value = 0; value < 256; value++) {
                table[value] = (value / 255f - mean[c]) / deviation[c];
            }
            int to = c * size * size;
            for (int y = 0; y < size; y++) {
                int from = 3 * ((top + y) * resized.width() + left) + c;
                for (int x = 0; x < size; x++) {
                    planes[to++] = table[rgb[from + 3 * x] & 0xFF];
                }
            }
        }
        return planes;
    }

    private int middle(int rest) {
        return form == Form.CROP ? rest / 2 : (int) Math.rint(rest / 2.0);
    }

    /** Source: HPSv2, {@code src/open_clip/transform.py}. Differs: a side that fits already is filled up, too. */
    private float[] letterbox(Media picture) {
        double scale = (double) size / Math.max(picture.height(), picture.width());
        int height = Math.max(1, (int) Math.rint(picture.height() * scale));
        int width = Math.max(1, (int) Math.rint(picture.width() * scale));
        float[] resized = FloatBicubic.resize(picture, height, width, form == Form.LETTERBOX);
        int top = (size - height) / 2;
        int left = (size - width) / 2;
        float[] planes = new float[3 * size * size];
        for (int c = 0; c < 3; c++) {
            for (int y = 0; y < size; y++) {
                for (int x = 0; x < size; x++) {
                    boolean inside = y >= top && y < top + height && x >= left && x < left + width;
                    float value = inside ? resized[(c * height + y - top) * width + x - left] : 0;
                    planes[(c * size + y) * size + x] = (value - mean[c]) / deviation[c];
                }
            }
        }
        return planes;
    }
}
