package dev.sluice.rewards.internal.detect;

import dev.sluice.rewards.internal.detect.BoxLayout.Candidate;
import dev.sluice.rewards.internal.onnx.ModelFolder;
import dev.sluice.rewards.internal.onnx.OnnxNetwork;
import dev.sluice.rewards.internal.onnx.OnnxNetwork.Values;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A network in an ONNX file that finds objects, and what its folder says of it. */
final class ObjectDetector implements AutoCloseable {
    /** RT-DETR's own export asks for the size that boxes shall be told in: that of the input. */
    private static final String ASKED_SIZE = "orig_target_sizes";

    private final OnnxNetwork network;
    private final DetectorFolder folder;
    private final DetectorInput input;
    private final String pixels;
    private final Set<String> outputs;
    private final FloatBuffer buffer;

    private ObjectDetector(
            OnnxNetwork network, DetectorFolder folder, DetectorInput input, String pixels, Set<String> outputs) {
        this.network = network;
        this.folder = folder;
        this.input = input;
        this.pixels = pixels;
        this.outputs = outputs;
        this.buffer = ByteBuffer.allocateDirect(4 * 3 * input.height() * input.width())
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /**
     * Opens a detector's folder: {@code detector.onnx}, {@code labels.txt} and {@code model.json}. It sees one grey picture, so that
     * outputs of another layout are refused here.
     *
     * @throws IOException in one sentence, if a file is missing or wrong
     */
    static ObjectDetector open(ModelFolder files, OnnxNetwork.Place place) throws IOException {
        DetectorFolder folder = DetectorFolder.read(files);
        OnnxNetwork network = OnnxNetwork.open(files.file("detector.onnx"), place);
        try {
            String pixels = network.inputs().stream()
                    .filter(name -> !name.equals(ASKED_SIZE))
                    .findFirst()
                    .orElseThrow(() -> new IOException("%s has no input.".formatted(files.file("detector.onnx"))));
            DetectorInput input = input(files, folder, network.shape(pixels));
            Set<String> outputs = folder.layout().single()
                    ? Set.of(network.outputs().iterator().next())
                    : new LinkedHashSet<>(network.outputs());
            ObjectDetector detector = new ObjectDetector(network, folder, input, pixels, outputs);
            detector.find(Media.image(8, 8, new byte[3 * 64]));
            return detector;
        } catch (IllegalArgumentException | IllegalStateException e) {
            network.close();
            throw new IOException("%s: %s.".formatted(files.file("detector.onnx"), e.getMessage()), e);
        } catch (IOException e) {
            network.close();
            throw e;
        }
    }

    private static DetectorInput input(ModelFolder files, DetectorFolder folder, long[] shape) throws IOException {
        if (shape.length != 4 || (shape[1] > 0 && shape[1] != 3)) {
            throw new IOException("%s must take (1, 3, rows, columns) pixels.".formatted(files.file("detector.onnx")));
        }
        int[] size = new int[2];
        for (int i = 0; i < 2; i++) {
            Optional<int[]> given = folder.size();
            long fixed = shape[2 + i];
            if (fixed <= 0 && given.isEmpty()) {
                throw new IOException(
                        "%s must say in detector.size which rows and columns the network is given, because it takes any."
                                .formatted(files.descriptorFile()));
            }
            size[i] = given.isPresent() ? given.get()[i] : Math.toIntExact(fixed);
            if (fixed > 0 && fixed != size[i]) {
                throw new IOException("%s takes pictures of %s×%s; %s says %s×%s."
                        .formatted(
                                files.file("detector.onnx"),
                                shape[2],
                                shape[3],
                                files.descriptorFile(),
                                given.orElseThrow()[0],
                                given.orElseThrow()[1]));
            }
        }
        return new DetectorInput(
                size[0],
                size[1],
                folder.fit(),
                folder.blueFirst(),
                folder.divisor(),
                folder.mean(),
                folder.deviation());
    }

    /** Returns the classes that it knows. */
    List<String> labels() {
        return folder.labels();
    }

    /** Returns what a box must be surer than to count. */
    double least(boolean counting) {
        return counting ? folder.leastToCount() : folder.least();
    }

    /** Returns what it finds in a picture, in pixels of the picture, whatever counts in the least task; the surest first. */
    List<FoundBox> find(Media picture) {
        DetectorInput.Place place = input.place(picture);
        double least = Math.min(folder.least(), folder.leastToCount());
        List<Candidate> sure = run(input.planes(picture, place)).stream()
                .filter(one -> one.score() > least)
                .sorted(Comparator.comparingDouble(Candidate::score).reversed())
                .toList();
        List<FoundBox> found = new ArrayList<>();
        for (Candidate one : suppressed(sure)) {
            if (one.kind() < 0 || one.kind() >= labels().size()) {
                throw new IllegalArgumentException(
                        "the network found the class %s; labels.txt has %s".formatted(one.kind(), labels().size()));
            }
            found.add(new FoundBox(labels().get(one.kind()), one.score(), place.back(one.edges(), picture)));
        }
        return found;
    }

    private synchronized List<Candidate> run(float[] planes) {
        buffer.clear();
        buffer.put(planes).flip();
        long[] shape = {1, 3, input.height(), input.width()};
        Map<String, long[][]> asked = network.inputs().contains(ASKED_SIZE)
                ? Map.of(ASKED_SIZE, new long[][] {{input.width(), input.height()}})
                : Map.of();
        Map<String, Values> found = network.run(Map.of(pixels, new OnnxNetwork.Floats(buffer, shape)), asked, outputs);
        BoxLayout.Frame frame = new BoxLayout.Frame(input.height(), input.width(), labels().size());
        return folder.layout().read(found, frame);
    }

    /** Of boxes of one class that share too much, the surest stays. */
    private List<Candidate> suppressed(List<Candidate> sorted) {
        if (folder.overlap() >= 1) {
            return sorted;
        }
        List<Candidate> kept = new ArrayList<>();
        for (Candidate one : sorted) {
            boolean free = kept.stream()
                    .noneMatch(other ->
                            other.kind() == one.kind() && shared(other.edges(), one.edges()) > folder.overlap());
            if (free) {
                kept.add(one);
            }
        }
        return kept;
    }

    /** Returns the intersection of two boxes over their union. */
    static double shared(double[] a, double[] b) {
        double width = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
        double height = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
        if (!(width > 0 && height > 0)) {
            return 0;
        }
        double common = width * height;
        return common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common);
    }

    @Override
    public void close() {
        network.close();
    }
}
