package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The probability with which a judge says yes when asked whether a sample is better than a reference, p(yes)/(p(yes) + p(no)), in
 * [0, 1]. Both orders are asked, ½·(p(sample, reference) + 1 − p(reference, sample)), so that a liking for the first or the second
 * picture cancels; of several references it is the mean.
 *
 * @param judge is asked
 * @param options what all judges have
 * @param question with places for the prompt and for what is shown
 * @param references what samples are compared with
 * @param most the most references of a sample
 * @param order whether both orders are asked, or the sample is shown first only, or second only
 */
record YesJudge(Judge judge, JudgeOptions options, String question, OtherPicture references, int most, Order order)
        implements Reward {
    /** In which places a sample is shown. */
    enum Order {
        BOTH,
        FIRST,
        SECOND
    }

    private static final String REMINDER = "Answer with one word, yes or no.";

    @Override
    public Scores score(List<Sample> samples) {
        List<List<Judge.Question<Double>>> questions =
                samples.stream().map(this::questions).toList();
        return Passes.scores(samples, judge.askAll(questions), this::earned);
    }

    private List<Judge.Question<Double>> questions(Sample sample) {
        List<Judge.Question<Double>> questions = new ArrayList<>();
        for (int number = 0; number < references.count(sample, most); number++) {
            int reference = number;
            if (order != Order.SECOND) {
                questions.add(question(() -> PairOfMedia.request(
                        options, question, sample.prompt(), sample.media(), references.of(sample, reference))));
            }
            if (order != Order.FIRST) {
                questions.add(question(() -> PairOfMedia.request(
                        options, question, sample.prompt(), references.of(sample, reference), sample.media())));
            }
        }
        return questions;
    }

    private Judge.Question<Double> question(Supplier<ChatRequest> request) {
        return new Judge.Question<>(
                request, REMINDER, answer -> Probabilities.yes(Probabilities.required(answer, options)));
    }

    private Passes.Earned earned(List<Judge.Verdict<Double>> verdicts) {
        int orders = order == Order.BOTH ? 2 : 1;
        List<Judge.Verdict<Double>> wins = new ArrayList<>();
        for (int i = 0; i < verdicts.size(); i += orders) {
            wins.add(Passes.win(verdicts.subList(i, i + orders)));
        }
        double won = Passes.mean(Passes.valid(wins), win -> win);
        return new Passes.Earned(order == Order.SECOND ? 1 - won : won, Map.of());
    }

    @Override
    public void close() {
        judge.close();
    }

    /** Offers the reward. */
    public static final class Provider implements ParsedProvider {
        @Override
        public String name() {
            return "judge-yes";
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(0, 1, RewardFacts.Modality.BOTH, true, false, false);
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "how probably a model behind an OpenAI-style endpoint says yes when asked whether it is better than a reference",
                    "an endpoint with logprobs and its model, a reference (option reference or references)",
                    "RewardDance (2025), arXiv:2509.08826, from its abstract; both orders");
        }

        @Override
        public Map<String, List<String>> options() {
            return JudgeOptions.names(Map.of(
                    "reference",
                    List.of(),
                    "references",
                    List.of(),
                    "perPrompt",
                    List.of(),
                    "order",
                    List.of("both", "first", "second")));
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            Rubric rubric = Rubric.of(options, "yes");
            String question = rubric.text("question");
            JudgeOptions common =
                    JudgeOptions.of(options, new JudgeOptions.Usual(8, rubric.count("maxTokens", 1), 1, true));
            int most = options.whole("perPrompt", 1, 1, 1000);
            Order order = Order.valueOf(options.word("order", "both").toUpperCase(Locale.ROOT));
            OtherPicture references = OtherPicture.of(options, "reference");
            return () -> new YesJudge(common.open(), common, question, references, most, order);
        }
    }
}
