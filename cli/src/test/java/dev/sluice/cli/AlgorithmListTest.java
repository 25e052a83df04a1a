package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.Algorithms;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AlgorithmListTest {
    private static List<Algorithms.Algorithm> all() throws IOException {
        return Algorithms.read(DocumentationTest.HOME.resolve("configs"));
    }

    @Test
    void everyRunFileOfTheWorldSaysWhoseAlgorithmItIs() throws IOException {
        assertThat(all()).hasSizeGreaterThanOrEqualTo(9);
        assertThat(all().stream().map(each -> each.paper().algorithm()))
                .as("a run file that names no paper has its base's")
                .doesNotHaveDuplicates()
                .contains("Flow-GRPO", "DanceGRPO", "TP-GRPO", "VGPO", "G²RPO");
        assertThat(all().stream().map(each -> each.config().name())).allMatch(name -> name.startsWith("scenes-"));
    }

    /** What tells two algorithms apart must be among what is shown of them. */
    @Test
    void noTwoAlgorithmsMakeTheSameChoices() throws IOException {
        Map<Map<String, String>, String> seen = new HashMap<>();
        for (Algorithms.Algorithm each : all()) {
            String other = seen.put(each.axes(), each.paper().algorithm());
            assertThat(other).as(each.paper().algorithm()).isNull();
        }
    }

    @Test
    void theListShowsPapersRunFilesAndAxes() {
        CommandLineRun list = CommandLineRun.of("train", "--list").succeeded();
        assertThat(list.out())
                .startsWith("algorithm")
                .containsPattern("Flow-GRPO +2025 +arXiv:2505.05470 +configs/scenes-flow-grpo.yaml")
                .containsPattern("TP-GRPO +2026 +arXiv:2602.06422 +configs/scenes-tp-grpo.yaml")
                .contains("exploration  rule flow-sde, noise 0.7, window {size 3, from 0, to 5}")
                .contains("sliding {size 3, from 0, to 6, stride 1, every 25}, tail {ratio 0.6}")
                .contains("credit       kind turning-point")
                .contains("objective    ")
                .contains("selection    dropZero true");
    }
}
