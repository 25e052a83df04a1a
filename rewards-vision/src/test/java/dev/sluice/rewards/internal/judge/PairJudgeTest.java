package dev.sluice.rewards.internal.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.JudgeServer;
import dev.sluice.rewards.JudgeServer.Asked;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Shares of a group that a sample beats, by known verdicts. */
class PairJudgeTest extends JudgeCase {
    private static String lighter(Asked asked) {
        double difference = asked.light(0) - asked.light(1);
        String verdict = difference > 0 ? "Image 1 is better" : difference < 0 ? "Image 2 is better" : "Tie";
        return JudgeServer.said("<think>…</think><answer>%s</answer>".formatted(verdict));
    }

    @Test
    void aSampleEarnsTheShareOfItsGroupThatItBeats() {
        serve(PairJudgeTest::lighter);
        List<Sample> samples = new ArrayList<>(List.of(sample(200), sample(100), sample(50)));
        samples.add(1, new Sample(grey(1), "another prompt", Map.of()));
        Scores scores = score("judge-pairwise", samples);
        assertThat(scores.values()).containsExactly(1, Double.NaN, 0.5, 0);
        assertThat(scores.reasons())
                .containsExactly(Map.entry(1, "there is no other sample of its prompt to compare it with"));
        assertThat(server.asked()).hasSize(6);
        assertThat(score("judge-pairwise", samples, "order", "once").values()).containsExactly(1, Double.NaN, 0.5, 0);
        assertThat(server.asked()).hasSize(9);
    }

    @Test
    void aJudgeThatAlwaysLikesTheFirstSaysNothing() {
        serve(asked -> JudgeServer.said("<answer>Image 1 is better</answer>"));
        assertThat(score("judge-pairwise", List.of(sample(200), sample(100), sample(50)))
                        .values())
                .containsExactly(0.5, 0.5, 0.5);
    }

    @Test
    void theMeanOfAGroupIsAHalfWhateverTheNumberOfOpponents() {
        serve(PairJudgeTest::lighter);
        for (int size = 2; size <= 7; size++) {
            List<Sample> samples = new ArrayList<>();
            for (int i = 0; i < size; i++) {
                samples.add(sample(30 * (i * 3 % size)));
            }
            for (int opponents = 1; opponents <= size; opponents++) {
                int before = server.asked().size();
                double[] scores =
                        score("judge-pairwise", samples, "opponents", opponents).values();
                assertThat(java.util.Arrays.stream(scores).average().orElseThrow())
                        .as("%s samples, %s opponents", size, opponents)
                        .isCloseTo(0.5, within(1e-12));
                int most = Math.min(size - 1, opponents + 1);
                assertThat(server.asked().size() - before).isLessThanOrEqualTo(size * most);
            }
        }
    }

    @Test
    void aPairWithoutAVerdictIsLeftOut() {
        serve(asked -> asked.light(0) + asked.light(1) < 0.7 ? JudgeServer.said(BAD) : lighter(asked));
        Scores scores = score("judge-pairwise", List.of(sample(200), sample(100), sample(50)));
        assertThat(scores.values()).containsExactly(1, 0, 0);
        stop();
        serve(asked -> JudgeServer.said(BAD));
        assertThat(score("judge-pairwise", List.of(sample(200), sample(100))).reasons())
                .containsOnlyKeys(0, 1);
    }

    @Test
    void numbersOfPairsAreWinsByDegrees() {
        serve(asked -> {
            double first = 0.5 + (asked.light(0) - asked.light(1)) / 2;
            return JudgeServer.said("Alignment: Image 1: %.3f, Image 2: %.3f".formatted(first, 1 - first));
        });
        assertThat(score("judge-pairwise", List.of(sample(255), sample(0)), "rubric", "pair-numbers")
                        .values())
                .containsExactly(1, 0);
    }
}
