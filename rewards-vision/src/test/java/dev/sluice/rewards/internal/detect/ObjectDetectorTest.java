package dev.sluice.rewards.internal.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.TestMedia;
import dev.sluice.rewards.TinyDetector;
import dev.sluice.rewards.internal.onnx.ModelFolder;
import dev.sluice.rewards.internal.onnx.OnnxNetwork;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObjectDetectorTest {
    private static final Path COMMITTED = Path.of("src/test/resources/fixtures/tiny-detector");
    private static final int RED = 0xFF0000;

    @TempDir
    private Path folder;

    private ObjectDetector open() throws IOException {
        return ObjectDetector.open(ModelFolder.open(folder), new OnnxNetwork.Place("cpu", 1));
    }

    private List<FoundBox> find(String layout, String more, Media picture) throws IOException {
        TinyDetector.write(folder, layout, more);
        try (ObjectDetector detector = open()) {
            return detector.find(picture);
        }
    }

    /** A cup's score is 1 before what the layout makes of it, a dog's as well. */
    @ParameterizedTest
    @CsvSource({
        "yolov8, 1, 1",
        "yolov5, 0.95, 1",
        "yolox, 1, 1",
        "end2end, 1, 2",
        "detr, 0.99995, 1",
        "rt-detr, 0.99995, 1",
        "boxes, 1, 2",
        "mmdet, 1, 2"
    })
    void everyLayoutTellsTheSameBoxes(String layout, double score, int dogs) throws IOException {
        List<FoundBox> found = find(layout, "", TinyDetector.picture(".d.. .... ...c ....", RED));
        List<FoundBox> cups =
                found.stream().filter(box -> box.kind().equals("cup")).toList();
        assertThat(cups).hasSize(1);
        assertThat(cups.get(0).edges()).containsExactly(new double[] {52, 36, 60, 44}, within(1e-4));
        assertThat(cups.get(0).score()).isCloseTo(score, within(1e-5));
        // layouts with a suppression of their own are taken at their word
        List<FoundBox> sure =
                found.stream().filter(box -> box.kind().equals("dog")).toList();
        assertThat(sure).hasSize(dogs);
        assertThat(sure.get(0).edges()).containsExactly(new double[] {16, 0, 32, 16}, within(1e-4));
        assertThat(sure.get(0).score()).isCloseTo(score, within(1e-5));
    }

    @Test
    void boxesThatShareMoreThanTheFolderAllowsAreOne() throws IOException {
        Media picture = TinyDetector.picture("d... ..d. .... ....", RED);
        assertThat(find("yolov8", ", \"overlap\": 1", picture)).hasSize(4);
        assertThat(find("yolov8", ", \"overlap\": 0.9", picture))
                .as("15 of 17 columns")
                .hasSize(4);
        assertThat(find("yolov8", ", \"overlap\": 0.88", picture)).hasSize(2);
        assertThat(find("end2end", ", \"overlap\": 0.5", picture)).hasSize(2);
        assertThat(ObjectDetector.shared(new double[] {0, 0, 4, 4}, new double[] {2, 0, 6, 4}))
                .isCloseTo(1 / 3.0, within(1e-12));
        assertThat(ObjectDetector.shared(new double[] {0, 0, 4, 4}, new double[] {4, 0, 6, 4}))
                .isZero();
    }

    /** 128×96 pixels in a square of 64: halved, with eight rows of grey above and below, or sixteen below. */
    @Test
    void placesAreThoseOfThePictureHoweverItWasFitted() throws IOException {
        Media middle = rectangle(64, 16, 96, 48);
        assertThat(find("yolov8", "", middle).get(0).edges()).containsExactly(64, 16, 96, 48);
        Media top = rectangle(64, 0, 96, 32);
        assertThat(find("yolov8", ", \"fit\": \"corner\"", top).get(0).edges()).containsExactly(64, 0, 96, 32);
        Media flat = rectangle(64, 24, 96, 48);
        assertThat(find("yolov8", ", \"fit\": \"stretch\"", flat).get(0).edges())
                .containsExactly(new double[] {64, 24, 96, 48}, within(1e-9));
    }

    private static Media rectangle(int left, int top, int right, int bottom) {
        return colour(96, 128, (y, x) -> x >= left && x < right && y >= top && y < bottom);
    }

    /** What is inside is green. */
    private interface Inside {
        boolean at(int y, int x);
    }

    private static Media colour(int height, int width, Inside inside) {
        byte[] rgb = new byte[3 * height * width];
        for (int i = 0; i < rgb.length / 3; i++) {
            rgb[3 * i + 1] = (byte) (inside.at(i / width, i % width) ? 255 : 0);
        }
        return Media.image(height, width, rgb);
    }

    @Test
    void pixelsAreScaledAsTheFolderSays() {
        Media picture = TestMedia.plain(0x102030);
        DetectorInput input = new DetectorInput(
                8, 16, DetectorInput.Fit.LETTERBOX, true, 255, new double[] {0.1, 0.2, 0.3}, new double[] {0.5, 0.25, 1
                });
        DetectorInput.Place place = input.place(picture);
        float[] planes = input.planes(picture, place);
        assertThat(place.left()).isEqualTo(4);
        assertThat(planes[4]).isCloseTo((float) ((0x30 / 255.0 - 0.1) / 0.5), within(1e-6f));
        assertThat(planes[128 + 4]).isCloseTo((float) ((0x20 / 255.0 - 0.2) / 0.25), within(1e-6f));
        assertThat(planes[256 + 4]).isCloseTo((float) (0x10 / 255.0 - 0.3), within(1e-6f));
        assertThat(planes[3]).as("grey").isCloseTo((float) ((114 / 255.0 - 0.1) / 0.5), within(1e-6f));
    }

    private void refused(String layout, String more, String message) throws IOException {
        TinyDetector.write(folder, layout, more);
        assertThatThrownBy(this::open).isInstanceOf(IOException.class).hasMessageContaining(message);
    }

    @Test
    void aFolderThatDoesNotFitIsRefusedInOneSentence() throws IOException {
        refused("yolov8", ", \"size\": [32, 32]", "detector.onnx takes pictures of 64×64;");
        refused("yolov8", ", \"size\": 64", "detector.size (64) must hold rows and columns, as [640, 640].");
        refused("yolov8", ", \"treshold\": 0.2", "detector.treshold is unknown; there is layout, size, fit,");
        refused("yolov8", ", \"threshold\": 2", "detector.threshold (2) must be a number of 0.0 to 1.0.");
        refused("yolov8", ", \"std\": [1, 0, 1]", "detector.std ([1,0,1]) must hold three numbers above 0.");
        refused("yolov8", ", \"channels\": \"brg\"", "detector.channels (\"brg\") must be one of rgb, bgr.");
        refused("boxes", ", \"layout\": \"detr\"", "it has no output logits; it has [");
        refused("yolov5", ", \"layout\": \"yolov8\"", "with these classes the layout yolov8 has (1, 7, n).");
        refused(
                "yolov5",
                ", \"layout\": \"yolox\"",
                "it gives 48 boxes; grids of 8, 16 and 32 pixels over 64×64 have 84");
        TinyDetector.write(folder, "yolov8", "");
        Files.writeString(folder.resolve("labels.txt"), "dog\n\ncup\n");
        assertThatThrownBy(this::open).hasMessageContaining("labels.txt must hold a class a line and no empty line.");
        Files.writeString(folder.resolve("labels.txt"), "dog\ncup\n");
        assertThatThrownBy(this::open).hasMessageContaining("it gives [1, 7, 48] values; with these classes");
        Files.writeString(folder.resolve("model.json"), "{\"id\": \"none\"}");
        assertThatThrownBy(this::open).hasMessageContaining("must have an object detector with the layout");
        Files.writeString(folder.resolve("model.json"), "{\"detector\": {}}");
        assertThatThrownBy(this::open)
                .hasMessageContaining(
                        "detector.layout (not given) must be one of yolov8, yolov5, yolox, end2end, detr,");
        Files.delete(folder.resolve("labels.txt"));
        assertThatThrownBy(this::open).hasMessageContaining("labels.txt is not there;");
    }

    /** The folder that other modules' tests use is the one that is written here. */
    @Test
    void theCommittedFolderIsWhatTheTestWrites() throws IOException {
        TinyDetector.write(folder, "yolov8", "");
        for (Map.Entry<String, byte[]> file : Map.of(
                        "detector.onnx", Files.readAllBytes(folder.resolve("detector.onnx")),
                        "labels.txt", Files.readAllBytes(folder.resolve("labels.txt")),
                        "model.json", Files.readAllBytes(folder.resolve("model.json")))
                .entrySet()) {
            if (Boolean.getBoolean("sluice.write")) {
                Files.createDirectories(COMMITTED);
                Files.write(COMMITTED.resolve(file.getKey()), file.getValue());
            }
            assertThat(Files.readAllBytes(COMMITTED.resolve(file.getKey()))).isEqualTo(file.getValue());
        }
    }
}
