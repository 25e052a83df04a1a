package dev.sluice.rewards.internal;

import static dev.sluice.rewards.SceneColor.BLUE;
import static dev.sluice.rewards.SceneColor.RED;
import static dev.sluice.rewards.SceneRelation.ABOVE;
import static dev.sluice.rewards.SceneRelation.LEFT_OF;
import static dev.sluice.rewards.SceneShape.CIRCLE;
import static dev.sluice.rewards.SceneShape.SQUARE;
import static dev.sluice.rewards.SceneShape.STAR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.SceneDetection;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.SceneShape;
import dev.sluice.rewards.SceneTask;
import dev.sluice.rewards.SceneVerdict;
import dev.sluice.rewards.ScenesWorld;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SceneRulesTest {
    private static ScenePrompt prompt(String text) {
        return Stream.of(SceneTask.values())
                .flatMap(task -> ScenesWorld.prompts(task).stream())
                .filter(prompt -> prompt.text().equals(text))
                .findAny()
                .orElseThrow();
    }

    private static SceneDetection at(double x, double y, SceneColor color, SceneShape shape) {
        return new SceneDetection(Optional.of(new SceneObject(shape, color, x, y, 5, 1)), 1, "");
    }

    private static final SceneDetection PATCH = new SceneDetection(Optional.empty(), 0.4, "a patch");

    private static void check(
            String text, boolean strict, boolean official, double graded, double flowGrpo, SceneDetection... found) {
        SceneVerdict verdict = SceneRules.judge(prompt(text), List.of(found));
        assertThat(verdict.strict()).as(verdict.explanation()).isEqualTo(strict);
        assertThat(verdict.official()).as(verdict.explanation()).isEqualTo(official);
        assertThat(verdict.graded()).as(verdict.explanation()).isCloseTo(graded, within(1e-12));
        assertThat(verdict.flowGrpo()).as(verdict.explanation()).isCloseTo(flowGrpo, within(1e-12));
        assertThat(verdict.faults().isEmpty()).isEqualTo(strict);
    }

    /** The values that the reference gives for the same detections: 1, 0.75, 0.5, -1 and 0.75. */
    @Test
    void partsAreThoseOfTheReference() {
        SceneDetection circle = at(8, 8, RED, CIRCLE);
        check("a circle", true, true, 1, 1, circle);
        check("four circles", false, false, 0.75, 0.75, circle, circle, circle);
        check("a blue circle", false, false, 0.5, 0.5, circle);
        check("a circle", false, true, 0, -1, circle, circle, circle);
        check("a circle left of a square", false, false, 2 / 3.0, 0.75, at(24, 8, RED, CIRCLE), at(8, 8, RED, SQUARE));
    }

    @Test
    void officialForgivesExtraObjectsAndStrictDoesNot() {
        SceneDetection circle = at(8, 8, RED, CIRCLE);
        check("a circle", false, true, 0.5, 1, circle, at(24, 24, BLUE, STAR));
        check("a circle", false, true, 0.5, 1, circle, PATCH);
        check("one circle", false, false, 0, 0, circle, circle);
        check("two circles", false, false, 0.5, 0.5, circle, circle, circle);
    }

    @Test
    void onePictureOfEverythingEarnsLittle() {
        SceneDetection[] all = {
            at(8, 8, RED, CIRCLE), at(24, 8, RED, SQUARE), at(8, 24, RED, STAR), at(24, 24, RED, SceneShape.TRIANGLE)
        };
        check("a circle", false, true, 0.25, 1, all);
        check("a circle and a square", false, true, 0.5, 1, all);
    }

    @Test
    void nothingFoundEarnsNothing() {
        for (SceneTask task : SceneTask.values()) {
            for (ScenePrompt prompt : ScenesWorld.prompts(task)) {
                check(prompt.text(), false, false, 0, 0);
                check(prompt.text(), false, false, 0, 0, PATCH, PATCH);
            }
        }
    }

    @Test
    void aMissingColourOrPlaceCountsAsAPartOfItsOwn() {
        check("a red circle and a blue square", false, false, 0.5, 0.5, at(8, 8, RED, CIRCLE));
        check(
                "a red circle and a blue square",
                false,
                false,
                0.75,
                0.75,
                at(8, 8, RED, CIRCLE),
                at(24, 8, RED, SQUARE));
        check("a circle left of a square", false, false, 1 / 3.0, 1 / 3.0, at(24, 8, RED, SQUARE));
        check("a circle left of a square", true, true, 1, 1, at(8, 8, RED, CIRCLE), at(24, 8, RED, SQUARE));
        // (0 + 1 + 0)/3: there is nothing to be left of
        check("a circle left of a square", false, false, 1 / 3.0, 1 / 3.0, at(8, 8, RED, CIRCLE));
    }

    /** Boxes and relations as the reference's {@code relative_position} gives them. */
    @Test
    void relationsAreThoseOfTheReference() {
        double[] a = {0, 0, 100, 100};
        assertThat(GenEval.relations(a, new double[] {200, 0, 300, 100})).containsExactly(LEFT_OF);
        assertThat(GenEval.relations(a, new double[] {10, 10, 110, 110})).isEmpty();
        assertThat(GenEval.relations(a, new double[] {150, 150, 250, 250})).containsExactly(LEFT_OF, ABOVE);
        assertThat(GenEval.relations(a, new double[] {60, 0, 160, 100})).containsExactly(LEFT_OF);
        assertThat(GenEval.relations(new double[] {0, 0, 10, 10}, new double[] {20, 100, 30, 110}))
                .containsExactly(ABOVE);
        assertThat(GenEval.relations(a, a)).isEmpty();
    }

    @Test
    void metadataThatPromptsWriteIsReadBack() {
        for (SceneTask task : SceneTask.values()) {
            for (ScenePrompt prompt : ScenesWorld.prompts(task)) {
                assertThat(ScenePrompt.of(prompt.text(), prompt.metadata())).isEqualTo(prompt);
            }
        }
    }

    static Stream<Map.Entry<Map<String, Object>, String>> wrongMetadata() {
        return Stream.of(
                Map.entry(Map.of(), "tag (null) must be one of [single_object, "),
                Map.entry(Map.of("tag", "colors"), "include (null) must be a list."),
                Map.entry(Map.of("tag", "colors", "include", List.of()), "include must have at least one entry."),
                Map.entry(
                        Map.of("tag", "colors", "include", List.of("circle")), "include[0] (circle) must be an object"),
                Map.entry(Map.of("tag", "colors", "colour", "red"), "colour is no field of scene metadata"),
                Map.entry(entry(Map.of("class", "dog", "count", 1)), "include[0].class (dog) must be one of [circle, "),
                Map.entry(entry(Map.of("class", "star", "count", 0)), "include[0].count (0) must be at least 1."),
                Map.entry(
                        entry(Map.of("class", "star", "count", 1.5)), "include[0].count (1.5) must be a whole number."),
                Map.entry(entry(Map.of("class", "star")), "include[0].count (null) must be a whole number."),
                Map.entry(
                        entry(Map.of("class", "star", "count", 1, "color", "pink")),
                        "include[0].color (pink) must be one of [red, "),
                Map.entry(
                        entry(Map.of("class", "star", "count", 1, "position", List.of("left of", 0))),
                        "include[0].position[1] (0) must be the index of an entry before it."),
                Map.entry(
                        entry(Map.of("class", "star", "count", 1, "position", "left of")),
                        "include[0].position (left of) must be [relation, index]."));
    }

    private static Map<String, Object> entry(Map<String, Object> include) {
        return Map.of("tag", "colors", "include", List.of(include));
    }

    @ParameterizedTest
    @MethodSource
    void wrongMetadata(Map.Entry<Map<String, Object>, String> given) {
        assertThatThrownBy(() -> ScenePrompt.of("", given.getKey()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith(given.getValue());
    }
}
