package dev.sluice.cli.internal;

import java.util.ArrayList;
import java.util.List;

/** A table in plain text, its columns as wide as their longest cell. */
public final class Table {
    private static final String GAP = "  ";

    private final List<List<String>> rows = new ArrayList<>();
    private final List<Boolean> right = new ArrayList<>();

    /** Starts a table; a heading that begins with {@code >} names a column of numbers, which are set to the right. */
    public Table(String... headings) {
        List<String> first = new ArrayList<>();
        for (String heading : headings) {
            right.add(heading.startsWith(">"));
            first.add(heading.startsWith(">") ? heading.substring(1) : heading);
        }
        rows.add(first);
    }

    /** Adds a row; cells that are missing at its end are empty. */
    public void add(String... cells) {
        rows.add(List.of(cells));
    }

    /** Returns the lines, the headings first, without blanks at their ends. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        for (List<String> row : rows) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < row.size(); column++) {
                String cell = row.get(column);
                String blanks = " ".repeat(width(column) - cell.length());
                line.append(column == 0 ? "" : GAP).append(right.get(column) ? blanks + cell : cell + blanks);
            }
            lines.add(line.toString().stripTrailing());
        }
        return lines;
    }

    private int width(int column) {
        return rows.stream()
                .filter(row -> column < row.size())
                .mapToInt(row -> row.get(column).length())
                .max()
                .orElse(0);
    }
}
