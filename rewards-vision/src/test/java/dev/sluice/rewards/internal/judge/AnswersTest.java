package dev.sluice.rewards.internal.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.rewards.JudgeServer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** What is read from answers, and what is not. */
class AnswersTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final LabelledNumbers QUALITY = new LabelledNumbers(List.of("visual quality:"), 1, 5);

    private static ChatAnswer parsed(String json) {
        return ChatAnswer.of(JSON.readTree(json));
    }

    private static ChatAnswer said(String text) {
        return parsed(JudgeServer.said(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "visual quality: 4",
                "Visual Quality: 4.",
                "**Visual quality:** 4",
                "- **Visual  quality**: `4`",
                "visual quality (1-5): 4",
                "visual quality: 4/5",
                "visual quality: 4 out of 5",
                "visual quality: 4.0\nthe rest",
                "visual quality: 2? No.\nvisual quality: 4",
                "visual quality: N\nvisual quality: \"4\"",
                "The scale is visual quality: 1-5. I say\nvisual quality: 4",
                "<think>visual quality: 1</think>visual quality: 4",
                "```\nvisual quality: 4\n```",
                "visual quality：4"
            })
    void theLastNumberAfterTheLabelIsTheScore(String text) {
        assertThat(QUALITY.read(said(text), -1)).containsExactly(0.75);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Thought process:",
                ":",
                "<html><body>502</body></html>",
                "visual quality: four",
                "visual quality: 四",
                "visual quality: 1-5",
                "visual quality: 1 to 5",
                "visual quality: 40%",
                "quality: 4",
                "<think>visual quality: 4",
                "I cannot judge this."
            })
    void whatHasNoScoreIsAFault(String text) {
        assertThatThrownBy(() -> QUALITY.read(said(text), -1))
                .isInstanceOf(AnswerFault.class)
                .hasMessageStartingWith("the judge's answer has no \"visual quality:\" with a number after it: ");
    }

    @ParameterizedTest
    @CsvSource({
        "visual quality: 10, (10)",
        "visual quality: 0, (0)",
        "visual quality: -3, (-3)",
        "visual quality: 5.5, (5.5)",
        "visual quality: 4/10, (4 of 10)",
        "visual quality: 3 out of 7, (3 of 7)"
    })
    void aScoreOffTheScaleIsAFault(String text, String shown) {
        assertThatThrownBy(() -> QUALITY.read(said(text), -1))
                .isInstanceOf(AnswerFault.class)
                .hasMessage("the judge's score for \"visual quality:\" %s is not in [1, 5]".formatted(shown));
    }

    @Test
    void otherWordingsHaveTheirLabels() {
        LabelledNumbers axes = new LabelledNumbers(List.of("Alignment Score (1-5):", "Style Score (1-5):"), 1, 5);
        assertThat(axes.read(said("Alignment Score (1-5): 3.5\nCoherence Score (1-5): 1\nStyle Score (1-5): 5"), -1))
                .containsExactly(0.625, 1);
        assertThat(new LabelledNumbers(List.of("<Score>"), 1, 5).read(said("good <Score>5</Score>"), -1))
                .containsExactly(1);
        assertThat(axes.reminder())
                .isEqualTo(
                        "Answer with the following and nothing else, each N being a number from 1 to 5:\nAlignment Score (1-5): N\nStyle Score (1-5): N");
    }

    @Test
    void theExpectedScoreWeighsAllNumbersOfTheToken() {
        Map<String, Double> digits = new LinkedHashMap<>();
        digits.put(" 4", 0.55);
        digits.put("1", 0.01);
        digits.put(" 2", 0.04);
        digits.put("3", 0.15);
        digits.put("5", 0.20);
        digits.put("excellent", 0.05);
        ChatAnswer answer = parsed(JudgeServer.spoken(List.of(
                Map.of("**vis", 1.0), Map.of("ual quality:", 1.0), Map.of("**", 1.0), digits, Map.of(" of 5", 1.0))));
        assertThat(QUALITY.expected(answer, -1)[0]).isCloseTo((3.936842 - 1) / 4, within(1e-6));
    }

    @Test
    void probabilitiesOfOtherThanNumbersAreAFault() {
        Map<String, Double> words = new LinkedHashMap<>();
        words.put("4", 0.1);
        words.put("four", 0.9);
        ChatAnswer answer = parsed(JudgeServer.spoken(List.of(Map.of("visual quality: ", 1.0), words)));
        assertThatThrownBy(() -> QUALITY.expected(answer, -1))
                .hasMessage("the probabilities after \"visual quality:\" are of no numbers but [four]");
    }

    @Test
    void yesIsSharedBetweenYesAndNo() {
        Map<String, Double> token = new LinkedHashMap<>();
        token.put("yes", 0.42);
        token.put("\u2581Yes.", 0.2);
        token.put("\u0120NO", 0.31);
        token.put("maybe", 0.07);
        assertThat(Probabilities.yes(parsed(JudgeServer.spoken(List.of(token)))))
                .isCloseTo(0.666667, within(1e-6));
    }

    @Test
    void afterReasonsTheLastYesOrNoCounts() {
        Map<String, Double> end = new LinkedHashMap<>();
        end.put("No", 0.75);
        end.put("Yes", 0.25);
        ChatAnswer answer = parsed(JudgeServer.spoken(List.of(
                Map.of("Yes", 1.0),
                Map.of(" and", 1.0),
                Map.of(" no:", 1.0),
                Map.of(" ", 1.0),
                end,
                Map.of(".", 1.0))));
        assertThat(Probabilities.yes(answer)).isCloseTo(0.25, within(1e-9));
    }

    @Test
    void aJudgeThatSpeaksOfSomethingElseIsAFault() {
        ChatAnswer answer = parsed(JudgeServer.spoken(List.of(Map.of("Perhaps", 1.0))));
        assertThatThrownBy(() -> Probabilities.yes(answer))
                .hasMessage("the judge's answer has no yes or no with a probability of 0.2 or more: Perhaps");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<think>1 is better?</think><answer>Image 1 is better</answer> | 1",
                "<answer>Image 2 is better</answer> | 0",
                "<answer>Video 2 is better</answer> | 0",
                "<answer> Tie </answer> | 0.5",
                "<answer>Both are equal</answer> | 0.5",
                "<answer>Image 1 is better</answer> no, <answer>Image 2 is better</answer> | 0"
            })
    void theLastVerdictCounts(String text, double first) {
        assertThat(PairVerdict.tag(said(text))).isEqualTo(first);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Image 1 is better",
                "<answer></answer>",
                "<answer>1 is better, 2 is better</answer>",
                "<answer>3"
            })
    void noVerdictIsAFault(String text) {
        assertThatThrownBy(() -> PairVerdict.tag(said(text)))
                .hasMessageStartingWith("the judge's answer has no <answer> that says");
    }

    @Test
    void numbersOfAPairAreAveragedOverAspects() {
        String text = "Alignment: **Image 1**: 0.7, **Image 2**: 0.3\nStyle:\nImage 1: 0.2\nImage 2: 0.8";
        assertThat(PairVerdict.numbers(said(text))).isCloseTo(0.45, within(1e-12));
        assertThatThrownBy(() -> PairVerdict.numbers(said("Image 1: 0.9, Image 2: 0.8")))
                .hasMessage("the judge's numbers 0.9 and 0.8 do not sum to 1");
        assertThatThrownBy(() -> PairVerdict.numbers(said("Image 1: 9, Image 2: 3")))
                .hasMessageStartingWith("the judge's answer has no Image 1: a, Image 2: b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"reasoning\": \"good\", \"score\": [20, 15]}",
                "```json\n{\"reasoning\": \"good\", \"score\": [20, 15.0],}\n```",
                "{reasoning: 'good', score: [20, 15]}",
                "{\"reasoning\": \"a \"fine\" one [1, 2]\", \"score\": [20, 15]}",
                "<think>{\"score\": [1, 1]}</think> {\"score\": [20, 15]}",
                "the scores are [ 20 , 15 ]"
            })
    void pairsOfNumbersAreReadFromJsonAlsoWhereItIsBroken(String text) {
        assertThat(NumberPair.of(said(text), 25)).isEqualTo(new NumberPair(20, 15));
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"score\": [20]}", "{\"score\": \"20, 15\"}", "20 and 15", ""})
    void whatIsNoPairIsAFault(String text) {
        assertThatThrownBy(() -> NumberPair.of(said(text), 25))
                .hasMessageStartingWith("the judge's answer has no \"score\": [a, b]: ");
        assertThatThrownBy(() -> NumberPair.of(said("{\"score\": [26, 15]}"), 25))
                .hasMessage("the judge's scores [26.0, 15.0] are not in [0, 25.0]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{\"choices\": []} | the judge's answer has no choices[0].message: {\"choices\":[]}",
                "{} | the judge's answer has no choices[0].message: {}",
                "{\"error\": {\"message\": \"no memory\"}} | the judge answers with an error: no memory",
                "{\"choices\": [{\"message\": {\"refusal\": \"not that\"}}]} | the judge refuses to answer: not that",
                "{\"choices\": [{\"message\": {\"content\": \"\"}, \"finish_reason\": \"content_filter\"}]} | the judge refuses to answer: content_filter"
            })
    void anAnswerWithoutWordsIsAFault(String json, String message) {
        assertThatThrownBy(() -> parsed(json)).isInstanceOf(AnswerFault.class).hasMessage(message);
    }

    @Test
    void anAnswerThatWasCutOffSaysSo() {
        ChatAnswer cut = parsed(
                "{\"choices\": [{\"message\": {\"content\": [{\"type\": \"text\", \"text\": \"I th\"}]}, \"finish_reason\": \"length\"}]}");
        assertThatThrownBy(() -> QUALITY.read(cut, -1))
                .hasMessage(
                        "the judge's answer has no \"visual quality:\" with a number after it: I th; it was cut off, maybe maxTokens should be higher");
    }
}
