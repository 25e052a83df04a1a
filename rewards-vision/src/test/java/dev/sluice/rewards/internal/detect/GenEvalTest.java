package dev.sluice.rewards.internal.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.rewards.internal.GenEval;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

class GenEvalTest {
    /** The left half is red, the right half is blue. */
    private static final Media HALVES = halves();

    private static Media halves() {
        byte[] rgb = new byte[3 * 40 * 40];
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i + (i / 3 % 40 < 20 ? 0 : 2)] = (byte) 220;
        }
        return Media.image(40, 40, rgb);
    }

    private static Map<String, Object> box(String kind, double score, Integer... edges) {
        return Map.of("class", kind, "score", score, "box", Arrays.asList(edges));
    }

    private static Map<String, Object> want(String kind, int count) {
        return Map.of("class", kind, "count", count);
    }

    private static GenEval judge(String tag, List<Object> include, List<Object> boxes) {
        return judge(Map.of("tag", tag, "include", include, "boxes", boxes));
    }

    private static GenEval judge(Map<String, Object> metadata) {
        Sample sample = new Sample(HALVES, "", metadata);
        GenEval[] verdict = new GenEval[1];
        ToDoubleFunction<GenEval> mode = given -> {
            verdict[0] = given;
            return 1;
        };
        Scores scores = new GenEvalReward(mode, new BoxSource.OfMetadata(), new PixelColors()).score(List.of(sample));
        scores.reasons().values().forEach(reason -> {
            throw new IllegalArgumentException(reason);
        });
        return verdict[0];
    }

    private static void check(GenEval verdict, boolean official, boolean strict, double graded, double graded01) {
        assertThat(verdict.official()).isEqualTo(official);
        assertThat(verdict.strict()).isEqualTo(strict);
        assertThat(verdict.graded()).isEqualTo(graded);
        assertThat(verdict.graded01()).isEqualTo(graded01);
        assertThat(verdict.faults().isEmpty()).isEqualTo(strict);
    }

    private static final Map<String, Object> LEFT_CUP = box("cup", 0.95, 2, 10, 12, 20);
    private static final Map<String, Object> RIGHT_DOG = box("dog", 0.95, 28, 10, 38, 20);

    @Test
    void scoresEqualTheReference() {
        check(judge("single_object", List.of(want("cup", 1)), List.of(LEFT_CUP)), true, true, 1, 1);
        GenEval three = judge("counting", List.of(want("cup", 4)), List.of(LEFT_CUP, LEFT_CUP, LEFT_CUP));
        check(three, false, false, 0.75, 0.75);
        GenEval color =
                judge("colors", List.of(Map.of("class", "cup", "count", 1, "color", "blue")), List.of(LEFT_CUP));
        check(color, false, false, 0.5, 0.5);
        GenEval many = judge("single_object", List.of(want("cup", 1)), List.of(LEFT_CUP, LEFT_CUP, LEFT_CUP));
        check(many, true, false, -1, 0);
        GenEval wrong = judge(
                "position",
                List.of(want("cup", 1), Map.of("class", "dog", "count", 1, "position", List.of("left of", 0))),
                List.of(LEFT_CUP, RIGHT_DOG));
        assertThat(wrong.graded()).isEqualTo(0.75);
        assertThat(wrong.graded01()).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(wrong.official()).isFalse();
        GenEval right = judge(
                "position",
                List.of(want("cup", 1), Map.of("class", "dog", "count", 1, "position", List.of("right of", 0))),
                List.of(LEFT_CUP, RIGHT_DOG));
        check(right, true, true, 1, 1);
        GenEval nothing = judge(
                "position",
                List.of(want("cup", 1), Map.of("class", "dog", "count", 1, "position", List.of("left of", 0))),
                List.of(RIGHT_DOG));
        assertThat(nothing.graded())
                .as("(0 + 1 + 0)/3: there is nothing to be left of")
                .isEqualTo(1 / 3.0);
    }

    @Test
    void classesHaveGenEvalsNamesOrCocos() {
        Map<String, Object> mouse = box("computer mouse", 0.95, 2, 10, 12, 20);
        assertThat(judge("single_object", List.of(want("mouse", 1)), List.of(mouse))
                        .strict())
                .isTrue();
        assertThat(judge("single_object", List.of(want("computer mouse", 1)), List.of(mouse))
                        .strict())
                .isTrue();
        assertThat(FoundBox.named("mouse")).isEqualTo("computer mouse");
    }

    @Test
    void whatIsExcludedOrUnsureDoesNotPass() {
        Map<String, Object> metadata = Map.of(
                "tag", "counting",
                "include", List.of(want("cup", 1)),
                "exclude", List.of(want("cup", 2)),
                "boxes", List.of(LEFT_CUP, box("cup", 0.93, 5, 5, 9, 9)));
        assertThat(judge(metadata).official()).isFalse();
        List<Object> unsure = List.of(LEFT_CUP, box("cup", 0.5, 5, 5, 9, 9));
        assertThat(judge("counting", List.of(want("cup", 1)), unsure).strict()).isTrue();
        assertThat(judge("single_object", List.of(want("cup", 1)), unsure).strict())
                .isFalse();
    }

    @Test
    void coloursAreNamedByHueSaturationAndValue() {
        assertThat(List.of(
                        PixelColors.of(10, 10, 20),
                        PixelColors.of(240, 240, 240),
                        PixelColors.of(128, 128, 128),
                        PixelColors.of(255, 140, 0),
                        PixelColors.of(120, 60, 20),
                        PixelColors.of(250, 240, 20),
                        PixelColors.of(20, 200, 40),
                        PixelColors.of(30, 60, 220),
                        PixelColors.of(130, 40, 200),
                        PixelColors.of(255, 150, 190),
                        PixelColors.of(220, 20, 20)))
                .containsExactly(
                        "black", "white", "", "orange", "brown", "yellow", "green", "blue", "purple", "pink", "red");
    }

    @Test
    void wrongMetadataIsRefusedByItsField() {
        assertThatThrownBy(() -> judge(Map.of())).hasMessageContaining("has no include");
        assertThatThrownBy(() -> judge(Map.of("include", List.of(want("cup", 1)))))
                .hasMessageContaining("has no boxes");
        assertThatThrownBy(() -> judge("colors", List.of(want("cup", 0)), List.of()))
                .hasMessageContaining("include[0]")
                .hasMessageContaining("a count of at least 1");
        assertThatThrownBy(
                        () -> judge("colors", List.of(Map.of("class", "cup", "count", 1, "color", "gren")), List.of()))
                .hasMessageContaining("the colour (gren) must be one of red")
                .hasMessageEndingWith("Maybe green was meant.");
        assertThatThrownBy(() -> judge("colors", List.of(want("cup", 1)), List.of(Map.of("class", "cup"))))
                .hasMessageContaining("boxes[0]");
    }
}
