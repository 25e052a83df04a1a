package dev.sluice.rewards.internal.judge;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.internal.RewardOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What judges refuse before they ask. */
class JudgeOptionsTest extends JudgeCase {
    private static void refused(String name, Map<String, Object> more, String message) {
        Map<String, Object> options = new LinkedHashMap<>(Map.of("endpoint", "http://127.0.0.1:1", "model", "m"));
        options.putAll(more);
        options.values().removeIf(""::equals);
        assertThatThrownBy(() -> RewardProvider.provider(name).check(options))
                .as("%s %s", name, more)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message);
    }

    @Test
    void wrongOptionsAreRefusedBeforeAnythingIsAsked() throws IOException {
        refused(
                "judge-score",
                Map.of("endpoint", ""),
                "The reward judge-score needs the option endpoint, as in endpoint: http://127.0.0.1:8000/v1.");
        refused(
                "judge-yes",
                Map.of("model", ""),
                "The reward judge-yes needs the option model, as in model: qwen2.5-vl.");
        refused(
                "judge-score",
                Map.of("endpoint", "http://me:secret@host/v1"),
                "judge-score.endpoint must hold no user and password.%nMaybe put the key into an environment variable and name it with keyVariable."
                        .formatted());
        refused(
                "judge-score",
                Map.of("keyVariable", "sk-abc123"),
                "judge-score.keyVariable must be the name of an environment variable, in capitals as in JUDGE_KEY; the key itself belongs into that variable.");
        refused(
                "judge-score",
                Map.of("keyVariable", "JUDGE_KEY", "endpoint", "http://host/v1"),
                "judge-score.endpoint (http://host/v1/chat/completions) must begin with https where there is a key, because the key could be read on the way.%nMaybe add keyOverHttp: true, if the network is your own."
                        .formatted());
        refused(
                "judge-score",
                Map.of("passes", "4", "temperature", "0"),
                "judge-score.passes (4) must go with a temperature above 0, because all passes would be alike.");
        refused(
                "judge-score",
                Map.of("dimension", "beauty"),
                "judge-score.dimension (beauty) must be one of visual-quality, prompt-alignment, plausibility, or least.");
        refused(
                "judge-score",
                Map.of("rubric", "genral"),
                "judge-score.rubric (genral) must be general, videoscore2, unifiedreward-image, unifiedreward-video, final-score or a file that ends in .json.");
        refused(
                "judge-score",
                Map.of("rubric", "no.json"),
                "judge-score.rubric (no.json) must be a file that can be read.");
        refused(
                "judge-score",
                Map.of("attempts", "0"),
                "judge-score.attempts (0) must be a whole number of at least 1 and at most 100.");
        refused(
                "judge-score",
                Map.of("leastSide", "2000"),
                "judge-score.leastSide (2000) must be at most side (1024).");
        refused(
                "judge-yes",
                Map.of(),
                "The reward judge-yes needs either the option reference, a file for all samples, or references, a folder.");
        refused("judge-yes", Map.of("reference", "no.png"), "judge-yes.reference (no.png) does not exist.");
        refused("judge-edit", Map.of("sources", "no"), "judge-edit.sources (no) must be a folder.");
        Path broken = Files.writeString(folder.resolve("broken.json"), "{\"question\": ");
        assertThatThrownBy(() -> RewardProvider.provider("judge-pairwise")
                        .check(Map.of("endpoint", "http://h", "model", "m", "rubric", broken)))
                .hasMessageStartingWith("judge-pairwise.rubric (%s) is no valid JSON: ".formatted(broken));
        Path poor = Files.writeString(
                folder.resolve("poor.json"),
                "{\"question\": \"?\", \"least\": 5, \"greatest\": 5, \"dimensions\": [{\"name\": \"a\", \"label\": \"a:\"}]}");
        refused(
                "judge-score",
                Map.of("rubric", poor),
                "The rubric %s: greatest (5) must be above least (5.0).".formatted(poor));
        Path wide = Files.writeString(
                folder.resolve("wide.json"),
                "{\"question\": \"?\", \"least\": 0, \"greatest\": 10, \"dimensions\": [{\"name\": \"a\", \"label\": \"a:\"}]}");
        refused(
                "judge-score",
                Map.of("rubric", wide, "value", "expected"),
                "judge-score.value (expected) must go with a scale of one digit; the rubric %s ends at 10.0."
                        .formatted(wide));
        Path own = Files.writeString(folder.resolve("own.json"), "{\"messages\": []}");
        refused(
                "judge-score",
                Map.of("extra", own),
                "%s must not have the field messages, because the reward writes it itself.".formatted(own));
    }

    @Test
    void theKeyComesFromTheEnvironment() {
        Map<String, Object> values = Map.of("endpoint", "https://host/v1", "model", "m", "keyVariable", "JUDGE_KEY");
        JudgeOptions options =
                JudgeOptions.of(new RewardOptions("judge-score", values), new JudgeOptions.Usual(1, 1, 1, false));
        options.open(name -> name.equals("JUDGE_KEY") ? " key\n" : null, Timing.SYSTEM)
                .close();
        assertThatThrownBy(() -> options.open(name -> null, Timing.SYSTEM))
                .hasMessage(
                        "judge-score.keyVariable (JUDGE_KEY) must name an environment variable that holds a key, but it is empty or not set.");
        assertThatThrownBy(() -> options.open(name -> "a b", Timing.SYSTEM))
                .hasMessageEndingWith("but it has blanks or other characters.")
                .hasMessageNotContaining("a b");
    }
}
