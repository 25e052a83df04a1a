package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.internal.Stills;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Scores pictures, and frames of videos, by what a network makes of them, some at a time. */
final class EmbeddingReward implements Reward {
    private final VisionNetwork network;
    private final Frames frames;
    private final Judge judge;

    /** What turns a network's rows into scores. */
    interface Judge extends AutoCloseable {
        /** Returns why a sample cannot be judged, whatever it shows; empty if it can. */
        default String fault(Sample sample) {
            return "";
        }

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

    /**
     * A frame of a sample.
     *
     * @param sample index of the sample
     * @param frame of its media
     */
    private record Still(int sample, int frame) {}

    /** Closes both when it is closed. */
    EmbeddingReward(VisionNetwork network, Frames frames, Judge judge) {
        this.network = network;
        this.frames = frames;
        this.judge = judge;
    }

    @Override
    public Scores score(List<Sample> samples) {
        double[] values = new double[samples.size()];
        Arrays.fill(values, Double.NaN);
        Map<Integer, String> reasons = new LinkedHashMap<>();
        List<Still> stills = new ArrayList<>();
        for (int i = 0; i < values.length; i++) {
            String fault = fault(samples.get(i));
            if (!fault.isEmpty()) {
                reasons.put(i, fault);
                continue;
            }
            for (int frame : frames.of(samples.get(i).media())) {
                stills.add(new Still(i, frame));
            }
        }
        double[] scores = scores(samples, stills);
        for (int start = 0; start < scores.length; ) {
            int sample = stills.get(start).sample;
            int end = start;
            while (end < scores.length && stills.get(end).sample == sample) {
                end++;
            }
            values[sample] = frames.joined(Arrays.copyOfRange(scores, start, end));
            start = end;
        }
        return new Scores(values, reasons);
    }

    private String fault(Sample sample) {
        String fault = Pictures.fault(sample.media());
        return fault.isEmpty() ? judge.fault(sample) : fault;
    }

    private double[] scores(List<Sample> samples, List<Still> stills) {
        double[] scores = new double[stills.size()];
        for (int start = 0; start < scores.length; start += Pictures.BATCH) {
            List<Still> some = stills.subList(start, Math.min(scores.length, start + Pictures.BATCH));
            List<String> prompts = some.stream()
                    .map(still -> samples.get(still.sample).prompt())
                    .toList();
            float[][] rows = network.run(
                    some.stream()
                            .map(still -> Stills.of(samples.get(still.sample).media(), still.frame))
                            .toList(),
                    judge.inputs(prompts));
            System.arraycopy(judge.scores(rows, prompts), 0, scores, start, some.size());
        }
        return scores;
    }

    @Override
    public void close() {
        network.close();
        judge.close();
    }
}
