package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Scores pictures by their embedding, some at a time. */
final class EmbeddingReward implements Reward {
    private final OnnxNetwork network;
    private final Pictures pictures;
    private final Judge judge;
    private final String output;

    /** What turns embeddings into scores. */
    interface Judge extends AutoCloseable {
        /**
         * Returns more inputs of the network, by name.
         *
         * @param prompts one for each picture
         */
        default Map<String, long[][]> inputs(List<String> prompts) {
            return Map.of();
        }

        /**
         * Returns a score for each picture.
         *
         * @param rows what the network gave
         * @param prompts one for each row
         */
        double[] scores(float[][] rows, List<String> prompts);

        @Override
        default void close() {}
    }

    EmbeddingReward(OnnxNetwork network, String output, Pictures pictures, Judge judge) {
        this.network = network;
        this.output = output;
        this.pictures = pictures;
        this.judge = judge;
    }

    @Override
    public Scores score(List<Sample> samples) {
        double[] values = new double[samples.size()];
        Arrays.fill(values, Double.NaN);
        Map<Integer, String> reasons = new LinkedHashMap<>();
        List<Integer> good = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            String fault = Pictures.fault(samples.get(i));
            if (fault.isEmpty()) {
                good.add(i);
            } else {
                reasons.put(i, fault);
            }
        }
        for (int start = 0; start < good.size(); start += Pictures.BATCH) {
            List<Integer> batch = good.subList(start, Math.min(good.size(), start + Pictures.BATCH));
            List<Sample> some = batch.stream().map(samples::get).toList();
            double[] scores = judge.scores(run(some), prompts(some));
            for (int i = 0; i < scores.length; i++) {
                values[batch.get(i)] = scores[i];
            }
        }
        return new Scores(values, reasons);
    }

    private static List<String> prompts(List<Sample> samples) {
        return samples.stream().map(Sample::prompt).toList();
    }

    /** The pixels stand in memory that the next batch uses again. */
    private synchronized float[][] run(List<Sample> samples) {
        List<Media> media = samples.stream().map(Sample::media).toList();
        return network.run(Map.of("pixel_values", pictures.of(media)), judge.inputs(prompts(samples)), output);
    }

    @Override
    public void close() {
        network.close();
        judge.close();
    }
}
