package dev.sluice.cli.internal;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.configs.Prompts;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.PictureSettings;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.grpo.AlignmentTask;
import dev.sluice.grpo.Evaluation;
import dev.sluice.grpo.Interval;
import dev.sluice.grpo.Prompt;
import dev.sluice.rewards.Reward;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * Judges a model on prompts, with the weights that it has at each call: what a training run does before, between and after
 * its iterations, and what the command evaluate does.
 *
 * @param lanes make its pictures
 * @param pipeline the model
 * @param reward judges its pictures
 * @param settings how pictures are made
 * @param samplesPerPrompt pictures of each prompt
 * @param firstSeed the seed of the first picture; the others count on
 */
public record ModelEvaluator(
        Lanes lanes,
        FlowPipeline pipeline,
        Reward reward,
        PictureSettings settings,
        int samplesPerPrompt,
        long firstSeed) {
    /**
     * What came of it.
     *
     * @param all over all prompts
     * @param unseen over the prompts whose combination no training prompt has; empty if there is none
     * @param diversity how far the samples of one prompt are from each other, in [0, 1]; empty with one sample of each
     * @param parts what each of several judges says, the mean over the samples; empty with one judge
     */
    public record Outcome(
            Evaluation.Report all,
            Optional<Evaluation.Report> unseen,
            OptionalDouble diversity,
            Map<String, Double> parts) {
        /**
         * Returns the scores as JSON values: {@code score}, {@code low}, {@code high}, {@code tasks}, {@code unseen},
         * {@code diversity} and {@code parts}.
         */
        public Map<String, Object> json() {
            Map<String, Object> json = summary(all);
            json.put("invalid", all.invalid());
            unseen.ifPresent(report -> json.put("unseen", summary(report)));
            diversity.ifPresent(mean -> json.put("diversity", mean));
            if (!parts.isEmpty()) {
                json.put("parts", parts);
            }
            return json;
        }

        private static Map<String, Object> summary(Evaluation.Report report) {
            Map<String, Object> json = numbers(report.score());
            Map<String, Object> tasks = new LinkedHashMap<>();
            report.tasks().forEach((task, interval) -> tasks.put(task, numbers(interval)));
            json.put("tasks", tasks);
            return json;
        }

        private static Map<String, Object> numbers(Interval interval) {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("score", finite(interval.mean()));
            json.put("low", finite(interval.low()));
            json.put("high", finite(interval.high()));
            json.put("count", interval.count());
            return json;
        }

        /** JSON has no NaN. */
        private static Double finite(double value) {
            return Double.isFinite(value) ? value : null;
        }
    }

    /**
     * Makes pictures of the prompts and judges them.
     *
     * @throws IllegalArgumentException if a prompt lacks the picture that the model starts from, or has one too many
     */
    public Outcome run(List<Prompt> prompts, Evaluation.Listener listener) {
        PipelinePrompts.check(pipeline, prompts);
        double[][] scores = new double[prompts.size()][samplesPerPrompt];
        Diversity diversity = new Diversity(samplesPerPrompt);
        PartMeans judges = new PartMeans(reward);
        Evaluation.Listener keeping = judged -> {
            diversity.judged(judged);
            scores[judged.index() / samplesPerPrompt][judged.index() % samplesPerPrompt] = judged.score();
            listener.judged(judged);
        };
        try (NDManager scratch = pipeline.manager().newSubManager()) {
            Evaluation evaluation = new Evaluation(
                    task(prompts, judges),
                    new OdeSampler(
                            settings.solver(),
                            pipeline.sizes().schedule(settings.steps(), settings.height(), settings.width())),
                    samplesPerPrompt,
                    settings.chunkSize(),
                    firstSeed);
            Evaluation.Report all = evaluation.run(scratch, lanes, model(scratch), keeping);
            return new Outcome(all, unseen(prompts, scores), diversity.mean(), judges.means());
        }
    }

    private AlignmentTask task(List<Prompt> prompts, Reward judges) {
        Shape latents = pipeline.sizes().latentShape(1, settings.frames(), settings.height(), settings.width());
        return new AlignmentTask(
                prompts,
                new PipelinePrompts(pipeline, settings.frames(), settings.height(), settings.width()),
                latents.slice(1),
                decoded -> Pictures.orBlack(pipeline.decode(decoded)),
                judges);
    }

    private VelocityModel model(NDManager owner) {
        return pipeline.guidedModel(
                pipeline.transformerWeights(),
                () -> pipeline.encode(owner, List.of(settings.negativePrompt())),
                settings.guidance());
    }

    private static Optional<Evaluation.Report> unseen(List<Prompt> prompts, double[][] scores) {
        List<Prompt> chosen = new ArrayList<>();
        List<double[]> theirs = new ArrayList<>();
        for (int i = 0; i < scores.length; i++) {
            if (Boolean.TRUE.equals(prompts.get(i).metadata().get(Prompts.UNSEEN))) {
                chosen.add(prompts.get(i));
                theirs.add(scores[i]);
            }
        }
        return chosen.isEmpty()
                ? Optional.empty()
                : Optional.of(Evaluation.Report.of(chosen, theirs.toArray(double[][]::new)));
    }
}
