package dev.sluice.cli.internal.compare;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The numbers behind a comparison, a row for each test of each run, as comma-separated values (RFC 4180). */
public final class ComparisonCsv {
    private static final Map<String, ToDoubleFunction<RunHistory.Test>> COLUMNS = columns();

    private ComparisonCsv() {}

    private static Map<String, ToDoubleFunction<RunHistory.Test>> columns() {
        Map<String, ToDoubleFunction<RunHistory.Test>> columns = new LinkedHashMap<>();
        for (Axis axis : Axis.values()) {
            columns.put(axis.word(), test -> axis.of(test.cost()));
        }
        columns.put("score", RunHistory.Test::score);
        columns.put("low", RunHistory.Test::low);
        columns.put("high", RunHistory.Test::high);
        columns.put("unseen", RunHistory.Test::unseen);
        columns.put("diversity", RunHistory.Test::diversity);
        return columns;
    }

    /** Returns the text; what was not measured is empty. Reward, KL and clipping are those of the iteration before the test. */
    public static String of(Comparison comparison) {
        StringBuilder csv = new StringBuilder("group,run,seed,");
        csv.append(String.join(",", COLUMNS.keySet())).append(",reward,kl,approximate_kl,clipped");
        List<String> judges = comparison.judges();
        judges.forEach(judge -> csv.append(',').append(quoted("part." + judge)));
        csv.append("\r\n");
        for (RunGroup group : comparison.groups()) {
            for (RunHistory run : group.runs()) {
                for (RunHistory.Test test : run.tests()) {
                    csv.append(quoted(group.name())).append(',').append(quoted(run.name()));
                    csv.append(',').append(quoted(run.seed()));
                    COLUMNS.values().forEach(column -> cell(csv, column.applyAsDouble(test)));
                    iteration(csv, run.iterations(), (int) test.cost().iterations());
                    judges.forEach(judge -> cell(csv, test.part(judge)));
                    csv.append("\r\n");
                }
            }
        }
        return csv.toString();
    }

    private static void iteration(StringBuilder csv, List<RunHistory.Iteration> iterations, int done) {
        if (done == 0) {
            csv.append(",,,,");
            return;
        }
        RunHistory.Iteration last = iterations.get(done - 1);
        cell(csv, last.reward());
        cell(csv, last.kl());
        cell(csv, last.approximateKl());
        cell(csv, last.clipped());
    }

    private static void cell(StringBuilder csv, double value) {
        csv.append(',');
        if (!Double.isFinite(value)) {
            return;
        }
        csv.append(value == Math.rint(value) && Math.abs(value) < 1e15 ? String.valueOf((long) value) : "" + value);
    }

    private static String quoted(String text) {
        return text.matches("[^,\"\r\n]*") ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}
