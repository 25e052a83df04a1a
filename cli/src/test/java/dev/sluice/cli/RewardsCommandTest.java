package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

class RewardsCommandTest {
    private static List<RewardProvider> own() {
        return RewardProvider.known().values().stream()
                .filter(provider -> provider.getClass().getPackageName().startsWith("dev.sluice.rewards"))
                .toList();
    }

    @Test
    void everyRewardIsListedWithItsFacts() {
        String out = CommandLineRun.of("rewards").succeeded().out();
        for (RewardProvider provider : own()) {
            assertThat(out.lines()).anyMatch(line -> line.startsWith(provider.name() + " "));
            assertThat(out).contains(provider.card().scores());
        }
        assertThat(CommandLineRun.of("rewards", "--names").succeeded().out().lines())
                .containsExactlyElementsOf(RewardProvider.known().keySet());
    }

    @Test
    void oneRewardHasItsRangeItsOptionsAndItsSource() {
        assertThat(CommandLineRun.of("rewards", "temporal-flicker")
                        .succeeded()
                        .out()
                        .lines())
                .containsExactly(
                        "reward            range   of      needs",
                        "",
                        "temporal-flicker  0 to 1  videos  3 frames",
                        "  scores  how steady the brightness is, where nothing moves (local), on the whole (global) or everywhere"
                                + " (still: motion costs)",
                        "  option  form: local, global, still",
                        "  source  VBench (2023), arXiv:2311.17982, without its networks");
        CommandLineRun.of("rewards", "artifact").refused("The reward (artifact) is unknown; the class path has ");
    }

    @Test
    void everyRewardOfOurOwnSaysWhatItIsAndStandsInTheDocument() throws IOException {
        String document = Files.readString(DocumentationTest.HOME.resolve("docs/rewards.md"));
        assertThat(own()).hasSizeGreaterThan(10).allSatisfy(provider -> {
            assertThat(provider.facts()).isNotEqualTo(RewardFacts.UNKNOWN);
            assertThat(provider.card()).isNotEqualTo(RewardCard.NONE);
            assertThat(document).contains("`" + provider.name() + "`");
        });
    }
}
