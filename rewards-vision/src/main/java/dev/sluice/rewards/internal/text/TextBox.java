package dev.sluice.rewards.internal.text;

import java.util.Arrays;
import java.util.List;

/**
 * A rectangle around a line of text, at any angle.
 *
 * @param x of the middle
 * @param y of the middle
 * @param width along the text
 * @param height across it
 * @param angle of the text's direction, radians, growing downwards
 */
record TextBox(double x, double y, double width, double height, double angle) {
    /** Returns the rectangle of least area around points, its longer side along the text unless it is upright. */
    static TextBox around(List<double[]> points) {
        List<double[]> hull = Hull.of(points);
        TextBox best = null;
        for (int i = 0; i < hull.size(); i++) {
            double[] a = hull.get(i);
            double[] b = hull.get((i + 1) % hull.size());
            TextBox box = along(hull, Math.atan2(b[1] - a[1], b[0] - a[0]));
            if (best == null || box.width * box.height < best.width * best.height - 1e-9) {
                best = box;
            }
        }
        return best.upright();
    }

    private static TextBox along(List<double[]> points, double angle) {
        double cos = Math.cos(angle);
        double sin = Math.sin(angle);
        double left = Double.POSITIVE_INFINITY;
        double right = Double.NEGATIVE_INFINITY;
        double top = Double.POSITIVE_INFINITY;
        double bottom = Double.NEGATIVE_INFINITY;
        for (double[] point : points) {
            double u = point[0] * cos + point[1] * sin;
            double v = point[1] * cos - point[0] * sin;
            left = Math.min(left, u);
            right = Math.max(right, u);
            top = Math.min(top, v);
            bottom = Math.max(bottom, v);
        }
        double u = (left + right) / 2;
        double v = (top + bottom) / 2;
        return new TextBox(u * cos - v * sin, u * sin + v * cos, right - left, bottom - top, angle);
    }

    /** Returns the same rectangle with the direction nearest to that of reading: within 45° of the right. */
    private TextBox upright() {
        TextBox box = this;
        while (box.angle > Math.PI / 4 + 1e-9) {
            box = new TextBox(box.x, box.y, box.height, box.width, box.angle - Math.PI / 2);
        }
        while (box.angle < -Math.PI / 4 - 1e-9) {
            box = new TextBox(box.x, box.y, box.height, box.width, box.angle + Math.PI / 2);
        }
        return box;
    }

    /** Returns the rectangle with a border of area·ratio/perimeter. */
    TextBox grown(double ratio) {
        double border = width * height * ratio / (2 * (width + height));
        return new TextBox(x, y, width + 2 * border, height + 2 * border, angle);
    }

    /** Returns the rectangle in another picture, whose sides are so many times as long. */
    TextBox scaled(double across, double down) {
        // the angle is kept: pictures are scaled nearly alike in both directions
        return new TextBox(x * across, y * down, width * across, height * down, angle);
    }

    /** Returns a point of the rectangle; (0, 0) is the corner where reading starts, (1, 1) the one opposite. */
    double[] at(double along, double across) {
        double u = (along - 0.5) * width;
        double v = (across - 0.5) * height;
        return new double[] {
            x + u * Math.cos(angle) - v * Math.sin(angle), y + u * Math.sin(angle) + v * Math.cos(angle)
        };
    }

    /** Returns whether a point lies inside. */
    boolean has(double px, double py) {
        double u = (px - x) * Math.cos(angle) + (py - y) * Math.sin(angle);
        double v = (py - y) * Math.cos(angle) - (px - x) * Math.sin(angle);
        return Math.abs(u) <= width / 2 && Math.abs(v) <= height / 2;
    }

    /** The convex hull, by Andrew's monotone chain (1979). */
    private static final class Hull {
        static List<double[]> of(List<double[]> points) {
            List<double[]> sorted = points.stream()
                    .sorted((a, b) -> a[0] != b[0] ? Double.compare(a[0], b[0]) : Double.compare(a[1], b[1]))
                    .toList();
            double[][] hull = new double[2 * sorted.size() + 2][];
            int size = 0;
            for (double[] point : sorted) {
                size = add(hull, size, 0, point);
            }
            int lower = size;
            for (int i = sorted.size() - 2; i >= 0; i--) {
                size = add(hull, size, lower - 1, sorted.get(i));
            }
            return List.of(Arrays.copyOf(hull, Math.max(1, size - 1)));
        }

        private static int add(double[][] hull, int size, int first, double[] point) {
            int end = size;
            while (end - first >= 2 && turn(hull[end - 2], hull[end - 1], point) <= 0) {
                end--;
            }
            hull[end] = point;
            return end + 1;
        }

        private static double turn(double[] a, double[] b, double[] c) {
            return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        }
    }
}
