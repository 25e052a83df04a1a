package dev.sluice.flow.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class SuggestionTest {
    private static final List<String> COMMANDS = List.of("train", "media", "pretrain", "sample");

    @Test
    void proposesWhatIsNearest() {
        assertThat(Suggestion.nearest("trian", COMMANDS)).contains("train");
        assertThat(Suggestion.nearest("SAMPLE", COMMANDS)).contains("sample");
        assertThat(Suggestion.line("pretran", COMMANDS)).isEqualTo("\nMaybe pretrain was meant.");
    }

    @Test
    void proposesNothingThatIsFar() {
        assertThat(Suggestion.nearest("evaluate", COMMANDS)).isEmpty();
        assertThat(Suggestion.nearest("trian", List.of())).isEmpty();
        assertThat(Suggestion.line("zzz", COMMANDS)).isEmpty();
    }

    @Test
    void countsEditsAndSwapsOfNeighbours() {
        assertThat(Suggestion.distance("trian", "train")).isEqualTo(1);
        assertThat(Suggestion.distance("kitten", "sitting")).isEqualTo(3);
        assertThat(Suggestion.distance("", "abc")).isEqualTo(3);
    }
}
