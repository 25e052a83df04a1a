package dev.sluice.cli.internal.serve;

import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.IntSupplier;

/** Counts requests, in Prometheus' text format (version 0.0.4). */
final class ServeMetrics {
    private static final double[] BOUNDS = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};

    private final Map<Integer, LongAdder> requests = new ConcurrentSkipListMap<>();
    private final LongAdder[] buckets = new LongAdder[BOUNDS.length + 1];
    private final LongAdder nanos = new LongAdder();
    private final LongAdder samples = new LongAdder();
    private final LongAdder faults = new LongAdder();

    ServeMetrics() {
        for (int i = 0; i < buckets.length; i++) {
            buckets[i] = new LongAdder();
        }
    }

    /** Takes notice of an answer; how long it took counts only where something was scored. */
    void answered(int status, boolean scored, long time) {
        requests.computeIfAbsent(status, key -> new LongAdder()).increment();
        if (scored) {
            int bucket = 0;
            while (bucket < BOUNDS.length && time > BOUNDS[bucket] * 1e9) {
                bucket++;
            }
            buckets[bucket].increment();
            nanos.add(time);
        }
    }

    void scored(boolean whole) {
        samples.increment();
        if (!whole) {
            faults.increment();
        }
    }

    String text(IntSupplier inProgress) {
        StringBuilder text = new StringBuilder();
        head(text, "sluice_requests_total", "counter", "Requests by the status of their answer.");
        requests.forEach((status, count) ->
                text.append("sluice_requests_total{status=\"%s\"} %s\n".formatted(status, count.sum())));
        head(text, "sluice_samples_total", "counter", "Samples that rewards were given.");
        text.append("sluice_samples_total %s\n".formatted(samples.sum()));
        head(text, "sluice_sample_faults_total", "counter", "Samples that lack a score.");
        text.append("sluice_sample_faults_total %s\n".formatted(faults.sum()));
        head(text, "sluice_requests_in_progress", "gauge", "Requests that are worked on or wait.");
        text.append("sluice_requests_in_progress %s\n".formatted(inProgress.getAsInt()));
        Runtime runtime = Runtime.getRuntime();
        head(text, "sluice_heap_bytes", "gauge", "Bytes of the heap in use.");
        text.append("sluice_heap_bytes %s\n".formatted(runtime.totalMemory() - runtime.freeMemory()));
        head(text, "sluice_scoring_seconds", "histogram", "Time of requests that were scored.");
        long sum = 0;
        for (int i = 0; i < buckets.length; i++) {
            sum += buckets[i].sum();
            String bound = i == BOUNDS.length ? "+Inf" : String.format(Locale.ROOT, "%s", BOUNDS[i]);
            text.append("sluice_scoring_seconds_bucket{le=\"%s\"} %s\n".formatted(bound, sum));
        }
        text.append(String.format(Locale.ROOT, "sluice_scoring_seconds_sum %.6f\n", nanos.sum() / 1e9));
        return text.append("sluice_scoring_seconds_count %s\n".formatted(sum)).toString();
    }

    private static void head(StringBuilder text, String name, String type, String help) {
        text.append("# HELP %s %s\n# TYPE %s %s\n".formatted(name, help, name, type));
    }
}
