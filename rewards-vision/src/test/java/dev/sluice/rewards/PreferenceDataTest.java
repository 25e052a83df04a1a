package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PreferenceDataTest {
    @TempDir
    private Path folder;

    @BeforeEach
    void pictures() throws IOException {
        for (String name : List.of("x", "y", "z, \"1\"")) {
            ImageFiles.write(Media.image(8, 8, new byte[192]), folder.resolve(name + ".png"));
        }
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @Test
    void linesOfObjectsAreReadInAllForms() throws IOException {
        PreferenceData data = PreferenceData.read(file("p.jsonl", """
            {"prompt": "a star", "preferred": "x.png", "rejected": "y.png", "scores": [1, 0.5], "tag": "single_object"}

            {"prompt": "a star", "a": "x.png", "b": "y.png", "label": "tie", "axis": "look", "annotator": "ann"}
            {"prompt": "a star", "a": "x.png", "b": "y.png", "label": "b"}
            {"media": "x.png", "good": 0, "axis": "look", "generator": "g"}
            {"media": "y.png", "good": true, "axis": "look"}
                {"media": "y.png", "good": true, "axis": "size", "generator": "h"}
            {"prompt": "a star", "media": "x.png", "score": 3.5}
            """));
        assertThat(data.items()).hasSize(4);
        assertThat(data.pairs())
                .extracting(PreferenceData.Pair::verdict)
                .containsExactly(PreferenceData.Verdict.A, PreferenceData.Verdict.TIE, PreferenceData.Verdict.B);
        assertThat(data.pairs().get(0).scores()).isEqualTo(Optional.of(List.of(1.0, 0.5)));
        assertThat(data.pairs().get(1).annotator()).isEqualTo("ann");
        assertThat(data.labels())
                .containsExactly(
                        new PreferenceData.Label(2, "look", false),
                        new PreferenceData.Label(3, "look", true),
                        new PreferenceData.Label(3, "size", true));
        assertThat(data.ratings()).containsExactly(new PreferenceData.Rating(0, "overall", 3.5));
        assertThat(data.about("look").ratings()).isEmpty();
        assertThat(data.axes()).containsExactly("look", "overall", "size");
        assertThat(data.items().get(3).generator()).as("told later").isEqualTo("h");
        assertThat(data.items().get(2).generator()).isEqualTo("g");
        Sample sample = data.items().get(0).source().read();
        assertThat(sample.prompt()).isEqualTo("a star");
        assertThat(sample.metadata()).containsEntry("tag", "single_object").doesNotContainKey("scores");
    }

    @Test
    void aTableIsReadWithQuotes() throws IOException {
        PreferenceData data = PreferenceData.read(file("p.csv", """
            prompt,a,b,label,axis
            "a ""red"" star,
            large",x.png,"z, ""1"".png",b,
            a circle,y.png,x.png,tie,look
            """));
        assertThat(data.items().get(0).prompt()).isEqualTo("a \"red\" star,\nlarge");
        assertThat(data.pairs()).extracting(PreferenceData.Pair::axis).containsExactly("overall", "look");
        assertThat(data.pairs().get(0).verdict()).isEqualTo(PreferenceData.Verdict.B);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "p.jsonl | {\"preferred\": \"x.png\"} | p.jsonl:1: the key rejected with a path is expected; found"
                        + " null.",
                "p.jsonl | {\"preferred\": \"x.png\", \"rejected\": \"no.png\"} | no.png) does not exist.",
                "p.jsonl | {\"a\": \"x.png\", \"b\": \"y.png\", \"label\": \"c\"} | p.jsonl:1: label (c) must be a, b"
                        + " or tie.",
                "p.jsonl | {\"media\": \"x.png\", \"good\": \"well\"} | p.jsonl:1: good (well) must be 0 or 1.",
                "p.jsonl | {\"file\": \"x.png\"} | or media and good or score are expected; found file.",
                "p.jsonl | nonsense | p.jsonl:1: a JSON object is expected; found nonsense.",
                "p.jsonl | null | a JSON object is expected; found null.",
                "p.jsonl | {\"media\": \"x.png\", \"good\": 1, \"prompt\": 7} | prompt (7) must be a text.",
                "p.jsonl | {\"preferred\": \"x.png\", \"rejected\": \"y.png\", \"scores\": [1]} | scores ([1]) must be"
                        + " two numbers.",
                "p.jsonl | '' | has no judgment; at least one is expected.",
                "p.txt | '' | must end in .jsonl (an object a line) or .csv (with a heading).",
                "p.csv | a,b,label | has no judgment",
            })
    void whatIsWrongIsNamedWithItsLine(String name, String text, String message) throws IOException {
        Path file = file(name, text);
        assertThatThrownBy(() -> PreferenceData.read(file))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(message);
    }

    @Test
    void aBrokenTableNamesItsLine() throws IOException {
        Path few = file("few.csv", "a,b,label\nx.png,y.png,a\nx.png,y.png\n");
        assertThatThrownBy(() -> PreferenceData.read(few))
                .hasMessageContaining("few.csv:3: 3 values are expected, as in the heading; found 2.");
        Path open = file("open.csv", "a,b,label\n\"x.png,y.png,a\n");
        assertThatThrownBy(() -> PreferenceData.read(open)).hasMessageContaining("open.csv:2: a quote is not closed.");
    }

    @Test
    void aDivisionSharesNoPromptAndLosesNoPair() {
        PreferenceData data = PreferenceData.scenes(SceneSplit.TRAIN, 120, 3);
        PreferenceData.Parts parts = data.divided(0.25, 7);
        assertThat(parts.most().pairs().size() + parts.rest().pairs().size()).isEqualTo(120);
        Set<String> most = prompts(parts.most());
        Set<String> rest = prompts(parts.rest());
        assertThat(most).isNotEmpty().doesNotContainAnyElementsOf(rest);
        assertThat(rest.size()).isEqualTo((int) Math.ceil(0.25 * (most.size() + rest.size())));
        assertThat(data.divided(0.25, 7)).isEqualTo(parts);
        assertThat(data.divided(0.25, 8)).isNotEqualTo(parts);
    }

    private static Set<String> prompts(PreferenceData data) {
        Set<String> prompts = new HashSet<>();
        data.pairs().forEach(pair -> prompts.add(data.items().get(pair.a()).prompt()));
        return prompts;
    }

    @Test
    void theVerifierAnnotatesDrawnPairs() throws IOException {
        PreferenceData data = PreferenceData.scenes(SceneSplit.TEST, 60, 5);
        try (Reward judge = RewardProvider.named("scenes")) {
            for (PreferenceData.Pair pair : data.pairs()) {
                double[] scores = judge.score(List.of(
                                data.items().get(pair.a()).source().read(),
                                data.items().get(pair.b()).source().read()))
                        .values();
                assertThat((int) Math.signum(scores[0] - scores[1]))
                        .isEqualTo(pair.verdict().sign());
            }
        }
        assertThat(data.pairs()).extracting(PreferenceData.Pair::verdict).contains(PreferenceData.Verdict.values());
    }
}
