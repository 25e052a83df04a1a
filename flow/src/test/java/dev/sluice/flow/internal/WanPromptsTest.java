package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WanPromptsTest {
    /** Diffusers' {@code prompt_clean}: {@code html.unescape} twice, then one blank for many. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            ignoreLeadingAndTrailingWhitespace = false,
            value = {
                "  a \t cat\u00a0 on\u2003a\u3000mat |a cat on a mat",
                "cats &amp; dogs|cats & dogs",
                "&amp;lt;b&amp;gt;|<b>",
                "&quot;it&#39;s&apos;|\"it's'",
                "&amp;amp;amp;|&amp;",
                "a < b & c|a < b & c"
            })
    void blanksAreJoinedAndEntitiesReadTwice(String prompt, String cleaned) {
        assertThat(WanPrompts.cleaned(prompt)).isEqualTo(cleaned);
    }
}
