package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;

/** The command line in a process of its own, which is killed (SIGKILL) some time after it has made progress. */
final class KilledProcess {
    private static final long PATIENCE_SECONDS = 120;

    private KilledProcess() {}

    /**
     * Starts a command and kills it.
     *
     * @param jvm options of the process's JVM
     * @param words of the command line
     * @param lines a file that the command adds a line to whenever it has got further
     * @param most the longest time in milliseconds from there to the kill
     * @param log what the process prints
     * @return the moment of the kill
     */
    static String run(List<String> jvm, List<String> words, Path lines, int most, SplittableRandom random, Path log)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dai.djl.offline=true",
                "-DOPT_OUT_TRACKING=true",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(jvm);
        command.add("dev.sluice.cli.Main");
        command.addAll(words);
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            long before = count(lines);
            long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
            while (process.isAlive() && count(lines) <= before && System.nanoTime() < deadline) {
                Thread.sleep(2);
            }
            assertThat(count(lines)).as(Files.readString(log)).isGreaterThan(before);
            long pause = random.nextLong(most);
            Thread.sleep(pause);
            assertThat(process.isAlive())
                    .as("the process must still run to be killed; it had %s lines", count(lines))
                    .isTrue();
            return "at line %s + %s ms".formatted(count(lines), pause);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static long count(Path lines) throws IOException {
        return Files.exists(lines)
                ? Files.readString(lines).chars().filter(c -> c == '\n').count()
                : 0;
    }
}
