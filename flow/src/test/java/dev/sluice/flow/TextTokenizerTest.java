package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class TextTokenizerTest {
    private static final String PIPELINE = "sd3-pipeline/";

    @TempDir
    Path folder;

    private static long[] flat(TextTokenizer.Tokens tokens) {
        return Arrays.stream(tokens.ids()).flatMapToLong(Arrays::stream).toArray();
    }

    @ParameterizedTest
    @CsvSource({"tokenizer,77,77", "tokenizer_2,77,77", "tokenizer_3,24,512"})
    void idsEqualTransformers(String name, int length, int maxLength) throws IOException {
        JsonNode texts = new JsonMapper().readTree(Files.readAllBytes(Fixtures.path(PIPELINE + "texts.json")));
        List<String> prompts = List.of(
                texts.path("prompts").get(0).stringValue(),
                texts.path("prompts").get(1).stringValue());
        String corpus = String.join(" ", Files.readAllLines(Fixtures.path(PIPELINE + "corpus.txt")));
        try (TextTokenizer tokenizer = TextTokenizer.open(Fixtures.path(PIPELINE + name));
                SafetensorsFile golden = SafetensorsFile.open(Fixtures.path(PIPELINE + "golden.safetensors"))) {
            String ids = "ids." + name;
            assertThat(flat(tokenizer.encode(prompts, length))).isEqualTo(golden.longs(ids));
            assertThat(flat(tokenizer.encode(
                            List.of(texts.path("negative_prompt").stringValue()), length)))
                    .isEqualTo(golden.longs(ids + ".negative"));
            assertThat(flat(tokenizer.encode(List.of(corpus), length))).isEqualTo(golden.longs(ids + ".truncated"));
            assertThat(tokenizer.maxLength()).isEqualTo(maxLength);
        }
    }

    @Test
    void theMaskEndsWhereThePaddingBegins() throws IOException {
        try (TextTokenizer tokenizer = TextTokenizer.open(Fixtures.path(PIPELINE + "tokenizer"))) {
            TextTokenizer.Tokens tokens = tokenizer.encode(List.of("", "a a", "a ".repeat(100)), 5);
            assertThat(tokens.ids()[0]).containsExactly(572, 573, 573, 573, 573);
            assertThat(tokens.mask()[0]).containsExactly(1, 1, 0, 0, 0);
            assertThat(tokens.ids()[1]).containsExactly(572, 320, 320, 573, 573);
            assertThat(tokens.mask()[1]).containsExactly(1, 1, 1, 1, 0);
            assertThat(tokens.ids()[2]).containsExactly(572, 320, 320, 320, 573);
            assertThat(tokens.mask()[2]).containsExactly(1, 1, 1, 1, 1);
        }
    }

    /** The rules of CLIP's text clean-up, each as two texts that must give the same ids. */
    @ParameterizedTest
    @CsvSource({
        "A PHOTO,a photo",
        "'  a \t photo  ','a photo'",
        "caf\u0065\u0301,caf\u00e9",
        "it's,it 's",
        "'a,b','a , b'",
        "12,1 2",
        "\u00c9T\u00c9,\u00e9t\u00e9"
    })
    void clipCleansTextUp(String one, String other) throws IOException {
        try (TextTokenizer tokenizer = TextTokenizer.open(Fixtures.path(PIPELINE + "tokenizer"))) {
            assertThat(tokenizer.encode(List.of(one), 20).ids()[0])
                    .isEqualTo(tokenizer.encode(List.of(other), 20).ids()[0]);
        }
    }

    @Test
    void anUnfamiliarScriptIsSplitIntoItsBytes() throws IOException {
        try (TextTokenizer tokenizer = TextTokenizer.open(Fixtures.path(PIPELINE + "tokenizer"))) {
            assertThat(tokenizer.encode(List.of("\u732b \ud83d\ude00"), 20).mask()[0])
                    .startsWith(1, 1, 1, 1, 1, 1, 1, 1, 1, 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "[]", "{}", "{\"model\":{\"type\":\"Nonsense\"}}"})
    void aBrokenTokenizerIsRefusedInOneSentence(String json) throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), json);
        Files.writeString(folder.resolve("tokenizer_config.json"), "{\"pad_token\":null}");
        assertThatThrownBy(() -> TextTokenizer.open(folder).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining(folder.toString());
    }

    @Test
    void aBrokenModelIsRefusedThoughItsPaddingIsThere() throws IOException {
        Files.writeString(folder.resolve("tokenizer.json"), "{\"padding\":{\"pad_id\":0},\"model\":{\"type\":\"X\"}}");
        assertThatThrownBy(() -> TextTokenizer.open(folder).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining("is not a valid tokenizer");
    }

    @Test
    void aFolderWithoutTokenizerSaysHowToMakeOne() {
        assertThatThrownBy(() -> TextTokenizer.open(folder).close())
                .isExactlyInstanceOf(IOException.class)
                .hasMessageContaining("has no tokenizer");
        assertThatThrownBy(() -> TextTokenizer.open(folder.resolve("no")).close())
                .hasMessageContaining("not there");
    }

    @Test
    void tooShortALengthIsRefused() throws IOException {
        try (TextTokenizer tokenizer = TextTokenizer.open(Fixtures.path(PIPELINE + "tokenizer"))) {
            assertThatThrownBy(() -> tokenizer.encode(List.of("a"), 1)).hasMessageContaining("must be at least 2");
        }
    }
}
