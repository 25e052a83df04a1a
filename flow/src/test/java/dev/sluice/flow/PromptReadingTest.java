package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.MemoryPolicy.TextEncoders;
import dev.sluice.flow.internal.RandomFolder;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PromptReadingTest {
    private static final List<String> TEXTS = List.of("a red circle", "");

    @TempDir
    private Path folder;

    private static FlowPipeline open(Path model, TextEncoders kept, int tokens) throws IOException {
        MemoryPolicy memory = MemoryPolicy.PLAIN.withText(Precision.FLOAT32, kept);
        return FlowPipeline.open(model, Device.cpu(), memory, new PromptReading(TEXTS, OptionalInt.of(tokens)));
    }

    @ParameterizedTest
    @CsvSource({
        "sd3-pipeline, KEPT",
        "sd3-pipeline, RELEASED",
        "flux-pipeline, KEPT",
        "flux-pipeline, RELEASED",
        "wan-pipeline, KEPT",
        "wan-pipeline, RELEASED"
    })
    void promptsHaveAsManyTokensAsAreAskedFor(String model, TextEncoders kept) throws IOException {
        try (FlowPipeline usual = FlowPipeline.open(Fixtures.path(model), Device.cpu());
                FlowPipeline asked = open(Fixtures.path(model), kept, 24);
                NDManager manager = Torch.newManager()) {
            assertThat(asked.usualTokens()).isEqualTo(24);
            assertThat(usual.usualTokens()).isGreaterThan(24);
            for (List<String> texts : List.of(TEXTS, List.of("a text that nobody knew of"))) {
                Conditioning found = asked.encode(manager, texts);
                Conditioning expected = usual.encode(manager, texts, 24);
                assertThat(found.tokens().getShape())
                        .isEqualTo(expected.tokens().getShape());
                assertThat(Fixtures.relativeError(found.tokens(), expected.tokens()))
                        .isLessThan(1e-5);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"sd3-pipeline, KEPT", "flux-pipeline, RELEASED", "wan-pipeline, KEPT"})
    void moreThanTheTokenizerTakesIsRefused(String model, TextEncoders kept) {
        assertThatThrownBy(() -> open(Fixtures.path(model), kept, 513).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "The number of tokens of a prompt (513) must be at most 512, the most that the model's tokenizer takes.");
    }

    @Test
    void aModelWithoutT5HasNothingToChoose() throws IOException {
        Path model = Files.createDirectory(folder.resolve("tiny"));
        RandomModel.Options options = new RandomModel.Options(1, 1, Set.of("text_encoder_3"), 1L << 30, 7);
        RandomFolder.write("tiny", model, options, (component, sum) -> {});
        assertThatThrownBy(() -> open(model, TextEncoders.KEPT, 64).close())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("(64) must be left out, because this model has no T5");
        assertThatThrownBy(() -> new PromptReading(TEXTS, OptionalInt.of(0)))
                .hasMessageContaining("tokens (0) must be at least 1");
    }
}
