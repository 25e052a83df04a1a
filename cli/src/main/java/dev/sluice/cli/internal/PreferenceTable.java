package dev.sluice.cli.internal;

import dev.sluice.rewards.Bootstrap;
import dev.sluice.rewards.PreferenceEvaluation;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How well rewards agree with judgments, a row for each; columns that nobody has a figure for are left out. */
public final class PreferenceTable {
    private static final List<String> COLUMNS = List.of(
            ">pairs",
            ">ties",
            ">accuracy",
            ">with ties",
            ">ECE",
            ">Brier",
            ">Kendall",
            ">Spearman",
            ">AUC",
            ">AUC, one generator");

    private final List<String> headings = new ArrayList<>();
    private final List<List<String>> rows = new ArrayList<>();

    /** Starts a table; the headings are those of what names a row. */
    public PreferenceTable(String... names) {
        headings.addAll(List.of(names));
    }

    /** Adds a row with one name. */
    public void add(String name, PreferenceEvaluation found) {
        add(List.of(name), found);
    }

    /** Adds a row; there is a name for each of the headings. */
    public void add(List<String> names, PreferenceEvaluation found) {
        boolean decided = found.pairs() > found.ties();
        List<String> row = new ArrayList<>(names);
        row.add(found.pairs() > 0 ? String.valueOf(found.pairs()) : "");
        row.add(found.ties() > 0 ? String.valueOf(found.ties()) : "");
        row.add(figure(found.accuracy()));
        row.add(figure(found.withTies()));
        row.add(decided ? number(found.calibration().error()) : "");
        row.add(decided ? number(found.calibration().brier()) : "");
        row.add(figure(found.kendall()));
        row.add(figure(found.spearman()));
        row.add(figure(found.area()));
        row.add(figure(found.generatorArea()));
        rows.add(row);
    }

    /** Returns a figure with its interval; empty if it is not defined. */
    public static String figure(Bootstrap.Figure figure) {
        return figure.known()
                ? String.format(Locale.ROOT, "%.3f [%.3f, %.3f]", figure.value(), figure.low(), figure.high())
                : "";
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.3f", value);
    }

    /** Returns headings and rows without empty columns; the headings of numbers begin with {@code >}. */
    public List<List<String>> cells() {
        List<String> all = new ArrayList<>(headings);
        all.addAll(COLUMNS);
        List<Integer> kept = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            int column = i;
            if (i < headings.size()
                    || rows.stream().anyMatch(row -> !row.get(column).isEmpty())) {
                kept.add(i);
            }
        }
        List<List<String>> cells = new ArrayList<>();
        cells.add(kept.stream().map(all::get).toList());
        rows.forEach(row -> cells.add(kept.stream().map(row::get).toList()));
        return cells;
    }

    /** Returns it as text. */
    public List<String> lines() {
        List<List<String>> cells = cells();
        Table table = new Table(cells.get(0).toArray(String[]::new));
        cells.subList(1, cells.size()).forEach(row -> table.add(row.toArray(String[]::new)));
        return table.lines();
    }
}
