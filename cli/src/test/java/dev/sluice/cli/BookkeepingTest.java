package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.cli.internal.TrainingSession;
import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import dev.sluice.grpo.IterationReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What algorithms do beside sampling, scoring and the networks' passes is at most 3% of an iteration. By hand, on a machine that does
 * nothing else: {@code mvn -pl cli -am test -Dtest=BookkeepingTest -Dgroups=bench -Dsurefire.failIfNoSpecifiedTests=false}.
 */
@Tag("bench")
class BookkeepingTest {
    private static final double MOST = 0.03;

    static List<Path> runFiles() throws IOException {
        return BundledRunFilesTest.trainingFiles();
    }

    /** A few of its groups, each a chunk; a critic's first iterations have no update, and are not what an iteration costs. */
    private static RunConfig config(Path file) {
        RunConfig plain = RunFiles.train(file, List.of());
        List<String> settings = new ArrayList<>(
                List.of("batch.prompts=2", "batch.chunkSize=" + plain.batch().groupSize()));
        if (plain.critic().isPresent()) {
            settings.add("critic.warmUp=0");
        }
        return RunFiles.train(file, settings);
    }

    /** The first iteration compiles and encodes prompts; the second is measured. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("runFiles")
    void bookkeepingIsASmallShareOfAnIteration(Path file) throws IOException {
        try (TrainingSession session = TrainingSession.open(config(file))) {
            session.trainer().iterate();
            IterationReport report = session.trainer().iterate();
            double share = report.seconds().get("bookkeeping") / report.totalSeconds();
            System.out.printf(
                    "%-32s iteration %6.2f s  bookkeeping %.2f%%%n",
                    file.getFileName(), report.totalSeconds(), 100 * share);
            assertThat(share).isLessThan(MOST);
        }
    }
}
