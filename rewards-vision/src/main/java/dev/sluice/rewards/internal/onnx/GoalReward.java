package dev.sluice.rewards.internal.onnx;

import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.internal.RewardOptions;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Offers VLM-RM's reward: how near a picture, or a video, comes to a goal in words, as seen from a baseline in words. */
public final class GoalReward extends FolderReward {
    private static final String USUAL_BASELINE = "a photo";
    private static final double USUAL_ALPHA = 0.5;

    /** Creates the provider. */
    public GoalReward() {
        super("goal-baseline", -1, 1, false, Map.of("goal", List.of(), "baseline", List.of(), "alpha", List.of()));
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "how near it is to a goal in words, measured along the way from a baseline to it",
                FOLDER + ", a goal (option goal) or the prompt",
                "VLM-RM (2023), arXiv:2310.12921");
    }

    /** Texts of one meaning stand beside each other with a bar between them. */
    private static List<String> texts(String option, String value) {
        List<String> texts =
                Arrays.stream(value.split("\\|", -1)).map(String::strip).toList();
        if (texts.contains("")) {
            throw new IllegalArgumentException(
                    "goal-baseline.%s (%s) must be a text, or several with | between them.".formatted(option, value));
        }
        return texts;
    }

    @Override
    Opening opening(RewardOptions options) {
        Optional<List<String>> goal = options.text("goal").map(text -> texts("goal", text));
        List<String> baseline = texts("baseline", options.word("baseline", USUAL_BASELINE));
        double alpha = options.number("alpha", USUAL_ALPHA, 0, 1);
        return parts -> TextRewards.judged(parts, Preparation.Form.CROP_TORCHVISION, tower -> {
            Judge judge = new Judge(tower, goal, baseline, alpha);
            if (goal.isPresent()) {
                judge.measure(""); // what cannot be told apart is refused before any picture
            }
            return judge;
        });
    }

    private record Judge(TextTower tower, Optional<List<String>> goal, List<String> baseline, double alpha)
            implements EmbeddingReward.Judge {
        GoalBaseline measure(String prompt) {
            List<String> aims = goal.orElse(List.of(prompt));
            try {
                return new GoalBaseline(tower.embed(aims), tower.embed(baseline), alpha);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException(
                        "the goal (%s) must differ from the baseline (%s), because %s"
                                .formatted(String.join(" | ", aims), String.join(" | ", baseline), e.getMessage()),
                        e);
            }
        }

        @Override
        public String fault(Sample sample) {
            if (goal.isPresent()) {
                return "";
            }
            if (sample.prompt().isBlank()) {
                return "it has no prompt, and the option goal is not given";
            }
            try {
                measure(sample.prompt());
                return "";
            } catch (IllegalArgumentException e) {
                return e.getMessage();
            }
        }

        @Override
        public double[] scores(float[][] rows, List<String> prompts) {
            double[] scores = new double[rows.length];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = measure(prompts.get(i)).score(Vectors.unit(rows[i]));
            }
            return scores;
        }
    }
}
