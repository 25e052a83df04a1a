package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * How many of the other samples of its prompt in the same call a sample beats, in [0, 1]. A judge is shown two at a time, in both
 * orders: p(i, j) = ½·(J(i, j) + 1 − J(j, i)), where J is 1 if the first is better, ½ for a tie and 0 else, so that a verdict that
 * turns with the order counts ½. The score is the mean over the opponents; over a group it is ½ if every pair has a verdict.
 *
 * <p>Each sample meets those that stand up to a certain number of places after and before it, the last being followed by the first.
 * Differs from Pref-GRPO, where every pair is judged in one order, the earlier first.
 *
 * @param judge is asked
 * @param options what all judges have
 * @param question with places for the prompt and for what is shown
 * @param reading what an answer says of the first one
 * @param opponents the most that each sample meets; an odd number may become one more
 * @param both whether both orders are asked
 */
record PairJudge(
        Judge judge,
        JudgeOptions options,
        String question,
        Function<ChatAnswer, Double> reading,
        int opponents,
        boolean both)
        implements Reward {
    private static final String REMINDER =
            "Answer in the form that was asked for and with nothing else; name 1, 2 or a tie.";

    /** Two samples, by their places in the call. */
    record Pair(int first, int second) {}

    @Override
    public Scores score(List<Sample> samples) {
        List<Pair> pairs = pairs(samples);
        List<List<Judge.Question<Double>>> questions = pairs.stream()
                .map(pair -> both
                        ? List.of(question(samples, pair), question(samples, new Pair(pair.second, pair.first)))
                        : List.of(question(samples, pair)))
                .toList();
        List<List<Judge.Verdict<Double>>> verdicts = judge.askAll(questions);
        List<List<Judge.Verdict<Double>>> wins = new ArrayList<>();
        samples.forEach(sample -> wins.add(new ArrayList<>()));
        for (int i = 0; i < pairs.size(); i++) {
            Judge.Verdict<Double> win = Passes.win(verdicts.get(i));
            wins.get(pairs.get(i).first).add(win);
            wins.get(pairs.get(i).second).add(win.valid() ? new Judge.Verdict<>(1 - win.value(), "") : win);
        }
        return Passes.scores(samples, wins, PairJudge::earned);
    }

    private Judge.Question<Double> question(List<Sample> samples, Pair pair) {
        Sample first = samples.get(pair.first);
        Sample second = samples.get(pair.second);
        return new Judge.Question<>(
                () -> PairOfMedia.request(options, question, first.prompt(), first.media(), second.media()),
                REMINDER,
                reading);
    }

    /** Returns who meets whom; who comes first where one order is asked changes from pair to pair. */
    private List<Pair> pairs(List<Sample> samples) {
        Map<String, List<Integer>> groups = new LinkedHashMap<>();
        for (int i = 0; i < samples.size(); i++) {
            groups.computeIfAbsent(samples.get(i).prompt(), prompt -> new ArrayList<>())
                    .add(i);
        }
        List<Pair> pairs = new ArrayList<>();
        for (List<Integer> group : groups.values()) {
            int size = group.size();
            for (int apart = 1; apart <= size / 2 && 2 * apart - 1 <= opponents; apart++) {
                // where half of the circle lies between them, both would come to the same pair
                int starts = 2 * apart == size ? apart : size;
                for (int start = 0; start < starts; start++) {
                    Pair pair = new Pair(group.get(start), group.get((start + apart) % size));
                    pairs.add((start + apart) % 2 == 1 ? pair : new Pair(pair.second, pair.first));
                }
            }
        }
        return pairs;
    }

    private static Passes.Earned earned(List<Judge.Verdict<Double>> wins) {
        if (wins.isEmpty()) {
            throw new AnswerFault("there is no other sample of its prompt to compare it with");
        }
        return new Passes.Earned(Passes.mean(Passes.valid(wins), win -> win), Map.of());
    }

    @Override
    public void close() {
        judge.close();
    }

    /** Offers the reward. */
    public static final class Provider implements ParsedProvider {
        private static final Map<String, Function<ChatAnswer, Double>> FORMS =
                Map.of("tag", PairVerdict::tag, "numbers", PairVerdict::numbers);

        @Override
        public String name() {
            return "judge-pairwise";
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(0, 1, RewardFacts.Modality.BOTH, true, true, false);
        }

        @Override
        public RewardCard card() {
            return new RewardCard(
                    "the share of its prompt's other samples that it beats before a model behind an OpenAI-style endpoint",
                    "an endpoint and its model",
                    "UnifiedReward (2025), arXiv:2503.05236; Pref-GRPO (2025), arXiv:2508.20751; both orders");
        }

        @Override
        public Map<String, List<String>> options() {
            return JudgeOptions.names(Map.of("opponents", List.of(), "order", List.of("both", "once")));
        }

        @Override
        public Supplier<Reward> prepare(RewardOptions options) {
            Rubric rubric = Rubric.of(options, "pair", "pair-numbers");
            String question = rubric.text("question");
            Function<ChatAnswer, Double> reading = FORMS.get(rubric.text("answer"));
            if (reading == null) {
                throw rubric.wrong("answer", "tag or numbers");
            }
            JudgeOptions common =
                    JudgeOptions.of(options, new JudgeOptions.Usual(8, rubric.count("maxTokens", 2048), 1, false));
            int opponents = options.whole("opponents", 6, 1, 1000);
            boolean both = options.word("order", "both").equals("both");
            return () -> new PairJudge(common.open(), common, question, reading, opponents, both);
        }
    }
}
