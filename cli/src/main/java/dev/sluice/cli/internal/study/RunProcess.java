package dev.sluice.cli.internal.study;

import dev.sluice.configs.StudyConfig;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A training run in a process of its own: {@code sluice train}, with this JVM's options and class path.
 *
 * <p>Why a process: a failure of the tensor library ends the process it happens in, and memory that it has taken from the
 * system is given back at its end; so neither a crash nor the length of a study reaches the next run. The price is the
 * JVM's start, some two seconds a run.
 *
 * <p>The process ends when this one does, however that ends: it holds the other end of a pipe, and stops when the pipe closes.
 */
final class RunProcess implements AutoCloseable {
    /** The system property that tells a process to end when its standard input does. */
    static final String CHILD = "sluice.child";

    private static final String COMPLAINT = "sluice: ";

    private final Process process;
    private final Thread reader;
    private volatile String last = "";
    private volatile String complaint = "";

    private RunProcess(Process process, Path log) {
        this.process = process;
        this.reader = new Thread(() -> read(process.getInputStream(), log), "run-output");
        reader.setDaemon(true);
        reader.start();
    }

    /** Starts or resumes a run. */
    static RunProcess start(StudyConfig.Planned run, Path log, boolean resume) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> !option.startsWith("-agent") && !option.startsWith("-javaagent"))
                .forEach(command::add);
        command.add("-D" + CHILD + "=true");
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.sluice.cli.Main", "train"));
        command.add(run.file().toString());
        for (String setting : run.settings()) {
            command.add("--set");
            command.add(setting);
        }
        if (resume) {
            command.add("--resume");
        }
        return new RunProcess(
                new ProcessBuilder(command).redirectErrorStream(true).start(), log);
    }

    /**
     * Returns what tells the program of now from that of another build: the times of the files on its class path. A study
     * whose program is built again meanwhile would have runs of both.
     */
    static Map<Path, FileTime> program() throws IOException {
        Map<Path, FileTime> times = new LinkedHashMap<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Path path = Path.of(entry);
            if (Files.isRegularFile(path)) {
                times.put(path, Files.getLastModifiedTime(path));
            }
        }
        return times;
    }

    private void read(InputStream from, Path log) {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(from, StandardCharsets.UTF_8));
                PrintWriter copy = new PrintWriter(Files.newBufferedWriter(
                        log, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                copy.println(line);
                copy.flush();
                if (!line.isBlank()) {
                    last = line.strip();
                    complaint = line.startsWith(COMPLAINT) ? line.substring(COMPLAINT.length()) : complaint;
                }
            }
        } catch (IOException e) {
            last = "its output could not be kept: " + e.getMessage();
        }
    }

    /** Returns the newest line that it printed. */
    String last() {
        return last;
    }

    /** Returns what it complained of last, or else the newest line that it printed. */
    String complaint() {
        return complaint.isEmpty() ? last : complaint;
    }

    /** Waits for its end. Returns whether it has come. */
    boolean ended(long millis) throws InterruptedException {
        return process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    /** Returns the exit status of a process that has ended, when all that it printed is there. */
    int status() throws InterruptedException {
        reader.join(10_000);
        return process.exitValue();
    }

    /** Ends it if it has not ended; what it wrote stays whole, and it can be resumed. */
    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
