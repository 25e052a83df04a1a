package dev.sluice.rewards.internal.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.JudgeServer;
import dev.sluice.rewards.JudgeServer.Asked;
import dev.sluice.rewards.RewardUnavailable;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.video.ImageFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The probability of a yes, of known answers. */
class YesJudgeTest extends JudgeCase {
    /** Likes the lighter one, and the first one a little more than that it earns. */
    private static String yes(Asked asked, double bias) {
        double yes = Math.min(0.99, 0.5 + (asked.light(0) - asked.light(1)) / 4 + bias);
        Map<String, Double> token = new LinkedHashMap<>();
        token.put("yes", yes);
        token.put("no", 1 - yes);
        return JudgeServer.spoken(List.of(token));
    }

    @Test
    void bothOrdersUndoALikingForTheFirst() throws IOException {
        serve(asked -> yes(asked, 0.2));
        ImageFiles.write(grey(102), folder.resolve("reference.png"));
        List<Sample> samples = List.of(sample(102), sample(204), sample(0));
        Path reference = folder.resolve("reference.png");
        double[] scores = score("judge-yes", samples, "reference", reference).values();
        assertThat(scores[0]).isCloseTo(0.5, within(1e-9));
        assertThat(scores[1]).isCloseTo(0.6, within(1e-9));
        assertThat(scores[2]).isCloseTo(0.4, within(1e-9));
        assertThat(server.asked()).hasSize(6);
        assertThat(server.asked().get(0).body().path("max_tokens").intValue()).isEqualTo(1);
        assertThat(score("judge-yes", samples, "reference", reference, "order", "first")
                        .values()[0])
                .isCloseTo(0.7, within(1e-9));
        assertThat(score("judge-yes", samples, "reference", reference, "order", "second")
                        .values())
                .as("the reference gains by being shown first")
                .containsExactly(new double[] {0.3, 0.4, 0.2}, within(1e-9));
    }

    @Test
    void referencesAreFoundByPromptOrByName() throws IOException {
        serve(asked -> yes(asked, 0));
        Path references = Files.createDirectories(folder.resolve("references"));
        ImageFiles.write(grey(0), references.resolve("a.png"));
        ImageFiles.write(grey(204), references.resolve("b.png"));
        ImageFiles.write(grey(0), folder.resolve("outside.png"));
        Files.write(
                references.resolve("prompts.jsonl"),
                List.of(
                        "{\"file\": \"a.png\", \"prompt\": \"a prompt\"}",
                        "{\"file\": \"b.png\", \"prompt\": \"a prompt\"}"));
        Sample plain = sample(204);
        Sample named = new Sample(grey(204), "another", Map.of("reference", "b.png"));
        Sample sly = new Sample(grey(204), "another", Map.of("reference", "../outside.png"));
        Sample lost = new Sample(grey(204), "another", Map.of("reference", "c.png"));
        Sample none = new Sample(grey(204), "another", Map.of());
        Sample odd = new Sample(grey(204), "another", Map.of("reference", 3));
        Scores scores = score(
                "judge-yes", List.of(plain, named, sly, lost, none, odd), "references", references, "perPrompt", "2");
        assertThat(scores.values()[0]).isCloseTo(0.6, within(1e-9));
        assertThat(scores.values()[1]).isCloseTo(0.5, within(1e-9));
        assertThat(scores.reasons().get(2))
                .isEqualTo("the reference (../outside.png) must lie in the folder " + references);
        assertThat(scores.reasons().get(3)).isEqualTo("the reference (c.png) is not in the folder " + references);
        assertThat(scores.reasons().get(4)).startsWith("there is no reference: neither does the metadata name one");
        assertThat(scores.reasons().get(5)).isEqualTo("the metadata's reference must be the name of a file");
        assertThat(score("judge-yes", List.of(plain), "references", references).values()[0])
                .isCloseTo(0.7, within(1e-9));
    }

    @Test
    void aServerWithoutProbabilitiesIsNamedAtOnce() throws IOException {
        serve(asked -> JudgeServer.said("yes"));
        ImageFiles.write(grey(102), folder.resolve("reference.png"));
        assertThatThrownBy(() -> score("judge-yes", List.of(sample(1)), "reference", folder.resolve("reference.png")))
                .isInstanceOf(RewardUnavailable.class)
                .hasMessageContaining("which judge-yes needs");
    }
}
