package dev.sluice.flow.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.flow.ProcessMemory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** By how much some work raises the resident memory of a Linux process of its own at most. */
final class PeakOfAProcess {
    /**
     * Tells the allocator to hand every large array back to the operating system at once: resident memory is what live arrays
     * take and no more, the same in every run to some percent.
     */
    static final Map<String, String> EXACT =
            Map.of("MALLOC_ARENA_MAX", "1", "MALLOC_MMAP_THRESHOLD_", "16384", "MALLOC_TRIM_THRESHOLD_", "0");

    private PeakOfAProcess() {}

    /** Returns the bytes that the main method of a class prints, run with some words and settings of the allocator. */
    static long growth(Class<?> measured, Map<String, String> allocator, List<String> words)
            throws IOException, InterruptedException {
        return numbers(measured, allocator, words).get(0);
    }

    /** Returns all numbers, one a line, that the main method of a class prints. */
    static List<Long> numbers(Class<?> measured, Map<String, String> allocator, List<String> words)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                // The optimising compiler takes megabytes for itself, at moments of its own.
                "-XX:TieredStopAtLevel=1",
                "-XX:+AlwaysPreTouch",
                "-Xms64m",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                measured.getName()));
        command.addAll(words);
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(allocator);
        Process process = builder.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said.lines().map(Long::parseLong).toList();
    }

    /** Prints by how many bytes work raises the peak of this process above what it holds now. */
    static void print(Runnable work) throws IOException {
        long before = ProcessMemory.residentBytes();
        Files.writeString(Path.of("/proc/self/clear_refs"), "5"); // from here on the peak begins at what is resident
        work.run();
        System.out.println(ProcessMemory.peakBytes() - before);
    }
}
