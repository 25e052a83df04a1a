package dev.sluice.cli;

import dev.sluice.flow.tensor.Require;
import dev.sluice.rewards.BatchScoring;
import dev.sluice.rewards.RewardSpec;
import dev.sluice.rewards.Scorer;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/** How rewards score, for every command that has some score pictures or videos. */
final class ScoringArguments {
    /** A part of the heap that pixels may fill while they wait; a batch that is scored fills as much again. */
    private static final int SHARE_OF_HEAP = 8;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "16",
            description = "Items that rewards are given at once (default: ${DEFAULT-VALUE}).")
    private int batch;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads of a reward's network, and threads that read files (default: one for each core).")
    private Integer threads;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "auto",
            description = "Where networks compute: auto, cpu, gpu or gpuN (default: ${DEFAULT-VALUE}).")
    private String device;

    /** Refuses what no command could do, before anything is opened. */
    void check() {
        Require.atLeast("--batch", batch, 1);
        if (threads != null) {
            Require.atLeast("--threads", threads, 1);
        }
    }

    /** Returns how many items rewards are given at once. */
    int batch() {
        return batch;
    }

    private int workers() {
        return threads == null ? Runtime.getRuntime().availableProcessors() : threads;
    }

    /**
     * Opens rewards; what a reward's own options say goes before what is said for all.
     *
     * @throws IllegalArgumentException if there is no such reward or option, or two are alike
     */
    Scorer open(List<RewardSpec> specs) {
        Map<String, Object> all = Map.of("threads", workers(), "device", device);
        return Scorer.open(specs.stream().map(one -> one.withDefaults(all)).toList(), Scorer.labels(specs));
    }

    /** Returns how files are read and scored. */
    BatchScoring batches() {
        return new BatchScoring(batch, workers(), Runtime.getRuntime().maxMemory() / SHARE_OF_HEAP);
    }
}
