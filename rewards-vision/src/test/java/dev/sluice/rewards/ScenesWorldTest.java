package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.ScenePrompt.Wanted;
import dev.sluice.rewards.internal.SceneCaptions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScenesWorldTest {
    private static final SceneDrawing IN_ORDER = new SceneDrawing(SceneDrawing.Layout.AS_NAMED, 0);

    private static List<String> texts(SceneSplit split) {
        return ScenesWorld.prompts(split).stream().map(ScenePrompt::text).toList();
    }

    private static Map<String, Object> metadata(String text) {
        return Stream.of(SceneTask.values())
                .flatMap(task -> ScenesWorld.prompts(task).stream())
                .filter(prompt -> prompt.text().equals(text))
                .findAny()
                .orElseThrow()
                .metadata();
    }

    @Test
    void everyTaskHasTheCountOfPromptsThatItsDocumentationStates() {
        Map<SceneTask, List<Integer>> sizes = Stream.of(SceneTask.values())
                .collect(Collectors.toMap(
                        task -> task,
                        task -> List.of(
                                ScenesWorld.prompts(task).size(),
                                ScenesWorld.prompts(SceneSplit.TRAIN, task).size(),
                                ScenesWorld.prompts(SceneSplit.TEST, task).size())));
        assertThat(sizes)
                .containsEntry(SceneTask.SINGLE_OBJECT, List.of(4, 4, 4))
                .containsEntry(SceneTask.TWO_OBJECT, List.of(12, 8, 4))
                .containsEntry(SceneTask.COUNTING, List.of(16, 12, 4))
                .containsEntry(SceneTask.COLORS, List.of(24, 20, 4))
                .containsEntry(SceneTask.POSITION, List.of(48, 32, 16))
                .containsEntry(SceneTask.COLOR_ATTR, List.of(360, 168, 24));
    }

    @Test
    void metadataHasTheFormOfGenEval() {
        assertThat(metadata("a circle left of a square"))
                .isEqualTo(Map.of(
                        "tag",
                        "position",
                        "include",
                        List.of(
                                Map.of("class", "square", "count", 1),
                                Map.of("class", "circle", "count", 1, "position", List.of("left of", 0)))));
        assertThat(metadata("three triangles"))
                .isEqualTo(Map.of(
                        "tag", "counting",
                        "include", List.of(Map.of("class", "triangle", "count", 3)),
                        "exclude", List.of(Map.of("class", "triangle", "count", 4))));
        assertThat(metadata("a red circle and a blue square"))
                .isEqualTo(Map.of(
                        "tag",
                        "color_attr",
                        "include",
                        List.of(
                                Map.of("class", "circle", "count", 1, "color", "red"),
                                Map.of("class", "square", "count", 1, "color", "blue"))));
        assertThat(metadata("a star and a square")).containsEntry("tag", "two_object");
        assertThat(metadata("a blue star")).containsEntry("tag", "colors");
        assertThat(metadata("a circle")).containsEntry("tag", "single_object");
    }

    @Test
    void noTestPromptIsTrainedOnButTheSingleObjects() {
        List<String> shared = new ArrayList<>(texts(SceneSplit.TEST));
        shared.retainAll(texts(SceneSplit.TRAIN));
        assertThat(shared).containsExactly("a circle", "a square", "a triangle", "a star");
        assertThat(texts(SceneSplit.TRAIN)).doesNotHaveDuplicates();
        assertThat(texts(SceneSplit.TEST)).doesNotHaveDuplicates();
    }

    @Test
    void heldOutCombinationsAreInNoTrainingPrompt() {
        assertThat(texts(SceneSplit.TRAIN)).noneMatch(text -> text.contains("circle") && text.contains("star"));
        assertThat(texts(SceneSplit.TRAIN))
                .noneMatch(text -> text.contains("yellow circle")
                        || text.contains("green square")
                        || text.contains("purple triangle")
                        || text.contains("red star")
                        || text.equals("three circles")
                        || text.equals("four squares")
                        || text.equals("two triangles")
                        || text.equals("three stars"));
    }

    @Test
    void everyTaskButSingleObjectsTestsUnseenCombinations() {
        for (SceneTask task : SceneTask.values()) {
            List<ScenePrompt> test = ScenesWorld.prompts(SceneSplit.TEST, task);
            assertThat(test.stream().anyMatch(ScenesWorld::unseenCombination))
                    .as(task.tag())
                    .isEqualTo(task != SceneTask.SINGLE_OBJECT);
        }
        assertThat(ScenesWorld.prompts(SceneSplit.TRAIN)).noneMatch(ScenesWorld::unseenCombination);
    }

    @Test
    void theDivisionNeverChanges() {
        assertThat(String.join("\n", texts(SceneSplit.TRAIN)).hashCode()).isEqualTo(651017609);
        assertThat(String.join("\n", texts(SceneSplit.TEST)).hashCode()).isEqualTo(989720673);
    }

    @Test
    void theVocabularyHasEveryWordOnce() {
        assertThat(ScenesWorld.words())
                .hasSize(25)
                .isSorted()
                .doesNotHaveDuplicates()
                .contains("a", "and", "of", "left", "above", "stars", "purple", "four");
    }

    @Test
    void aSceneObeysItsPromptAndKeepsObjectsApart() {
        SplittableRandom random = new SplittableRandom(3);
        for (SceneTask task : SceneTask.values()) {
            for (ScenePrompt prompt : ScenesWorld.prompts(task)) {
                Scene scene = ScenesWorld.scene(prompt, random);
                assertThat(scene.objects()).as(prompt.text()).hasSize(prompt.objects());
                for (SceneObject object : scene.objects()) {
                    assertThat(object.radius()).isBetween(4.0, 7.0);
                    assertThat(object.left()).isGreaterThanOrEqualTo(0);
                    assertThat(object.top()).isGreaterThanOrEqualTo(0);
                    assertThat(object.right()).isLessThanOrEqualTo(ScenesWorld.SIZE);
                    assertThat(object.bottom()).isLessThanOrEqualTo(ScenesWorld.SIZE);
                }
                for (Wanted wanted : prompt.include()) {
                    assertThat(scene.objects().stream()
                                    .filter(object -> object.shape() == wanted.shape()
                                            && wanted.color()
                                                    .map(object.color()::equals)
                                                    .orElse(true)))
                            .as(prompt.text())
                            .hasSize(wanted.count());
                }
            }
        }
    }

    @Test
    void aRelationIsTheOneThatThePromptSays() {
        ScenePrompt prompt = ScenesWorld.prompts(SceneTask.POSITION).stream()
                .filter(p -> p.text().equals("a triangle above a circle"))
                .findAny()
                .orElseThrow();
        for (int seed = 0; seed < 50; seed++) {
            List<SceneObject> objects =
                    ScenesWorld.scene(prompt, new SplittableRandom(seed)).objects();
            assertThat(objects.get(1).shape()).isEqualTo(SceneShape.TRIANGLE);
            assertThat(objects.get(1).y()).isLessThan(objects.get(0).y() - 8);
        }
    }

    @Test
    void theShapesOfASceneCoverWhatItsPixelsShow() {
        Scene scene = new Scene(
                List.of(
                        new SceneObject(SceneShape.STAR, SceneColor.RED, 9, 9, 6, 1),
                        new SceneObject(SceneShape.CIRCLE, SceneColor.WHITE, 23, 22, 6, 1)),
                0,
                0,
                0);
        float[] pixels = scene.pixels();
        float[] shapes = scene.shapes();
        int area = ScenesWorld.SIZE * ScenesWorld.SIZE;
        assertThat(shapes).hasSize(4 * area);
        double covered = 0;
        for (int i = 0; i < area; i++) {
            float circle = shapes[SceneShape.CIRCLE.ordinal() * area + i];
            float star = shapes[SceneShape.STAR.ordinal() * area + i];
            double red = circle * SceneColor.WHITE.value(0) + star * SceneColor.RED.value(0);
            assertThat(pixels[i]).isCloseTo((float) (red / 127.5 - 1), within(1e-5f));
            assertThat(shapes[SceneShape.SQUARE.ordinal() * area + i]).isZero();
            covered += circle;
        }
        assertThat(covered).isCloseTo(Math.PI * 36, within(2.0));
    }

    @Test
    void theLabelsOfAWordAreWhatTheCaptionAsksOfItsShape() {
        assertThat(ScenesWorld.WORD_LABELS).isEqualTo(4 + 6 + 4);
        ScenesWorld.Caption plain = SceneCaptions.of(prompt("three triangles"), 0, new SplittableRandom(1));
        assertThat(plain.text()).isEqualTo("three triangles");
        assertThat(plain.labels()).hasSize(2 * 14);
        assertThat(ones(plain)).containsExactly(at(1, 2));
        assertThat(ones(SceneCaptions.of(prompt("a red circle and a blue star"), 0, new SplittableRandom(1))))
                .containsExactly(
                        at(2, 0), at(2, 4 + SceneColor.RED.ordinal()), at(6, 0), at(6, 4 + SceneColor.BLUE.ordinal()));
        assertThat(ones(SceneCaptions.of(prompt("a star left of a square"), 0, new SplittableRandom(1))))
                .containsExactly(
                        at(1, 0),
                        at(1, 10 + SceneRelation.LEFT_OF.ordinal()),
                        at(5, 0),
                        at(5, 10 + SceneRelation.RIGHT_OF.ordinal()));
    }

    @Test
    void aTenthOfTheWordsOfCaptionsIsHidden() {
        int words = 0;
        int hidden = 0;
        for (int i = 0; i < 3000; i++) {
            ScenesWorld.Example example = ScenesWorld.example(SceneDrawing.PLAIN, 7, i);
            String[] said = example.prompt().text().split(" ");
            String[] told = example.caption().text().split(" ");
            assertThat(told).hasSameSizeAs(said);
            for (int word = 0; word < said.length; word++) {
                words++;
                hidden += told[word].equals(ScenesWorld.HIDDEN) ? 1 : 0;
                assertThat(told[word]).isIn(said[word], ScenesWorld.HIDDEN);
            }
        }
        assertThat((double) hidden / words).isBetween(0.09, 0.11);
    }

    @Test
    void aHiddenWordAsksForNothing() {
        ScenePrompt prompt = prompt("a star left of a square");
        ScenesWorld.Caption nothing = SceneCaptions.of(prompt, 1, new SplittableRandom(1));
        assertThat(nothing.text()).isEqualTo("<unk> <unk> <unk> <unk> <unk> <unk>");
        assertThat(ones(nothing)).isEmpty();
        Set<String> texts = new TreeSet<>();
        for (int seed = 0; seed < 200; seed++) {
            ScenesWorld.Caption caption = SceneCaptions.of(prompt, 0.3, new SplittableRandom(seed));
            List<String> words = List.of(caption.text().split(" "));
            List<Integer> expected = new ArrayList<>();
            if (words.get(0).equals("a")) {
                expected.add(at(1, 0));
            }
            if (words.get(2).equals("left")) {
                expected.add(at(1, 10 + SceneRelation.LEFT_OF.ordinal()));
            }
            if (words.get(4).equals("a")) {
                expected.add(at(5, 0));
            }
            if (words.get(2).equals("left")) {
                expected.add(at(5, 10 + SceneRelation.RIGHT_OF.ordinal()));
            }
            assertThat(ones(caption)).as(caption.text()).isEqualTo(expected);
            texts.add(caption.text());
        }
        assertThat(texts).hasSizeGreaterThan(20);
    }

    private static ScenePrompt prompt(String text) {
        return Stream.of(SceneTask.values())
                .flatMap(task -> ScenesWorld.prompts(task).stream())
                .filter(prompt -> prompt.text().equals(text))
                .findAny()
                .orElseThrow();
    }

    private static int at(int word, int label) {
        return word * 14 + label;
    }

    private static List<Integer> ones(ScenesWorld.Caption caption) {
        return IntStream.range(0, caption.labels().length)
                .filter(i -> caption.labels()[i] == 1)
                .boxed()
                .toList();
    }

    @Test
    void halfOfTheCaptionsAreTrainingPromptsAndTheOthersSayMoreButCombineNothingThatIsHeldOut() {
        List<String> training = texts(SceneSplit.TRAIN);
        Set<String> allPrompts = Stream.of(SceneTask.values())
                .flatMap(task -> ScenesWorld.prompts(task).stream())
                .map(ScenePrompt::text)
                .collect(Collectors.toSet());
        Set<String> heldOutPositions = ScenesWorld.prompts(SceneSplit.TEST, SceneTask.POSITION).stream()
                .filter(ScenesWorld::unseenCombination)
                .map(ScenePrompt::text)
                .collect(Collectors.toSet());
        Set<String> dense = new TreeSet<>();
        int prompts = 0;
        for (int i = 0; i < 4000; i++) {
            ScenePrompt caption = ScenesWorld.example(SceneDrawing.PLAIN, 7, i).prompt();
            if (training.contains(caption.text())) {
                prompts++;
                continue;
            }
            assertThat(allPrompts).doesNotContain(caption.text());
            assertThat(caption.text().split(" "))
                    .isSubsetOf(ScenesWorld.words())
                    .hasSizeLessThanOrEqualTo(9);
            List<SceneShape> shapes =
                    caption.include().stream().map(Wanted::shape).toList();
            assertThat(shapes).doesNotHaveDuplicates();
            assertThat(shapes.containsAll(List.of(SceneShape.CIRCLE, SceneShape.STAR)))
                    .isFalse();
            String uncoloured = Stream.of(caption.text().split(" "))
                    .filter(word -> Stream.of(SceneColor.values())
                            .noneMatch(color -> color.word().equals(word)))
                    .collect(Collectors.joining(" "));
            assertThat(heldOutPositions).doesNotContain(uncoloured);
            assertThat(uncoloured).doesNotContain("three circles", "four squares", "two triangles", "three stars");
            assertThat(caption.text()).doesNotContain("yellow circle", "green square", "purple triangle", "red star");
            dense.add(caption.text());
        }
        assertThat(prompts).isBetween(1850, 2150);
        assertThat(dense)
                .hasSizeGreaterThan(1000)
                .contains("a red circle left of a square", "a circle and a square and a triangle")
                .anyMatch(text -> text.matches("two [a-z]+ [a-z]+s and a [a-z]+ [a-z]+"));
    }

    /** Which of two places is whose is no guess. */
    @Test
    void objectsNamedInOrderStandFromLeftToRightWhereNoPlaceIsSaid() {
        double[] steps = {0, 0, 8, 2, 0};
        int several = 0;
        for (int i = 0; i < 2000; i++) {
            ScenesWorld.Example example = ScenesWorld.example(IN_ORDER, 7, i);
            ScenePrompt prompt = example.prompt();
            if (prompt.include().stream().anyMatch(wanted -> wanted.place().isPresent())) {
                continue;
            }
            List<SceneObject> objects = example.scene().objects();
            List<SceneShape> shapes = prompt.include().stream()
                    .flatMap(wanted -> Collections.nCopies(wanted.count(), wanted.shape()).stream())
                    .toList();
            assertThat(objects.stream().map(SceneObject::shape)).containsExactlyElementsOf(shapes);
            for (int j = 1; j < objects.size(); j++) {
                assertThat(objects.get(j).x() - objects.get(j - 1).x())
                        .as(prompt.text())
                        .isGreaterThanOrEqualTo(steps[objects.size()]);
            }
            several += prompt.include().size() > 1 ? 1 : 0;
        }
        assertThat(several).isGreaterThan(300);
    }

    @Test
    void theShareOfFadedPicturesHasNothingThatTheVerifierSees() {
        SceneDrawing drawing = new SceneDrawing(SceneDrawing.Layout.ANYWHERE, 0.4);
        int faded = 0;
        for (int i = 0; i < 1000; i++) {
            ScenesWorld.Example example = ScenesWorld.example(drawing, 9, i);
            List<SceneObject> objects = example.scene().objects();
            boolean dull = objects.get(0).shade() < 0.6;
            assertThat(objects).allMatch(object -> dull ? object.shade() <= 0.5 : object.shade() >= 0.85);
            assertThat(ScenesVerifier.judge(example.prompt(), example.scene().media())
                            .strict())
                    .as(example.prompt().text())
                    .isEqualTo(!dull);
            faded += dull ? 1 : 0;
        }
        assertThat(faded).isBetween(350, 450);
    }

    @Test
    void aShareOfFadedPicturesIsAShare() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new SceneDrawing(SceneDrawing.Layout.ANYWHERE, 1.5))
                .withMessage("faded (1.5) must be in [0, 1].");
    }

    @Test
    void objectsNamedInOrderObeyTheirPromptAsWell() {
        for (int i = 0; i < 1000; i++) {
            ScenesWorld.Example example = ScenesWorld.example(IN_ORDER, 8, i);
            assertThat(ScenesVerifier.judge(example.prompt(), example.scene().media())
                            .strict())
                    .as(example.prompt().text())
                    .isTrue();
        }
    }

    @Test
    void examplesAreReproducibleAndNeverShowHeldOutColours() {
        for (int i = 0; i < 300; i++) {
            ScenesWorld.Example example = ScenesWorld.example(SceneDrawing.PLAIN, 7, i);
            ScenesWorld.Example again = ScenesWorld.example(SceneDrawing.PLAIN, 7, i);
            assertThat(again.prompt()).isEqualTo(example.prompt());
            assertThat(again.scene()).isEqualTo(example.scene());
            assertThat(again.caption().text()).isEqualTo(example.caption().text());
            assertThat(again.caption().labels()).isEqualTo(example.caption().labels());
            assertThat(example.scene().objects())
                    .noneMatch(o -> o.shape() == SceneShape.CIRCLE && o.color() == SceneColor.YELLOW)
                    .noneMatch(o -> o.shape() == SceneShape.STAR && o.color() == SceneColor.RED);
        }
        ScenesWorld.Example first = ScenesWorld.example(SceneDrawing.PLAIN, 7, 0);
        assertThat(first.scene())
                .isNotEqualTo(ScenesWorld.example(SceneDrawing.PLAIN, 8, 0).scene());
        assertThat(first.scene())
                .isNotEqualTo(ScenesWorld.example(SceneDrawing.PLAIN, 7, 1).scene());
    }

    @Test
    void aRenderedSquareHasItsColourInsideAndTheBackgroundOutside() {
        Scene scene =
                new Scene(List.of(new SceneObject(SceneShape.SQUARE, SceneColor.RED, 16, 16, 5 / 0.88, 1)), 20, 20, 20);
        float[] pixels = scene.pixels();
        assertThat(pixels).hasSize(3 * 32 * 32);
        assertThat(pixels[16 * 32 + 16]).isEqualTo((float) (230 / 127.5 - 1));
        assertThat(pixels[11 * 32 + 11]).isEqualTo((float) (230 / 127.5 - 1));
        assertThat(pixels[10 * 32 + 11]).isEqualTo((float) (20 / 127.5 - 1));
        assertThat(scene.media().value(0, 16, 20, 0)).isEqualTo(230);
        assertThat(scene.media().value(0, 16, 20, 1)).isEqualTo(45);
        assertThat(scene.media().value(0, 16, 21, 2)).isEqualTo(20);
    }

    @Test
    void anEdgeThroughAPixelIsMixedByTheShareItCovers() {
        Scene scene = new Scene(
                List.of(new SceneObject(SceneShape.SQUARE, SceneColor.WHITE, 16.5, 16, 5 / 0.88, 1)), 42, 42, 42);
        assertThat(scene.media().value(0, 16, 11, 0)).isEqualTo(142); // half of 42 and 242
    }
}
