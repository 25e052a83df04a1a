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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How well a picture was edited, in [0, 1]. Each pass asks two questions with two scores of [0, S] each: of source and result,
 * whether the instruction was followed (a) and nothing else changed (b); of the result alone, how natural it is and how free of
 * artifacts. A pass is worth √(min(a, b)·min(c, d))/S. Passes have seeds and a temperature of their own, and their mean is the score.
 *
 * <p>Source: EditScore (2025), {@code average_last}; {@code average_first} is √(mean a · mean min(c, d))/S. Differs: a pass without
 * valid scores is left out, where theirs puts half the scale.
 *
 * @param judge is asked
 * @param options what all judges have
 * @param scale the rubric
 * @param sources the pictures before the edit
 * @param passes how often each sample is judged
 * @param first whether scores are averaged before they are combined
 */
record EditJudge(Judge judge, JudgeOptions options, Scale scale, OtherPicture sources, int passes, boolean first)
        implements Reward {
    /**
     * What a rubric asks for.
     *
     * @param success the question about source and result
     * @param quality the question about the result
     * @param greatest the best score
     */
    record Scale(String success, String quality, double greatest) {
        static Scale of(Rubric rubric) {
            double greatest = rubric.number("greatest");
            if (!(greatest > 0)) {
                throw rubric.wrong("greatest", "above 0");
            }
            return new Scale(rubric.text("success"), rubric.text("quality"), greatest);
        }

        String reminder() {
            return "Answer with {\"score\": [a, b]} and nothing else, both numbers from 0 to %s.".formatted(greatest);
        }
    }

    /** The answers of one pass. */
    private record Pass(NumberPair success, NumberPair quality) {
        double worth(double greatest) {
            return Math.sqrt(success.least() * quality.least()) / greatest;
        }
    }

    @Override
    public Scores score(List<Sample> samples) {
        List<List<Judge.Question<NumberPair>>> questions =
                samples.stream().map(this::questions).toList();
        return Passes.scores(samples, judge.askAll(questions), this::earned);
    }

    private List<Judge.Question<NumberPair>> questions(Sample sample) {
        Function<ChatAnswer, NumberPair> reading = answer -> NumberPair.of(answer, scale.greatest);
        List<Judge.Question<NumberPair>> questions = new ArrayList<>();
        for (int pass = 0; pass < passes; pass++) {
            long seed = options.seed() + (long) pass;
            questions.add(new Judge.Question<>(
                    () -> request(sample, scale.success, seed, sources.of(sample, 0), image(sample)),
                    scale.reminder(),
                    reading));
            questions.add(new Judge.Question<>(
                    () -> request(sample, scale.quality, seed, image(sample)), scale.reminder(), reading));
        }
        return questions;
    }

    private static Media image(Sample sample) {
        if (!sample.media().isImage()) {
            throw new AnswerFault(
                    "a video of %s frames is no image".formatted(sample.media().frames()));
        }
        return sample.media();
    }

    private ChatRequest request(Sample sample, String question, long seed, Media... pictures) {
        List<String> urls = new ArrayList<>();
        for (Media picture : pictures) {
            urls.addAll(ShownMedia.urls(picture, new int[] {0}, options.pictures()));
        }
        String text = Rubric.filled(question, sample.prompt(), "");
        return new ChatRequest(options.style(), urls, text, seed);
    }

    private Passes.Earned earned(List<Judge.Verdict<NumberPair>> verdicts) {
        List<Judge.Verdict<Pass>> passed = new ArrayList<>();
        for (int i = 0; i < verdicts.size(); i += 2) {
            Judge.Verdict<NumberPair> success = verdicts.get(i);
            Judge.Verdict<NumberPair> quality = verdicts.get(i + 1);
            String fault = success.valid() ? quality.fault() : success.fault();
            passed.add(new Judge.Verdict<>(new Pass(success.value(), quality.value()), fault));
        }
        List<Pass> whole = Passes.valid(passed);
        double followed = Passes.mean(whole, pass -> pass.success.first()) / scale.greatest;
        double quality = Passes.mean(whole, pass -> pass.quality.least()) / scale.greatest;
        Map<String, Double> parts = new LinkedHashMap<>();
        parts.put("followed", followed);
        parts.put("preserved", Passes.mean(whole, pass -> pass.success.second()) / scale.greatest);
        parts.put("quality", quality);
        parts.put(Passes.DEVIATION, Passes.deviation(whole, pass -> pass.worth(scale.greatest)));
        double last = Passes.mean(whole, pass -> pass.worth(scale.greatest));
        return new Passes.Earned(first ? Math.sqrt(followed * quality) : last, parts);
    }

    @Override
    public void close() {
        judge.close();
    }

    /** Offers the reward. */
    public static final class Provider implements ParsedProvider {
        @Override
        public String name() {
            return "judge-edit";
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(0, 1, RewardFacts.Modality.IMAGE, true, false, false);
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "how well a picture was edited by its prompt, as a model behind an OpenAI-style endpoint says in several passes",
                    "an endpoint and its model, the picture before (option source or sources)",
                    "EditScore (2025), arXiv:2509.23909");
        }

        @Override
        public Map<String, List<String>> options() {
            Map<String, List<String>> names = JudgeOptions.names(Map.of(
                    "source",
                    List.of(),
                    "sources",
                    List.of(),
                    "passes",
                    List.of(),
                    "average",
                    List.of("last", "first")));
            names.remove("frames"); // there are only pictures
            return names;
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            Rubric rubric = Rubric.of(options, "edit");
            Scale scale = Scale.of(rubric);
            int passes = options.whole("passes", 4, 1, 1000);
            JudgeOptions common =
                    JudgeOptions.of(options, new JudgeOptions.Usual(1, rubric.count("maxTokens", 1024), passes, false));
            boolean first = options.word("average", "last").equals("first");
            OtherPicture sources = OtherPicture.of(options, "source");
            return () -> new EditJudge(common.open(), common, scale, sources, passes, first);
        }
    }
}
