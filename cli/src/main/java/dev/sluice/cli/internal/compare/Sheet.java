package dev.sluice.cli.internal.compare;

import dev.sluice.cli.internal.Table;
import java.util.ArrayList;
import java.util.List;

/**
 * A table with its title.
 *
 * @param title what it shows
 * @param headings of the columns; {@code >} in front sets a column to the right
 * @param rows as many cells as there are headings
 * @param note how to read it; may be empty
 */
public record Sheet(String title, List<String> headings, List<List<String>> rows, String note) {
    /** Returns the sheet in plain text. */
    public List<String> lines() {
        Table table = new Table(headings.toArray(String[]::new));
        rows.forEach(row -> table.add(row.toArray(String[]::new)));
        List<String> lines = new ArrayList<>(List.of(title, ""));
        table.lines().forEach(line -> lines.add("  " + line));
        if (!note.isEmpty()) {
            lines.add("");
            lines.add("  " + note);
        }
        return lines;
    }

    /** Returns the columns' names. */
    public List<String> names() {
        return headings.stream()
                .map(name -> name.startsWith(">") ? name.substring(1) : name)
                .toList();
    }
}
