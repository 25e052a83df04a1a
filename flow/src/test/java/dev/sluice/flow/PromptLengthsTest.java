package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prompts of no words, as guidance has them, and of more than fit, as diffusers' pipeline of each family encodes them. */
class PromptLengthsTest {
    /** All lines of the fixtures' corpus, four times: more than 1,200 tokens to every tokenizer. */
    static String tooLong() throws IOException {
        String corpus = String.join(" ", Files.readAllLines(Fixtures.path("flux-pipeline/corpus.txt")));
        return String.join(" ", Collections.nCopies(4, corpus));
    }

    @ParameterizedTest
    @CsvSource({"sd3, 256", "flux, 512", "wan, 512"})
    void noWordsAndTooManyAreEncodedAsInDiffusers(String family, int tokens) throws IOException {
        try (FlowPipeline pipeline = FlowPipeline.open(Fixtures.path(family + "-pipeline"), Device.cpu());
                SafetensorsFile golden = SafetensorsFile.open(Fixtures.path("prompts/golden.safetensors"));
                NDManager manager = Torch.newManager()) {
            assertThat(pipeline.usualTokens()).isEqualTo(tokens);
            Conditioning found = pipeline.encode(manager, List.of("", tooLong()));
            Fixtures.assertEqual(golden, found.tokens(), family + ".tokens", 1e-5);
            if (family.equals("wan")) {
                assertThat(found.pooled().size()).isZero();
                assertThat(found.tokens().get("0,0").abs().max().getFloat())
                        .as("the end of an empty text")
                        .isPositive();
                assertThat(found.tokens().get("0,1:").abs().max().getFloat()).isZero();
                assertThat(found.tokens().get("1,-1").abs().max().getFloat()).isPositive();
            } else {
                Fixtures.assertEqual(golden, found.pooled(), family + ".pooled", 1e-5);
            }
        }
    }

    /** UMT5 does not attend to Wan's padding, so that a longer row says the same of the words; T5 does, in the other families. */
    @ParameterizedTest
    @CsvSource({"sd3, false", "flux, false", "wan, true"})
    void onlyWansWordsDoNotSeeThePadding(String family, boolean masked) throws IOException {
        try (FlowPipeline pipeline = FlowPipeline.open(Fixtures.path(family + "-pipeline"), Device.cpu());
                NDManager manager = Torch.newManager()) {
            int clip = family.equals("sd3") ? 77 : 0;
            NDIndex words = new NDIndex("0,{}:{}", clip, clip + 8);
            Conditioning shorter = pipeline.encode(manager, List.of("a cat"), 8);
            Conditioning longer = pipeline.encode(manager, List.of("a cat"), 64);
            double difference = Fixtures.relativeError(
                    longer.tokens().get(words), shorter.tokens().get(words));
            if (masked) {
                assertThat(difference).isLessThan(1e-5);
            } else {
                assertThat(difference).isGreaterThan(1e-3);
            }
        }
    }
}
