package dev.sluice.rewards;

import dev.sluice.rewards.TinyOnnx.Attribute;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A detector of pictures of 64×64 pixels that consist of sixteen cells. What is bright and fills a cell is a dog, what fills the 8×8
 * pixels in its middle is a cup, and every dog is found again with a score of 0.8 one pixel to the right. It knows keyboards as well and
 * finds none.
 */
public final class TinyDetector {
    private static final int SIDE = 64;
    private static final int CELLS = 16;
    private static final int ANCHORS = 3 * CELLS;

    private final TinyOnnx onnx = new TinyOnnx();
    private final String dog;
    private final String cup;

    private TinyDetector() {
        String pixels = onnx.floats("images", 1, 3, SIDE, SIDE);
        String most = onnx.op("ReduceMax", List.of(pixels), Attribute.list("axes", 1), Attribute.of("keepdims", 1));
        String bright = onnx.op(
                "Relu",
                List.of(onnx.op("Sub", List.of(onnx.op("Mul", List.of(most, onnx.number(2))), onnx.number(1)))));
        String pooled = onnx.op(
                "AveragePool",
                List.of(bright),
                Attribute.list("kernel_shape", 16, 16),
                Attribute.list("strides", 16, 16));
        String covered = onnx.op("Reshape", List.of(pooled, onnx.list(1, 1, CELLS)));
        dog = onnx.op(
                "Relu",
                List.of(onnx.op("Sub", List.of(onnx.op("Mul", List.of(covered, onnx.number(2))), onnx.number(1)))));
        String off = onnx.op(
                "Abs",
                List.of(onnx.op("Sub", List.of(onnx.op("Mul", List.of(covered, onnx.number(4))), onnx.number(1)))));
        cup = onnx.op("Relu", List.of(onnx.op("Sub", List.of(onnx.number(1), off))));
    }

    /** Writes the folder; the descriptor has the layout, and whatever stands in {@code more}. */
    public static Path write(Path folder, String layout, String more) throws IOException {
        Files.createDirectories(folder);
        TinyDetector detector = new TinyDetector();
        switch (layout) {
            case "yolov8" -> detector.yolov8();
            case "yolov5" -> detector.yolov5();
            case "yolox" -> detector.yolox();
            case "end2end" -> detector.end2end();
            case "detr" -> detector.detr(true);
            case "rt-detr" -> detector.detr(false);
            case "boxes" -> detector.boxes(false);
            case "mmdet" -> detector.boxes(true);
            default -> throw new IllegalArgumentException(layout);
        }
        Files.write(folder.resolve("detector.onnx"), detector.onnx.bytes());
        Files.writeString(folder.resolve("labels.txt"), "dog\ncup\nkeyboard\n");
        Files.writeString(
                folder.resolve("model.json"),
                "{\"id\": \"tiny-detector\", \"detector\": {\"layout\": \"%s\"%s}}\n".formatted(layout, more));
        return folder;
    }

    /** Returns a dark picture with bright squares: 'd' in a cell is a dog, 'c' a cup; rows of cells are separated by blanks. */
    public static Media picture(String cells, int colour) {
        return picture(cells, SIDE, SIDE, colour);
    }

    /** Returns the same of any size, its cells as large as they must be. */
    public static Media picture(String cells, int height, int width, int colour) {
        String[] rows = cells.split(" ");
        byte[] rgb = new byte[3 * height * width];
        Arrays.fill(rgb, (byte) 20);
        for (int i = 0; i < rgb.length; i++) {
            int y = i / 3 / width * 4 * rows.length / height;
            int x = i / 3 % width * 4 * rows[0].length() / width;
            char cell = rows[y / 4].charAt(x / 4);
            boolean middle = y % 4 >= 1 && y % 4 < 3 && x % 4 >= 1 && x % 4 < 3;
            if (cell == 'd' || cell == 'c' && middle) {
                rgb[i] = (byte) (colour >> 16 - 8 * (i % 3));
            }
        }
        return Media.image(height, width, rgb);
    }

    /** Returns edges of the anchors, those of dogs, of cups and of dogs again. */
    private static float[][] anchors() {
        float[][] edges = new float[ANCHORS][];
        for (int i = 0; i < ANCHORS; i++) {
            int inset = i / CELLS == 1 ? 4 : 0;
            int left = i % 4 * 16 + inset + (i / CELLS == 2 ? 1 : 0);
            int top = i % CELLS / 4 * 16 + inset;
            int size = 16 - 2 * inset;
            edges[i] = new float[] {left, top, left + size, top + size};
        }
        return edges;
    }

    private static float[] middles(double scale) {
        float[] flat = new float[4 * ANCHORS];
        float[][] anchors = anchors();
        for (int i = 0; i < ANCHORS; i++) {
            flat[4 * i] = (float) ((anchors[i][0] + anchors[i][2]) / 2 * scale);
            flat[4 * i + 1] = (float) ((anchors[i][1] + anchors[i][3]) / 2 * scale);
            flat[4 * i + 2] = (float) ((anchors[i][2] - anchors[i][0]) * scale);
            flat[4 * i + 3] = (float) ((anchors[i][3] - anchors[i][1]) * scale);
        }
        return flat;
    }

    private static float[] edges() {
        float[] flat = new float[4 * ANCHORS];
        for (int i = 0; i < flat.length; i++) {
            flat[i] = anchors()[i / 4][i % 4];
        }
        return flat;
    }

    private String zeros(int count) {
        return onnx.constant(new float[count], 1, 1, count);
    }

    private String again() {
        return onnx.op("Mul", List.of(dog, onnx.number(0.8)));
    }

    private String concat(int axis, String... parts) {
        return onnx.op("Concat", List.of(parts), Attribute.of("axis", axis));
    }

    private String turned(String value) {
        return onnx.op("Transpose", List.of(value), Attribute.list("perm", 0, 2, 1));
    }

    /** Returns (1, 3, anchors): a score for each class. */
    private String scores() {
        return concat(
                1, concat(2, dog, zeros(CELLS), again()), concat(2, zeros(CELLS), cup, zeros(CELLS)), zeros(ANCHORS));
    }

    private String middles() {
        return onnx.constant(middles(1), 1, ANCHORS, 4);
    }

    private void yolov8() {
        onnx.named("output0", "Concat", List.of(turned(middles()), scores()), Attribute.of("axis", 1));
        onnx.output("output0", 1, 7, ANCHORS);
    }

    private static float[] same(int count, double value) {
        float[] all = new float[count];
        Arrays.fill(all, (float) value);
        return all;
    }

    private void yolov5() {
        String object = onnx.constant(same(ANCHORS, 0.95), 1, ANCHORS, 1);
        onnx.named("output", "Concat", List.of(middles(), object, turned(scores())), Attribute.of("axis", 2));
        onnx.output("output", 1, ANCHORS, 8);
    }

    /** Cups are told from the middle places of the finest grid, dogs from the places of the second. */
    private void yolox() {
        List<Long> places = new ArrayList<>();
        for (int i = 0; i < 64; i++) {
            places.add(i % 2 == 1 && i / 8 % 2 == 1 ? i / 16 * 4L + i % 8 / 2 : CELLS);
        }
        String fine = onnx.op(
                "Gather",
                List.of(
                        concat(2, cup, zeros(1)),
                        onnx.list(places.stream().mapToLong(Long::longValue).toArray())),
                Attribute.of("axis", 2));
        String classes = concat(1, concat(2, zeros(64), dog, zeros(4)), concat(2, fine, zeros(20)), zeros(84));
        float[] raw = new float[84 * 5];
        for (int i = 0; i < 84; i++) {
            raw[5 * i] = raw[5 * i + 1] = i < 64 ? 0 : 0.5f;
            raw[5 * i + 4] = 1;
        }
        onnx.named("output", "Concat", List.of(onnx.constant(raw, 1, 84, 5), turned(classes)), Attribute.of("axis", 2));
        onnx.output("output", 1, 84, 8);
    }

    private String best() {
        return concat(2, dog, cup, again());
    }

    private static long[] kinds() {
        long[] kinds = new long[ANCHORS];
        Arrays.fill(kinds, CELLS, 2 * CELLS, 1);
        return kinds;
    }

    private void end2end() {
        float[] kinds = new float[ANCHORS];
        for (int i = 0; i < ANCHORS; i++) {
            kinds[i] = kinds()[i];
        }
        List<String> parts =
                List.of(onnx.constant(edges(), 1, ANCHORS, 4), turned(best()), onnx.constant(kinds, 1, ANCHORS, 1));
        onnx.named("output0", "Concat", parts, Attribute.of("axis", 2));
        onnx.output("output0", 1, ANCHORS, 6);
    }

    /** Logits are 20·score − 10; that of nothing is 0. */
    private void detr(boolean nothing) {
        String logits =
                onnx.op("Sub", List.of(onnx.op("Mul", List.of(turned(scores()), onnx.number(20))), onnx.number(10)));
        List<String> parts = new ArrayList<>(List.of(logits));
        if (nothing) {
            parts.add(onnx.constant(new float[ANCHORS], 1, ANCHORS, 1));
        }
        onnx.named("logits", "Concat", parts, Attribute.of("axis", 2));
        onnx.named("pred_boxes", "Identity", List.of(onnx.constant(middles(1.0 / SIDE), 1, ANCHORS, 4)));
        onnx.output("logits", 1, ANCHORS, nothing ? 4 : 3).output("pred_boxes", 1, ANCHORS, 4);
    }

    private void boxes(boolean together) {
        String edges = onnx.constant(edges(), 1, ANCHORS, 4);
        if (together) {
            onnx.named("dets", "Concat", List.of(edges, turned(best())), Attribute.of("axis", 2));
            onnx.output("dets", 1, ANCHORS, 5);
        } else {
            onnx.named("boxes", "Reshape", List.of(edges, onnx.list(ANCHORS, 4)));
            onnx.named("scores", "Reshape", List.of(best(), onnx.list(ANCHORS)));
            onnx.output("boxes", ANCHORS, 4).output("scores", ANCHORS);
        }
        onnx.named("labels", "Identity", List.of(onnx.list(kinds())));
        onnx.idsOutput("labels", ANCHORS);
    }

    /** Returns metadata of GenEval's form for so many of one class. */
    public static Map<String, Object> counting(String kind, int count) {
        return Map.of("tag", "counting", "include", Collections.singletonList(Map.of("class", kind, "count", count)));
    }
}
