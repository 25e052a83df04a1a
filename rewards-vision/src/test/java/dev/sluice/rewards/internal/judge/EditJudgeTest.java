package dev.sluice.rewards.internal.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.JudgeServer;
import dev.sluice.rewards.Scores;
import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Scores of edited pictures, of known answers. */
class EditJudgeTest extends JudgeCase {
    /** Source and result have (20, 15), the result alone (22, 10); √(6·4)/10 of ten. */
    @Test
    void anEditIsWorthTheRootOfBothLeasts() throws IOException {
        serve(asked -> JudgeServer.said("{\"reasoning\": \"\", \"score\": %s}"
                .formatted(asked.pictures().size() == 2 ? "[20, 15]" : "[22, 10]")));
        ImageFiles.write(grey(7), folder.resolve("source.png"));
        Object[] options = {"source", folder.resolve("source.png"), "passes", "3"};
        Scores scores = score("judge-edit", List.of(sample(1)), options);
        assertThat(scores.values()[0]).isCloseTo(0.4898979, within(1e-6));
        assertThat(scores.parts().get("deviation")[0]).isCloseTo(0, within(1e-9));
        assertThat(server.asked()).hasSize(6);
        assertThat(server.asked())
                .filteredOn(asked -> asked.pictures().size() == 2)
                .allMatch(asked -> (asked.pictures().get(0).rgb()[0] & 0xFF) == 7
                        && (asked.pictures().get(1).rgb()[0] & 0xFF) == 1);
        Object[] first = {"source", folder.resolve("source.png"), "passes", "3", "average", "first"};
        assertThat(score("judge-edit", List.of(sample(1)), first).values()[0])
                .isCloseTo(Math.sqrt(0.8 * 0.4), within(1e-12));
    }

    @Test
    void aPassWithoutScoresIsLeftOut() throws IOException {
        serve(asked -> {
            boolean lost = asked.body().path("seed").intValue() == 1;
            return JudgeServer.said(lost ? "{\"score\": [30, 1]}" : "{\"score\": [25, 25]}");
        });
        ImageFiles.write(grey(7), folder.resolve("source.png"));
        Object[] options = {"source", folder.resolve("source.png"), "passes", "3"};
        assertThat(score("judge-edit", List.of(sample(1)), options).values()).containsExactly(1);
        Object[] none = {"source", folder.resolve("source.png"), "passes", "1", "seed", "1"};
        assertThat(score("judge-edit", List.of(sample(1)), none).reasons())
                .containsEntry(0, "the judge's scores [30.0, 1.0] are not in [0, 25.0]");
    }
}
