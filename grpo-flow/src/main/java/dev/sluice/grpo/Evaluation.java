package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.video.Media;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;

/**
 * Judges a model by samples of fixed prompts from fixed seeds, made with the ODE: never with the training sampler. The numbers
 * depend on nothing but the model, the task and these settings.
 *
 * @param task prompts, decoder and reward
 * @param sampler the ODE solver and its grid
 * @param samplesPerPrompt samples of each prompt, at least 1
 * @param chunkSize samples made together, at least 1
 * @param firstSeed the seed of the first sample; the others count on
 */
public record Evaluation(AlignmentTask task, OdeSampler sampler, int samplesPerPrompt, int chunkSize, long firstSeed) {
    public Evaluation {
        Require.atLeast("samplesPerPrompt", samplesPerPrompt, 1);
        Require.atLeast("chunkSize", chunkSize, 1);
    }

    /** Hears of every judged sample, in order. */
    @FunctionalInterface
    public interface Listener {
        /** Hears nothing. */
        Listener NONE = judged -> {};

        /** Called when a sample has its score. */
        void judged(Judged judged);
    }

    /**
     * A sample and what it was given.
     *
     * @param index from 0
     * @param count number of all samples
     * @param prompt its prompt
     * @param seed names its initial noise
     * @param media its pixels
     * @param score NaN if it could not be scored
     */
    public record Judged(int index, int count, Prompt prompt, long seed, Media media, double score) {}

    /**
     * The outcome.
     *
     * @param overall mean over all samples with a score
     * @param taskMean mean of the tasks' means, as GenEval sums up
     * @param tasks by task, in the order of their names
     * @param invalid samples without a score
     */
    public record Report(Interval overall, double taskMean, Map<String, Interval> tasks, int invalid) {
        /**
         * Sums up scores.
         *
         * @param prompts what was judged
         * @param scores for each prompt those of its samples, NaN for one without
         */
        public static Report of(List<Prompt> prompts, double[][] scores) {
            Map<String, List<double[]>> byTask = new TreeMap<>();
            List<double[]> all = new ArrayList<>();
            int invalid = 0;
            for (int p = 0; p < scores.length; p++) {
                double[] cluster =
                        Arrays.stream(scores[p]).filter(Double::isFinite).toArray();
                invalid += scores[p].length - cluster.length;
                all.add(cluster);
                byTask.computeIfAbsent(prompts.get(p).task(), name -> new ArrayList<>())
                        .add(cluster);
            }
            Map<String, Interval> tasks = new LinkedHashMap<>();
            byTask.forEach((name, clusters) -> tasks.put(name, Interval.of(clusters.toArray(double[][]::new))));
            double taskMean = Interval.meanOf(tasks.values()).mean();
            return new Report(Interval.of(all.toArray(double[][]::new)), taskMean, tasks, invalid);
        }

        /** Returns the mean of the tasks' means with its interval. */
        public Interval score() {
            return Interval.meanOf(tasks.values());
        }
    }

    /**
     * Returns initial noise, each sample's a function of its seed alone.
     *
     * @param shape of one sample
     * @return shape (seeds, ...), float32, owned by {@code owner}
     */
    public static NDArray noise(NDManager owner, Shape shape, long... seeds) {
        int size = Math.toIntExact(shape.size());
        float[] values = new float[size * seeds.length];
        for (int i = 0; i < seeds.length; i++) {
            System.arraycopy(NoiseSource.of(seeds[i]).gaussian(size), 0, values, i * size, size);
        }
        return owner.create(values, new Shape(seeds.length).addAll(shape));
    }

    /**
     * Samples and judges.
     *
     * @param owner temporary arrays live in a child of it
     * @param lanes sample
     * @param model the velocity, guidance included
     * @param listener hears of every sample, on the thread that calls
     */
    public Report run(NDManager owner, Lanes lanes, VelocityModel model, Listener listener) {
        int count = task.prompts().size() * samplesPerPrompt;
        double[] scores = new double[count];
        try (NDManager scratch = owner.newSubManager();
                PromptCache cache = new PromptCache(scratch, task.encoder());
                ScoringThread scoring = new ScoringThread(task.reward())) {
            Queue<Chunked> unscored = new ArrayDeque<>();
            lanes.run(
                    (count + chunkSize - 1) / chunkSize,
                    (lane, chunk) -> {
                        int first = chunk * chunkSize;
                        return sample(scratch, model, cache, first, Math.min(chunkSize, count - first));
                    },
                    (chunk, made) -> {
                        scoring.submit(made.samples());
                        unscored.add(made);
                        // Those before were scored while these were sampled.
                        if (unscored.size() > lanes.count()) {
                            finish(unscored.remove(), scoring.next(), scores, count, listener);
                        }
                    });
            while (!unscored.isEmpty()) {
                finish(unscored.remove(), scoring.next(), scores, count, listener);
            }
        }
        return report(scores);
    }

    /** Samples {@code first} to {@code first + size − 1}. */
    private record Chunked(int first, List<Prompt> prompts, List<Media> media, boolean[] finite) {
        List<Sample> samples() {
            List<Sample> samples = new ArrayList<>();
            for (int i = 0; i < media.size(); i++) {
                samples.add(new Sample(
                        media.get(i), prompts.get(i).text(), prompts.get(i).metadata()));
            }
            return samples;
        }
    }

    private Chunked sample(NDManager owner, VelocityModel model, PromptCache cache, int first, int size) {
        List<Prompt> prompts = new ArrayList<>();
        long[] seeds = new long[size];
        for (int i = 0; i < size; i++) {
            prompts.add(task.prompts().get((first + i) / samplesPerPrompt));
            seeds[i] = firstSeed + first + i;
        }
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            Conditioning conditioning = cache.rows(scratch, prompts);
            NDArray latents = sampler.sample(model, noise(scratch, task.latentShape(), seeds), conditioning);
            return new Chunked(first, prompts, task.decoder().decode(latents), finite(latents, size));
        }
    }

    /** Returns which samples are finite; the others have no score, whatever a reward makes of their pixels. */
    private static boolean[] finite(NDArray latents, int samples) {
        float[] values = latents.toFloatArray();
        boolean[] finite = new boolean[samples];
        Arrays.fill(finite, true);
        for (int i = 0; i < values.length; i++) {
            finite[i / (values.length / samples)] &= Float.isFinite(values[i]);
        }
        return finite;
    }

    private void finish(Chunked chunk, Scores found, double[] scores, int count, Listener listener) {
        for (int i = 0; i < found.size(); i++) {
            int index = chunk.first() + i;
            scores[index] = chunk.finite()[i] ? found.values()[i] : Double.NaN;
            listener.judged(new Judged(
                    index,
                    count,
                    chunk.prompts().get(i),
                    firstSeed + index,
                    chunk.media().get(i),
                    scores[index]));
        }
    }

    private Report report(double[] scores) {
        double[][] clusters = new double[task.prompts().size()][];
        for (int p = 0; p < clusters.length; p++) {
            clusters[p] = Arrays.copyOfRange(scores, p * samplesPerPrompt, (p + 1) * samplesPerPrompt);
        }
        return Report.of(task.prompts(), clusters);
    }
}
