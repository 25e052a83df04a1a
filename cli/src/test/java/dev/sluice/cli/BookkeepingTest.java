package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import dev.sluice.cli.internal.TrainingSession;
import dev.sluice.configs.RunConfig;
import dev.sluice.configs.RunFiles;
import dev.sluice.grpo.IterationReport;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What algorithms do beside sampling, scoring and the networks' passes is at most 3% of an iteration. The time of an iteration is what
 * the processor spent on it, shared out to the lanes, so that it is none the longer on a machine that does other things; what the
 * clock says of bookkeeping is, so that the share is never told too small. By hand: {@code mvn -pl cli -am test -Dtest=BookkeepingTest -Dgroups=bench -Dsluice.test.excluded=gpu -Dsurefire.failIfNoSpecifiedTests=false}.
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

    /** The first iteration compiles and encodes prompts; of two more the one counts in which others were least in the way. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("runFiles")
    void bookkeepingIsASmallShareOfAnIteration(Path file) throws IOException {
        OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        double least = Double.POSITIVE_INFINITY;
        try (TrainingSession session = TrainingSession.open(config(file))) {
            session.trainer().iterate();
            for (int i = 0; i < 2; i++) {
                long before = system.getProcessCpuTime();
                IterationReport report = session.trainer().iterate();
                double processor = (system.getProcessCpuTime() - before) * 1e-9;
                double bookkeeping = report.seconds().get("bookkeeping");
                double share = bookkeeping / (processor / session.lanes().count());
                least = Math.min(least, share);
                System.out.printf(
                        "%-32s processor %6.2f s  bookkeeping %6.1f ms  at most %.2f%%%n",
                        file.getFileName(), processor, 1000 * bookkeeping, 100 * share);
            }
        }
        assertThat(least).isLessThan(MOST);
    }
}
