package dev.sluice.cli.internal.report;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleUnaryOperator;

/** Draws curves as SVG that takes its colours from the page. */
final class Chart {
    private static final int WIDTH = 640;
    private static final int HEIGHT = 260;
    private static final int LEFT = 58;
    private static final int RIGHT = 14;
    private static final int TOP = 12;
    private static final int BOTTOM = 34;

    /**
     * A curve.
     *
     * @param name for the legend
     * @param points in the order they are joined in
     * @param style the CSS classes that draw it: c0 … c7 for its colour, faint, dashed, and band for intervals that are
     *     drawn as an area instead of bars
     */
    record Series(String name, List<Point> points, String style) {
        /** Returns the classes of the curve by its place among many: eight colours, then the same dashed. */
        static String style(int index) {
            return "c" + index % 8 + (index / 8 % 2 == 1 ? " dashed" : "");
        }

        boolean band() {
            return style.endsWith(" band");
        }
    }

    /** The words along the horizontal axis of a run's own charts. */
    static final String STEP = "step";

    /**
     * A point, with an interval if {@code low} and {@code high} differ.
     *
     * @param x such as the step
     * @param y value
     * @param low lower end of the interval
     * @param high upper end of the interval
     */
    record Point(double x, double y, double low, double high) {
        Point(double x, double y) {
            this(x, y, y, y);
        }
    }

    private Chart() {}

    /** Draws curves over the steps; points with an interval are drawn as dots with bars, or within a band. */
    static String lines(String label, List<Series> series) {
        return lines(label, STEP, series);
    }

    /** Draws curves over what {@code x} names. */
    static String lines(String label, String x, List<Series> series) {
        Scales scales =
                Scales.of(series.stream().flatMap(s -> s.points().stream()).toList(), false);
        StringBuilder svg = frame(label, x, scales);
        series.stream().filter(Series::band).forEach(one -> band(svg, one, scales));
        for (Series one : series) {
            StringBuilder path = new StringBuilder();
            for (Point point : one.points()) {
                path.append(path.isEmpty() ? 'M' : 'L').append(at(scales.x(point.x()), scales.y(point.y())));
            }
            svg.append("<path class='line %s' d='%s'/>".formatted(one.style(), path));
            if (!one.band()) {
                bars(svg, one, scales);
            }
        }
        return finish(svg, series);
    }

    private static void band(StringBuilder svg, Series series, Scales scales) {
        StringBuilder path = new StringBuilder();
        for (Point point : series.points()) {
            path.append(path.isEmpty() ? 'M' : 'L').append(at(scales.x(point.x()), scales.y(point.high())));
        }
        for (int i = series.points().size() - 1; i >= 0; i--) {
            Point point = series.points().get(i);
            path.append('L').append(at(scales.x(point.x()), scales.y(point.low())));
        }
        svg.append("<path class='area %s' d='%sZ'/>".formatted(series.style(), path));
    }

    private static void bars(StringBuilder svg, Series series, Scales scales) {
        for (Point point : series.points()) {
            if (point.low() < point.high()) {
                svg.append("<path class='line %s' d='M%sL%s'/><circle class='dot %s' cx='%s' cy='%s' r='3.5'/>"
                        .formatted(
                                series.style(),
                                at(scales.x(point.x()), scales.y(point.low())),
                                at(scales.x(point.x()), scales.y(point.high())),
                                series.style(),
                                number(scales.x(point.x())),
                                number(scales.y(point.y()))));
            }
        }
    }

    /** Draws areas on top of each other; all series have points at the same x. */
    static String stack(String label, List<Series> series) {
        int count = series.isEmpty() ? 0 : series.get(0).points().size();
        double[][] tops = new double[series.size() + 1][count];
        for (int s = 0; s < series.size(); s++) {
            for (int i = 0; i < count; i++) {
                tops[s + 1][i] = tops[s][i] + series.get(s).points().get(i).y();
            }
        }
        List<Point> extremes = new java.util.ArrayList<>();
        for (int i = 0; i < count; i++) {
            double x = series.get(0).points().get(i).x();
            extremes.add(new Point(x, 0));
            extremes.add(new Point(x, tops[series.size()][i]));
        }
        Scales scales = Scales.of(extremes, true);
        StringBuilder svg = frame(label, STEP, scales);
        for (int s = 0; s < series.size(); s++) {
            StringBuilder path = new StringBuilder();
            for (int i = 0; i < count; i++) {
                double x = scales.x(series.get(s).points().get(i).x());
                path.append(i == 0 ? 'M' : 'L').append(at(x, scales.y(tops[s + 1][i])));
            }
            for (int i = count - 1; i >= 0; i--) {
                path.append('L')
                        .append(at(scales.x(series.get(s).points().get(i).x()), scales.y(tops[s][i])));
            }
            svg.append("<path class='area %s' d='%sZ'/>".formatted(series.get(s).style(), path));
        }
        return finish(svg, series);
    }

    private static StringBuilder frame(String label, String x, Scales scales) {
        StringBuilder svg = new StringBuilder(
                "<svg viewBox='0 0 %s %s' role='img' aria-label='%s'>".formatted(WIDTH, HEIGHT, Html.escape(label)));
        for (double tick : scales.yTicks()) {
            String y = number(scales.y(tick));
            svg.append("<path class='grid' d='M%s %sH%s'/>".formatted(LEFT, y, WIDTH - RIGHT));
            svg.append("<text class='tick' x='%s' y='%s' text-anchor='end' dy='.32em'>%s</text>"
                    .formatted(LEFT - 7, y, tick(tick)));
        }
        for (double tick : scales.xTicks()) {
            svg.append("<text class='tick' x='%s' y='%s' text-anchor='middle'>%s</text>"
                    .formatted(number(scales.x(tick)), HEIGHT - BOTTOM + 18, tick(tick)));
        }
        svg.append("<text class='tick' x='%s' y='%s' text-anchor='end'>%s</text>"
                .formatted(WIDTH - RIGHT, HEIGHT - 3, Html.escape(x)));
        return svg;
    }

    private static String finish(StringBuilder svg, List<Series> series) {
        StringBuilder legend = new StringBuilder();
        for (Series one : series) {
            if (!one.name().isEmpty()) {
                legend.append("<span class='key'><i class='%s'></i>%s</span>"
                        .formatted(one.style().replace(" band", ""), Html.escape(one.name())));
            }
        }
        return "<div class='legend'>%s</div>%s</svg>".formatted(legend, svg);
    }

    private static String at(double x, double y) {
        return number(x) + " " + number(y);
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, "%.1f", value);
    }

    static String tick(double value) {
        double magnitude = Math.abs(value);
        if (magnitude != 0 && (magnitude < 1e-3 || magnitude >= 1e6)) {
            return String.format(Locale.ROOT, "%.1e", value).replace(".0e", "e");
        }
        String text = String.format(Locale.ROOT, "%.4f", value);
        return text.replaceAll("\\.?0+$", "").replaceAll("^-0$", "0");
    }

    private record Scales(double minX, double maxX, double minY, double maxY) {
        static Scales of(List<Point> points, boolean fromZero) {
            double minX = points.stream().mapToDouble(Point::x).min().orElse(0);
            double maxX = points.stream().mapToDouble(Point::x).max().orElse(1);
            double minY =
                    fromZero ? 0 : points.stream().mapToDouble(Point::low).min().orElse(0);
            double maxY = points.stream().mapToDouble(Point::high).max().orElse(1);
            double margin = maxY > minY ? 0.05 * (maxY - minY) : Math.max(1e-6, Math.abs(maxY) * 0.1);
            return new Scales(minX, maxX > minX ? maxX : minX + 1, fromZero ? 0 : minY - margin, maxY + margin);
        }

        double x(double value) {
            return LEFT + (WIDTH - LEFT - RIGHT) * (value - minX) / (maxX - minX);
        }

        double y(double value) {
            return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - minY) / (maxY - minY);
        }

        double[] yTicks() {
            return ticks(minY, maxY, 5, step -> step);
        }

        double[] xTicks() {
            // Steps are whole; what spans less than one is not counted in steps.
            return ticks(minX, maxX, 7, step -> maxX - minX < 1 ? step : Math.max(1, step));
        }

        private static double[] ticks(double min, double max, int about, DoubleUnaryOperator least) {
            double raw = (max - min) / about;
            double power = Math.pow(10, Math.floor(Math.log10(raw)));
            double factor = raw / power;
            double step = least.applyAsDouble(power * (factor < 1.5 ? 1 : factor < 3.5 ? 2 : factor < 7.5 ? 5 : 10));
            int first = (int) Math.ceil(min / step - 1e-9);
            int last = (int) Math.floor(max / step + 1e-9);
            double[] ticks = new double[Math.max(0, last - first + 1)];
            for (int i = 0; i < ticks.length; i++) {
                ticks[i] = (first + i) * step;
            }
            return ticks;
        }
    }
}
