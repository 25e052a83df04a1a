package dev.sluice.rewards;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/** How far those who compared agree with each other, which bounds what a reward can reach. */
public final class AnnotatorAgreement {
    private AnnotatorAgreement() {}

    /** A question that several may have answered: two items, the first with the lower number, and what it is about. */
    private record Question(int first, int second, String axis) {}

    /**
     * Returns Cohen's κ of a, b and tie, (seen − expected)/(1 − expected); of more than two annotators the mean over all two of them,
     * weighted by what both compared.
     *
     * @return nothing if no two annotators with names compared the same, or each always says the same
     */
    public static OptionalDouble kappa(PreferenceData data) {
        Map<Question, Map<String, Integer>> answers = new LinkedHashMap<>();
        for (PreferenceData.Pair pair : data.pairs()) {
            if (!pair.annotator().isEmpty()) {
                boolean turned = pair.a() > pair.b();
                Question question =
                        new Question(Math.min(pair.a(), pair.b()), Math.max(pair.a(), pair.b()), pair.axis());
                int answer = turned ? -pair.verdict().sign() : pair.verdict().sign();
                answers.computeIfAbsent(question, key -> new LinkedHashMap<>()).put(pair.annotator(), answer);
            }
        }
        Map<List<String>, int[][]> tables = new HashMap<>();
        for (Map<String, Integer> one : answers.values()) {
            List<String> names = new ArrayList<>(one.keySet());
            names.sort(null);
            for (int i = 0; i < names.size(); i++) {
                for (int j = i + 1; j < names.size(); j++) {
                    int[][] table = tables.computeIfAbsent(List.of(names.get(i), names.get(j)), key -> new int[3][3]);
                    table[one.get(names.get(i)) + 1][one.get(names.get(j)) + 1]++;
                }
            }
        }
        double sum = 0;
        double weight = 0;
        for (int[][] table : tables.values()) {
            double all = 0;
            double seen = 0;
            double[] rows = new double[3];
            double[] columns = new double[3];
            for (int i = 0; i < 3; i++) {
                for (int j = 0; j < 3; j++) {
                    all += table[i][j];
                    seen += i == j ? table[i][j] : 0;
                    rows[i] += table[i][j];
                    columns[j] += table[i][j];
                }
            }
            double expected = (rows[0] * columns[0] + rows[1] * columns[1] + rows[2] * columns[2]) / (all * all);
            if (expected < 1) {
                sum += all * (seen / all - expected) / (1 - expected);
                weight += all;
            }
        }
        return weight > 0 ? OptionalDouble.of(sum / weight) : OptionalDouble.empty();
    }
}
