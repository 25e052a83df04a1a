package dev.sluice.cli.internal.report;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Text for pages. */
final class Html {
    private Html() {}

    /** Returns text that stands for itself, also within an attribute. */
    static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }

    /**
     * Puts a page together: the frame that all pages have, with this title and body.
     *
     * @param title text
     * @param body HTML
     */
    static String page(String title, CharSequence body) throws IOException {
        try (InputStream in = Html.class.getResourceAsStream("report.html")) {
            String frame = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            return frame.replace("{title}", escape(title)).replace("{body}", body);
        }
    }

    /** Adds a chart with its words, unless it is empty. */
    static void figure(StringBuilder body, String title, String caption, String chart) {
        if (!chart.isEmpty()) {
            body.append("<figure><h2>%s</h2>%s<figcaption>%s</figcaption></figure>".formatted(title, chart, caption));
        }
    }

    /** Returns a table; the cells are HTML. */
    static String table(List<String> head, List<List<String>> rows) {
        StringBuilder html = new StringBuilder("<table><thead><tr>");
        head.forEach(cell -> html.append("<th>").append(cell).append("</th>"));
        html.append("</tr></thead><tbody>");
        for (List<String> row : rows) {
            html.append("<tr>");
            row.forEach(cell -> html.append("<td>").append(cell).append("</td>"));
            html.append("</tr>");
        }
        return html.append("</tbody></table>").toString();
    }
}
