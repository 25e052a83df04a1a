package dev.sluice.flow;

import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.PretrainedModel;
import dev.sluice.flow.tensor.NoiseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What the updates of pretraining see: images with captions, some of them dropped, and times and noise.
 *
 * @param maxTokens length that captions are padded to
 */
record PretrainingBatches(Pretraining.Options options, int maxTokens, PretrainingData data) {
    private static final long DROPOUT = 1;
    private static final long TIMES = 2;
    private static final long NOISE = 3;
    private static final long CLEAN = 4;

    /** Returns how many labels of a pixel are learned. */
    int pixelLabels() {
        return options.labelWeight() == 0 ? 0 : data.pixelLabels();
    }

    /** Returns how many labels of a word are learned. */
    int wordLabels() {
        return options.labelWeight() == 0 ? 0 : data.wordLabels();
    }

    /** Returns the numbers of an update, counted from 0. */
    PretrainingGradient.Drawn draw(PretrainedModel model, long step) {
        PretrainingData.Batch batch = data.draw(step, options.batch());
        Shape images = model.latents(options.batch());
        require("pixels", batch.pixels(), images);
        float[] sigmas = NoiseSource.of(options.seed(), TIMES, step).gaussian(options.batch());
        for (int i = 0; i < sigmas.length; i++) {
            sigmas[i] = (float) (1 / (1 + Math.exp(-(options.logitMean() + options.logitDeviation() * sigmas[i]))));
        }
        float[] noise = NoiseSource.of(options.seed(), NOISE, step).gaussian(batch.pixels().length);
        float[] labels = new float[0];
        if (pixelLabels() > 0) {
            labels = batch.labels();
            long[] shape = images.getShape().clone();
            shape[1] = pixelLabels();
            require("labels", labels, new Shape(shape));
        }
        List<PretrainingData.Caption> captions = captions(batch, step);
        List<String> texts =
                captions.stream().map(PretrainingData.Caption::text).toList();
        return new PretrainingGradient.Drawn(
                batch.pixels(),
                labels,
                noise,
                levels(sigmas, model.parts(), step),
                model.parts(),
                model.tokens(texts),
                words(captions));
    }

    private static void require(String name, float[] values, Shape shape) {
        if (values.length != shape.size()) {
            throw new IllegalArgumentException(
                    "%s (%s numbers) must be %s, shape %s.".formatted(name, values.length, shape.size(), shape));
        }
    }

    /** Returns the levels of each part of each image: its own, or 0 in a random number of parts from the first on. */
    private float[] levels(float[] sigmas, int parts, long step) {
        if (parts == 1) {
            return sigmas;
        }
        NoiseSource clean = NoiseSource.of(options.seed(), CLEAN, step);
        float[] levels = new float[sigmas.length * parts];
        for (int i = 0; i < sigmas.length; i++) {
            Arrays.fill(levels, i * parts + clean.uniform(parts), (i + 1) * parts, sigmas[i]);
        }
        return levels;
    }

    /** A word is a token; the end and the padding ask for nothing. */
    private float[] words(List<PretrainingData.Caption> captions) {
        int row = wordLabels() * maxTokens;
        float[] words = new float[captions.size() * row];
        for (int i = 0; row > 0 && i < captions.size(); i++) {
            float[] labels = captions.get(i).labels();
            if (labels.length % wordLabels() != 0) {
                throw new IllegalArgumentException("labels (%s numbers) of the caption \"%s\" must be %s for each word."
                        .formatted(labels.length, captions.get(i).text(), wordLabels()));
            }
            System.arraycopy(labels, 0, words, i * row, Math.min(row, labels.length));
        }
        return words;
    }

    private List<PretrainingData.Caption> captions(PretrainingData.Batch batch, long step) {
        NoiseSource dropout = NoiseSource.of(options.seed(), DROPOUT, step);
        List<PretrainingData.Caption> captions = new ArrayList<>(batch.captions());
        captions.replaceAll(
                caption -> dropout.uniform() < options.captionDropout() ? PretrainingData.Caption.EMPTY : caption);
        return captions;
    }
}
