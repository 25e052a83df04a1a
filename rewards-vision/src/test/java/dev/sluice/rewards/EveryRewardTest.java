package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the rewards that there are to the tests that they must have. */
class EveryRewardTest {
    private static final Path TESTS = Path.of("src/test/java/dev/sluice/rewards");

    /** A test of the contract names its reward in its own line. */
    @Test
    void everyRewardHasATestOfItsContract() throws IOException {
        List<Path> files;
        try (Stream<Path> entries = Files.list(TESTS)) {
            files = entries.filter(file -> file.getFileName().toString().endsWith("Test.java"))
                    .toList();
        }
        String tests = files.stream()
                .map(EveryRewardTest::text)
                .filter(text -> text.contains("RewardContract"))
                .collect(Collectors.joining());
        assertThat(RewardProvider.known().keySet())
                .hasSizeGreaterThan(30)
                .allSatisfy(name -> assertThat(tests).contains("return \"%s\";".formatted(name)));
    }

    @Test
    void everyRewardSaysWhatItScoresAndBetweenWhatBounds() {
        assertThat(RewardProvider.known().values()).allSatisfy(provider -> {
            assertThat(provider.facts()).as(provider.name()).isNotEqualTo(RewardFacts.UNKNOWN);
            assertThat(provider.card().scores()).as(provider.name()).isNotBlank();
        });
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
