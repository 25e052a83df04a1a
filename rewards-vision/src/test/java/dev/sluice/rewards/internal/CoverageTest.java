package dev.sluice.rewards.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.rewards.SceneColor;
import dev.sluice.rewards.SceneObject;
import dev.sluice.rewards.SceneShape;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CoverageTest {
    /** Tests every one of a pixel's 4×4 samples. */
    private static double literal(SceneObject object, int x, int y) {
        int hits = 0;
        for (int i = 0; i < 16; i++) {
            double sampleX = x + (i % 4 + 0.5) / 4;
            double sampleY = y + (Math.floorDiv(i, 4) + 0.5) / 4;
            double px = (sampleX - object.x()) / object.radius();
            double py = (sampleY - object.y()) / object.radius();
            hits += inside(object.shape(), px, py) ? 1 : 0;
        }
        return hits / 16.0;
    }

    private static boolean inside(SceneShape shape, double x, double y) {
        return switch (shape) {
            case CIRCLE -> x * x + y * y <= 1;
            case SQUARE -> Math.abs(x) <= 0.88 && Math.abs(y) <= 0.88;
            case TRIANGLE -> y < 0.95 && y >= -0.95 && Math.abs(x) < (y + 0.95) * 1.1 / 1.9;
            case STAR -> insideStar(x, y);
        };
    }

    private static boolean insideStar(double x, double y) {
        boolean in = false;
        for (int i = 0; i < 10; i++) {
            double ax = corner(i) * Math.sin(Math.PI * i / 5);
            double ay = -corner(i) * Math.cos(Math.PI * i / 5);
            double bx = corner(i + 1) * Math.sin(Math.PI * (i + 1) / 5);
            double by = -corner(i + 1) * Math.cos(Math.PI * (i + 1) / 5);
            in ^= ay > y != by > y && x < ax + (bx - ax) * (y - ay) / (by - ay);
        }
        return in;
    }

    private static double corner(int i) {
        return i % 2 == 0 ? 1.25 : 0.53;
    }

    @ParameterizedTest
    @EnumSource
    void aPixelsShareIsThatOfItsSamples(SceneShape shape) {
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 300; i++) {
            // some reach over the edge, some lie beyond it
            SceneObject object = new SceneObject(
                    shape,
                    SceneColor.RED,
                    random.nextDouble(-12, 60),
                    random.nextDouble(-12, 40),
                    random.nextDouble(0.1, 12),
                    1);
            Coverage coverage = new Coverage(object, 48, 24);
            for (int at = 0; at < 48 * 24; at++) {
                int x = at % 48;
                int y = Math.floorDiv(at, 48);
                assertThat(coverage.share(x, y))
                        .as(() -> object + " at " + x + ", " + y)
                        .isEqualTo(literal(object, x, y));
            }
        }
    }
}
