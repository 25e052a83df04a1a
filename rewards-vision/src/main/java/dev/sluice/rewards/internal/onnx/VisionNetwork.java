package dev.sluice.rewards.internal.onnx;

import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A network that turns pictures into rows of numbers, with the preparation of its pixels. */
final class VisionNetwork implements AutoCloseable {
    private static final String EMBEDS = "image_embeds";

    private final OnnxNetwork network;
    private final String output;
    private final Pictures pictures;

    private VisionNetwork(OnnxNetwork network, String output, Pictures pictures) {
        this.network = network;
        this.output = output;
        this.pictures = pictures;
    }

    /**
     * Opens a network of a folder.
     *
     * @param form how pictures are brought to the size that {@code preprocessor_config.json} tells
     * @throws IOException if it is missing, has other inputs or outputs, or another size
     */
    static VisionNetwork open(
            ModelFolder folder, OnnxNetwork.Place place, Preparation.Form form, String file, String output)
            throws IOException {
        Preparation preparation = Preparation.read(folder.file("preprocessor_config.json"), form);
        OnnxNetwork network = OnnxNetwork.ofRows(folder.file(file), place);
        try {
            network.requireOutput(output);
            long[] shape = network.shape("pixel_values");
            if (shape.length != 4 || (shape[2] > 0 && shape[2] != preparation.size())) {
                throw new IOException("%s takes pictures of %s×%s; %s says %s."
                        .formatted(
                                folder.file(file),
                                shape.length > 2 ? shape[2] : "?",
                                shape.length > 3 ? shape[3] : "?",
                                folder.file("preprocessor_config.json"),
                                preparation.size()));
            }
            return new VisionNetwork(network, output, new Pictures(preparation));
        } catch (IOException | RuntimeException e) {
            network.close();
            throw e;
        }
    }

    /** Opens the vision half of a model of CLIP's family. */
    static VisionNetwork clip(ModelFolder folder, OnnxNetwork.Place place, Preparation.Form form) throws IOException {
        return open(folder, place, form, "vision.onnx", EMBEDS);
    }

    /** Opens what a folder has to tell pictures apart: {@code dino.onnx}, or the vision half of a model of CLIP's family. */
    static VisionNetwork encoder(ModelFolder folder, OnnxNetwork.Place place) throws IOException {
        String dino = "dino.onnx";
        return Files.exists(folder.file(dino))
                ? open(folder, place, Preparation.Form.CROP, dino, "features")
                : clip(folder, place, Preparation.Form.CROP);
    }

    /**
     * Returns a row for each picture.
     *
     * @param media at most {@link Pictures#BATCH}
     * @param ids further inputs, by name, a row for each picture
     */
    float[][] run(List<Media> media, Map<String, long[][]> ids) {
        return network.inLanes(media.size(), (from, to) -> {
            Map<String, long[][]> some = OnnxNetwork.part(ids, from, to);
            return pictures.with(
                    media.subList(from, to), pixels -> network.run(Map.of("pixel_values", pixels), some, output));
        });
    }

    /** Returns a vector of length 1 for each picture, of any number. */
    List<float[]> units(List<Media> media) {
        List<float[]> units = new ArrayList<>();
        for (int start = 0; start < media.size(); start += Pictures.BATCH) {
            List<Media> some = media.subList(start, Math.min(media.size(), start + Pictures.BATCH));
            for (float[] row : run(some, Map.of())) {
                units.add(Vectors.unit(row));
            }
        }
        return units;
    }

    @Override
    public void close() {
        network.close();
    }
}
