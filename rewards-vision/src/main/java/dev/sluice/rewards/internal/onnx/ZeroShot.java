package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.internal.Stills;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Tells which of several texts fits a picture best, by the cosines of their embeddings. */
public final class ZeroShot implements AutoCloseable {
    private static final int GREATEST_ASPECT = 8;

    private final VisionNetwork vision;
    private final TextTower tower;

    private ZeroShot(VisionNetwork vision, TextTower tower) {
        this.vision = vision;
        this.tower = tower;
    }

    /**
     * Opens a model of CLIP's family.
     *
     * @throws IOException if a file of the folder is missing or wrong
     */
    public static ZeroShot open(Path path, OnnxNetwork.Place place) throws IOException {
        ModelFolder folder = ModelFolder.open(path);
        VisionNetwork vision = VisionNetwork.clip(folder, place, Preparation.Form.CROP_TORCHVISION);
        try {
            return new ZeroShot(vision, TextTower.open(folder, place));
        } catch (IOException | RuntimeException e) {
            vision.close();
            throw e;
        }
    }

    /**
     * Returns for each picture the index of the class that fits best.
     *
     * @param pictures of any size
     * @param classes each with one or more texts, whose unit embeddings are averaged
     */
    public int[] best(List<Media> pictures, List<List<String>> classes) {
        List<float[]> directions = classes.stream().map(this::direction).toList();
        List<float[]> looks =
                vision.units(pictures.stream().map(ZeroShot::middle).toList());
        int[] best = new int[looks.size()];
        for (int i = 0; i < best.length; i++) {
            for (int k = 1; k < directions.size(); k++) {
                double here = Vectors.dot(looks.get(i), directions.get(k));
                best[i] = here > Vectors.dot(looks.get(i), directions.get(best[i])) ? k : best[i];
            }
        }
        return best;
    }

    private float[] direction(List<String> texts) {
        List<float[]> units = new ArrayList<>(tower.embed(texts));
        float[] sum = new float[units.get(0).length];
        for (float[] unit : units) {
            for (int i = 0; i < sum.length; i++) {
                sum[i] += unit[i];
            }
        }
        return Vectors.unit(sum);
    }

    /** Only the square in the middle is looked at, so that the ends of a very long picture need not be made larger. */
    private static Media middle(Media picture) {
        int shorter = Math.min(picture.height(), picture.width());
        int height = Math.min(picture.height(), GREATEST_ASPECT * shorter);
        int width = Math.min(picture.width(), GREATEST_ASPECT * shorter);
        return Stills.part(picture, (picture.height() - height) / 2, (picture.width() - width) / 2, height, width);
    }

    @Override
    public void close() {
        vision.close();
        tower.close();
    }
}
