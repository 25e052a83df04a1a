package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.grpo.GroupStatistics;
import dev.sluice.grpo.IterationReport;
import dev.sluice.grpo.Measures;
import dev.sluice.grpo.StepRatios;
import dev.sluice.grpo.UpdateReport;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Holds docs/metrics.md to the numbers that an iteration reports. */
class MetricsDocumentTest {
    @Test
    void everyMetricIsExplained() throws IOException {
        String document = Files.readString(DocumentationTest.HOME.resolve("docs/metrics.md"));
        assertThat(full().metrics().keySet())
                .hasSizeGreaterThan(25)
                .allSatisfy(name -> assertThat(document).contains("`" + name + "`"));
    }

    private static IterationReport full() {
        List<StepRatios> ratios = List.of(new StepRatios(0, 1, 0, 0));
        Map<String, Double> measures = Measures.names().stream().collect(Collectors.toMap(name -> name, name -> 1.0));
        return new IterationReport(
                0,
                8,
                new GroupStatistics(1, 1, 1, 0, 4, 0),
                Map.of("TASK", 1.0),
                Map.of("NAME", 1.0),
                1,
                0,
                List.of(0),
                List.of(new UpdateReport(true, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1e-3, 1, ratios, ratios, measures)),
                0,
                new IterationReport.Skipped(0, 0, 0, 0, 0, ""),
                Map.of("noise.step.0", 0.3, "critic.error", 1.0, "critic.explained", 0.1),
                Map.of(
                        "rollout",
                        1.0,
                        "decode",
                        1.0,
                        "score",
                        1.0,
                        "wait",
                        1.0,
                        "update",
                        1.0,
                        "critic",
                        1.0,
                        "bookkeeping",
                        1.0),
                5,
                1);
    }
}
