package dev.sluice.configs;

import dev.sluice.configs.internal.Within;
import java.util.Optional;

/**
 * Whose algorithm a run file is; it changes nothing of the run.
 *
 * @param algorithm what it is called
 * @param year of the paper
 * @param arxiv where it stands, like {@code arXiv:2505.05470}
 */
public record PaperChoice(
        String algorithm, @Within(least = 1900, most = 2100) int year, Optional<String> arxiv) {
    public PaperChoice {
        arxiv.ifPresent(number -> {
            if (!number.matches("arXiv:\\d{4}\\.\\d{4,5}")) {
                throw new IllegalArgumentException(
                        "arxiv (%s) must be a number like arXiv:2505.05470.".formatted(number));
            }
        });
    }
}
