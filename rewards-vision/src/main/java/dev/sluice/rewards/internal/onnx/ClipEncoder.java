package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.Sample;
import dev.sluice.rewards.internal.Stills;
import dev.sluice.rewards.internal.preference.Encoder;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The unit embeddings of a model of CLIP's family, as what a reward model sees: of the picture (of a video the mean over at most eight
 * frames), its product with the prompt's, number by number, and of the prompt. Without prompts any encoder of pictures will do.
 */
public final class ClipEncoder implements Encoder {
    private static final int MOST_FRAMES = 8;

    private final VisionNetwork network;
    private final TextTower text;
    private final int size;

    private ClipEncoder(VisionNetwork network, TextTower text, int size) {
        this.network = network;
        this.text = text;
        this.size = size;
    }

    /**
     * Opens a folder.
     *
     * @param prompted whether prompts are read
     * @throws IOException if a file is missing or is not what it should be
     */
    public static ClipEncoder open(Path path, boolean prompted, int threads) throws IOException {
        ModelFolder folder = ModelFolder.open(path);
        OnnxNetwork.Place place = new OnnxNetwork.Place("auto", threads);
        VisionNetwork network = prompted
                ? VisionNetwork.clip(folder, place, Preparation.Form.CROP)
                : VisionNetwork.encoder(folder, place);
        try {
            Media grey = Media.image(64, 64, new byte[3 * 64 * 64]);
            int size = network.units(List.of(grey)).get(0).length;
            return new ClipEncoder(network, prompted ? TextTower.open(folder, place) : null, size);
        } catch (IOException | RuntimeException e) {
            network.close();
            throw e;
        }
    }

    @Override
    public int viewSize() {
        return text == null ? size : 2 * size;
    }

    @Override
    public int promptSize() {
        return text == null ? 1 : size;
    }

    @Override
    public String fault(Sample sample) {
        return text != null && sample.prompt().isBlank() ? NO_PROMPT : Pictures.fault(sample.media());
    }

    @Override
    public List<Seen> see(List<Sample> samples) {
        List<Media> stills = new ArrayList<>();
        List<Integer> counts = new ArrayList<>();
        for (Sample sample : samples) {
            int[] frames = Stills.spread(sample.media(), MOST_FRAMES);
            for (int frame : frames) {
                stills.add(Stills.of(sample.media(), frame));
            }
            counts.add(frames.length);
        }
        List<float[]> embeddings = network.units(stills);
        List<float[]> prompts = text == null
                ? List.of()
                : text.embed(samples.stream().map(Sample::prompt).toList());
        List<Seen> seen = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < samples.size(); i++) {
            float[] mean = mean(embeddings.subList(next, next + counts.get(i)));
            next += counts.get(i);
            seen.add(
                    text == null
                            ? new Seen(new float[][] {mean}, new float[] {1})
                            : new Seen(new float[][] {beside(mean, prompts.get(i))}, prompts.get(i)));
        }
        return seen;
    }

    private static float[] beside(float[] picture, float[] prompt) {
        float[] both = new float[2 * picture.length];
        for (int i = 0; i < picture.length; i++) {
            both[i] = picture[i];
            both[picture.length + i] = picture[i] * prompt[i];
        }
        return both;
    }

    private static float[] mean(List<float[]> rows) {
        float[] mean = new float[rows.get(0).length];
        for (float[] row : rows) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += row[i] / rows.size();
            }
        }
        return mean;
    }

    @Override
    public void close() {
        network.close();
        if (text != null) {
            text.close();
        }
    }
}
