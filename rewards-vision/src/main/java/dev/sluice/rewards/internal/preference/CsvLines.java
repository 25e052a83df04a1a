package dev.sluice.rewards.internal.preference;

import java.io.BufferedReader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads comma-separated values as RFC 4180 has them: a value in quotes may hold commas, line ends and doubled quotes. */
final class CsvLines {
    private final BufferedReader in;
    private int line;
    private int started;

    CsvLines(BufferedReader in) {
        this.in = in;
    }

    /** Returns the number of the line that the last record began on. */
    int number() {
        return started;
    }

    /**
     * Returns the values of the next record that is not empty.
     *
     * @throws IOException if a quote is not closed
     */
    Optional<List<String>> next() throws IOException {
        String text = in.readLine();
        line++;
        while (text != null && text.isBlank()) {
            text = in.readLine();
            line++;
        }
        if (text == null) {
            return Optional.empty();
        }
        started = line;
        List<String> values = new ArrayList<>();
        StringBuilder value = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; ; i++) {
            if (i == text.length()) {
                if (!quoted) {
                    values.add(value.toString());
                    return Optional.of(values);
                }
                text = in.readLine();
                line++;
                if (text == null) {
                    throw new IOException("a quote is not closed");
                }
                value.append('\n');
                i = -1;
                continue;
            }
            char c = text.charAt(i);
            if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
                value.append('"');
                i++;
            } else if (c == '"' && (quoted || value.isEmpty())) {
                quoted = !quoted;
            } else if (c == ',' && !quoted) {
                values.add(value.toString());
                value.setLength(0);
            } else {
                value.append(c);
            }
        }
    }
}
