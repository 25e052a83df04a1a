package dev.sluice.cli.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.grpo.Evaluation;
import dev.sluice.grpo.Prompt;
import dev.sluice.video.Media;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DiversityTest {
    private static final Prompt PROMPT = new Prompt("a circle", Map.of());

    private static Evaluation.Judged picture(int index, double score, int... values) {
        byte[] rgb = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            rgb[i] = (byte) values[i];
        }
        return new Evaluation.Judged(index, 6, PROMPT, index, Media.image(1, values.length / 3, rgb), score);
    }

    @Test
    void itIsTheMeanOverPromptsOfTheMeanDistanceOfTheirPairs() {
        Diversity diversity = new Diversity(3);
        diversity.judged(picture(0, 1, 0, 0, 0));
        diversity.judged(picture(1, 0, 255, 255, 255));
        assertThat(diversity.mean()).as("before a prompt is complete").isEmpty();
        diversity.judged(picture(2, 0.5, 255, 0, 0));
        // √(3/3), √(1/3), √(2/3) are the three pairs' distances.
        double first = (1 + Math.sqrt(1 / 3.0) + Math.sqrt(2 / 3.0)) / 3;
        assertThat(diversity.mean().orElseThrow()).isCloseTo(first, within(1e-12));
        for (int i = 3; i < 6; i++) {
            diversity.judged(picture(i, 1, 7, 8, 9));
        }
        assertThat(diversity.mean().orElseThrow()).isCloseTo(first / 2, within(1e-12));
    }

    @Test
    void picturesWithoutAScoreAreLeftOut() {
        Diversity diversity = new Diversity(2);
        diversity.judged(picture(0, Double.NaN, 0, 0, 0));
        diversity.judged(picture(1, 1, 255, 255, 255));
        assertThat(diversity.mean()).isEmpty();
        diversity.judged(picture(2, 1, 0, 0, 0));
        diversity.judged(picture(3, 1, 255, 255, 255));
        assertThat(diversity.mean()).hasValue(1);
    }

    @Test
    void oneSampleOfEachPromptHasNone() {
        Diversity diversity = new Diversity(1);
        diversity.judged(picture(0, 1, 0, 0, 0));
        assertThat(diversity.mean()).isEmpty();
    }
}
