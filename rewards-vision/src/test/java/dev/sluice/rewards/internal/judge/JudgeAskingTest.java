package dev.sluice.rewards.internal.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.rewards.JudgeServer;
import dev.sluice.rewards.JudgeServer.Reply;
import dev.sluice.rewards.RewardUnavailable;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scorer;
import dev.sluice.rewards.Scores;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What is asked again, kept, or given up, whichever reward asks. */
class JudgeAskingTest extends JudgeCase {
    @Test
    void whatCannotBeReadIsAskedOnceMore() {
        serve(asked -> JudgeServer.said(asked.text().contains("Answer with the following") ? "Final Score: 5" : BAD));
        assertThat(score("judge-score", List.of(sample(1)), "rubric", "final-score")
                        .values())
                .containsExactly(1);
        assertThat(server.asked()).hasSize(2);
    }

    @Test
    void whatCannotBeReadTwiceHasAReasonAndStopsNoOther() {
        serve(asked -> JudgeServer.said(asked.light(0) < 0.5 ? BAD : "Final Score: 3"));
        Scores scores = score("judge-score", List.of(sample(1), sample(200), sample(2)), "rubric", "final-score");
        assertThat(scores.reasons()).containsOnlyKeys(0, 2);
        assertThat(scores.reasons().get(0))
                .isEqualTo("the judge's answer has no \"Final Score:\" with a number after it: " + BAD);
        assertThat(scores.values()[1]).isEqualTo(0.5);
        assertThat(server.asked()).hasSize(5);
    }

    @Test
    void anAnswerThatIsKeptIsNotAskedForAgain() {
        serve(asked -> JudgeServer.said(asked.text().contains("Answer with the following") ? "Final Score: 2" : BAD));
        Object[] options = {"rubric", "final-score", "cache", folder.resolve("cache")};
        double[] first =
                score("judge-score", List.of(sample(1), sample(2)), options).values();
        int requests = server.asked().size();
        assertThat(score("judge-score", List.of(sample(2), sample(1)), options).values())
                .isEqualTo(first);
        assertThat(server.asked()).hasSize(requests);
        score("judge-score", List.of(sample(3)), options);
        assertThat(server.asked().size()).isGreaterThan(requests);
        requests = server.asked().size();
        score("judge-score", List.of(new Sample(grey(1), "other", Map.of())), options);
        assertThat(server.asked().size()).isGreaterThan(requests);
    }

    @Test
    void whatCouldNotBeReadIsNotKept() {
        serve(asked -> JudgeServer.said("Final Score: 2"));
        server.next(new Reply(200, JudgeServer.said(BAD)), new Reply(200, JudgeServer.said(BAD)));
        Object[] options = {"rubric", "final-score", "cache", folder.resolve("cache")};
        assertThat(score("judge-score", List.of(sample(1)), options).valid(0)).isFalse();
        assertThat(score("judge-score", List.of(sample(1)), options).values()).containsExactly(0.25);
    }

    @Test
    void noMoreRequestsAreUnderWayThanAllowed() {
        serve(asked -> JudgeServer.said("Final Score: 2"));
        server.pause(50);
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            samples.add(sample(i));
        }
        score("judge-score", samples, "rubric", "final-score", "concurrency", "3");
        assertThat(server.busiest()).isBetween(2, 3);
    }

    @Test
    void aScorerStopsWhereTheJudgeIsGone() {
        serve(asked -> JudgeServer.said("Final Score: 2"));
        String endpoint = server.endpoint();
        server.close();
        try (Scorer scorer = Scorer.open("judge-score:endpoint=%s,model=m".formatted(endpoint))) {
            assertThatThrownBy(() -> scorer.score(List.of(sample(1), sample(2))))
                    .isInstanceOf(RewardUnavailable.class)
                    .hasMessageContaining("cannot be reached: the connection is refused.");
        }
    }
}
