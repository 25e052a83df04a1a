package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/**
 * The score that a judge gives on a rubric, in [0, 1]: the mean of its dimensions, each (score − least)/(greatest − least), the least
 * of them, or one of them. Several passes are averaged.
 *
 * @param judge is asked
 * @param options what all judges have
 * @param scale the rubric
 * @param passes how often each sample is judged
 * @param expected whether scores are means under the probabilities of their tokens
 * @param chosen the dimension that counts, −1 for the mean of all, or {@link #LEAST}
 */
record ScoreJudge(Judge judge, JudgeOptions options, Scale scale, int passes, boolean expected, int chosen)
        implements Reward {
    /** The least of the dimensions counts, as FIRM (2026) takes a picture's quality. */
    private static final int LEAST = -2;

    /**
     * What a rubric asks for.
     *
     * @param question with places for the prompt and for what is shown
     * @param names of the dimensions
     * @param numbers how they are read
     */
    record Scale(String question, List<String> names, LabelledNumbers numbers) {
        static Scale of(Rubric rubric) {
            JsonNode dimensions = rubric.json().path("dimensions");
            List<String> names = new ArrayList<>();
            List<String> labels = new ArrayList<>();
            for (JsonNode dimension : dimensions) {
                names.add(dimension.path("name").asString(""));
                labels.add(dimension.path("label").asString(""));
            }
            boolean good = !names.isEmpty()
                    && names.stream().allMatch(name -> name.matches("[a-z0-9][a-z0-9-]*"))
                    && labels.stream().noneMatch(String::isBlank)
                    && new LinkedHashSet<>(names).size() == names.size();
            if (!good) {
                throw rubric.wrong(
                        "dimensions",
                        "a list of objects with a name (lower case letters, digits, hyphens; no two alike) and a label");
            }
            double least = rubric.number("least");
            double greatest = rubric.number("greatest");
            if (!(least < greatest)) {
                throw rubric.wrong("greatest", "above least (%s)".formatted(least));
            }
            return new Scale(rubric.text("question"), names, new LabelledNumbers(labels, least, greatest));
        }
    }

    @Override
    public Scores score(List<Sample> samples) {
        Function<ChatAnswer, double[]> reading = expected
                ? answer -> scale.numbers.expected(Probabilities.required(answer, options), chosen)
                : answer -> scale.numbers.read(answer, chosen);
        List<List<Judge.Question<double[]>>> questions = samples.stream()
                .map(sample -> IntStream.range(0, passes)
                        .mapToObj(pass ->
                                new Judge.Question<>(() -> request(sample, pass), scale.numbers.reminder(), reading))
                        .toList())
                .toList();
        return Passes.scores(samples, judge.askAll(questions), this::earned);
    }

    private ChatRequest request(Sample sample, int pass) {
        Media media = sample.media();
        int[] frames = ShownMedia.sampled(media.frames(), options.pictures().frames());
        String shown = media.isImage()
                ? "a picture"
                : "a video, of which %s frames are shown in order,".formatted(frames.length);
        return new ChatRequest(
                options.style(),
                ShownMedia.urls(media, frames, options.pictures()),
                Rubric.filled(scale.question, sample.prompt(), shown),
                options.seed() + (long) pass);
    }

    private Passes.Earned earned(List<Judge.Verdict<double[]>> verdicts) {
        List<double[]> valid = Passes.valid(verdicts);
        Map<String, Double> parts = new LinkedHashMap<>();
        for (int i = 0; i < scale.names.size(); i++) {
            int dimension = i;
            parts.put(scale.names.get(i), Passes.mean(valid, shares -> shares[dimension]));
        }
        if (passes > 1) {
            parts.put(Passes.DEVIATION, Passes.deviation(valid, this::value));
        }
        return new Passes.Earned(Passes.mean(valid, this::value), parts);
    }

    private double value(double[] shares) {
        if (chosen >= 0) {
            return shares[chosen];
        }
        return chosen == LEAST
                ? Arrays.stream(shares).min().orElseThrow()
                : Arrays.stream(shares).average().orElseThrow();
    }

    @Override
    public void close() {
        judge.close();
    }

    /** Offers the reward. */
    public static final class Provider implements ParsedProvider {
        private static final String[] RUBRICS = {
            "general", "videoscore2", "unifiedreward-image", "unifiedreward-video", "final-score"
        };
        private static final int TOKENS = 1024;

        @Override
        public String name() {
            return "judge-score";
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(0, 1, RewardFacts.Modality.BOTH, false, false, false);
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "what a model behind an OpenAI-style endpoint gives on a rubric: the mean of its dimensions, or one",
                    "an endpoint and its model, the prompt if the rubric asks for it",
                    "VideoScore2 (2025), arXiv:2509.22799; UnifiedReward (2025), arXiv:2503.05236");
        }

        @Override
        public Map<String, List<String>> options() {
            return JudgeOptions.names(
                    Map.of("dimension", List.of(), "passes", List.of(), "value", List.of("answer", "expected")));
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            boolean expected = options.word("value", "answer").equals("expected");
            int passes = options.whole("passes", 1, 1, 1000);
            Rubric rubric = Rubric.of(options, RUBRICS);
            Scale scale = Scale.of(rubric);
            if (expected && !(scale.numbers.least() >= 0 && scale.numbers.greatest() <= 9)) {
                throw new IllegalArgumentException(
                        "judge-score.value (expected) must go with a scale of one digit; the rubric %s ends at %s."
                                .formatted(rubric.name(), scale.numbers.greatest()));
            }
            int chosen = options.text("dimension")
                    .map(name -> dimension(name, scale.names))
                    .orElse(-1);
            JudgeOptions common = JudgeOptions.of(
                    options, new JudgeOptions.Usual(16, rubric.count("maxTokens", TOKENS), passes, expected));
            return () -> new ScoreJudge(common.open(), common, scale, passes, expected, chosen);
        }

        private static int dimension(String name, List<String> names) {
            if (!names.contains(name) && name.equals("least")) {
                return LEAST;
            }
            if (!names.contains(name)) {
                throw new IllegalArgumentException("judge-score.dimension (%s) must be one of %s, or least."
                        .formatted(name, String.join(", ", names)));
            }
            return names.indexOf(name);
        }
    }
}
