package dev.sluice.cli;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Judges a prompt and not its picture, so that a test knows all scores: 1 if it has an even number of letters, else 0. */
public final class LettersReward implements RewardProvider {
    @Override
    public String name() {
        return "letters";
    }

    @Override
    public Reward open() {
        return LettersReward::score;
    }

    static double score(String prompt) {
        return prompt.startsWith("unknown") ? Double.NaN : (prompt.length() + 1) % 2;
    }

    private static Scores score(List<Sample> samples) {
        double[] scores =
                samples.stream().mapToDouble(sample -> score(sample.prompt())).toArray();
        Map<Integer, String> reasons = new LinkedHashMap<>();
        for (int i = 0; i < scores.length; i++) {
            if (Double.isNaN(scores[i])) {
                reasons.put(i, "the prompt is unknown");
            }
        }
        return new Scores(scores, reasons);
    }
}
