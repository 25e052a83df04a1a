package dev.sluice.rewards.internal.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class TextMatchTest {
    @Test
    void theWholeTextIsComparedAsTheReferenceDoes() {
        assertThat(TextMatch.whole("HELLO WORLD", "Hello World")).isEqualTo(1);
        assertThat(TextMatch.whole("xx hello world yy", "Hello World")).isEqualTo(1);
        assertThat(TextMatch.whole("HELO WORLD", "Hello World")).isCloseTo(0.9, within(1e-12));
        assertThat(TextMatch.whole("", "Hello World")).isZero();
        assertThat(TextMatch.whole("abcdefghijklmnopqrstuvwxyz", "NASA")).isZero();
        assertThat(TextMatch.whole("NASA 2048", "NASA 2049")).isCloseTo(0.875, within(1e-12));
        assertThatThrownBy(() -> TextMatch.whole("a", " ")).hasMessage("the quoted text is empty");
    }

    @Test
    void theBestPartForgivesTextAround() {
        assertThat(TextMatch.part("some words, HELO WORLD and more", "Hello World"))
                .isCloseTo(0.9, within(1e-12));
        assertThat(TextMatch.whole("some words, HELO WORLD and more", "Hello World"))
                .isZero();
        assertThat(TextMatch.part("", "abc")).isZero();
        assertThat(TextMatch.part("axbxc", "abc")).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(TextMatch.part("\uFF21\u3000BC", "abc")).isEqualTo(1);
        assertThat(TextMatch.excess("abcabcabcabcabc", "abc")).isCloseTo((15 - 9) / 16.0, within(1e-12));
        assertThat(TextMatch.excess("abc", "abc")).isZero();
    }

    @Test
    void quotesMayBeStraightOrCurly() {
        assertThat(TextMatch.quoted("A sign that says \"OPEN 24\" and \u201cCome in\u201d"))
                .containsExactly("OPEN 24", "Come in");
        assertThat(TextMatch.quoted("a sign \" \"")).isEmpty();
        assertThat(TextMatch.quoted("no quotes at all, it's \" one")).isEmpty();
        assertThat(TextMatch.quoted("x".repeat(10_000))).isEqualTo(List.of());
    }
}
