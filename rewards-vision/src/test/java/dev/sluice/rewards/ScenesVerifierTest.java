package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** {@code -Dsluice.scenes=5000} judges as many scenes as the project promises a figure for; the default takes seconds. */
class ScenesVerifierTest {
    private static final int SCENES = Integer.getInteger("sluice.scenes", 600);

    /** A coverage in [0, 1] of a point of the picture. */
    private interface Shade {
        double at(double x, double y);
    }

    private static float[] dark() {
        float[] planes = new float[3 * 32 * 32];
        Arrays.fill(planes, 0.08f);
        return planes;
    }

    private static void paint(float[] planes, SceneColor color, Shade shade) {
        for (int i = 0; i < 1024; i++) {
            double alpha = Math.max(0, Math.min(1, shade.at(i % 32 + 0.5, Math.floorDiv(i, 32) + 0.5)));
            for (int c = 0; c < 3; c++) {
                int at = c * 1024 + i;
                planes[at] = (float) (planes[at] * (1 - alpha) + alpha * color.value(c) / 255);
            }
        }
    }

    /** Returns the coverage of a shape's outline, two pixels wide. */
    private static Shade outline(SceneShape shape, double x, double y, double radius) {
        float[] outer = new Scene(List.of(new SceneObject(shape, SceneColor.WHITE, x, y, radius, 1)), 0, 0, 0).pixels();
        float[] inner =
                new Scene(List.of(new SceneObject(shape, SceneColor.WHITE, x, y, radius - 2, 1)), 0, 0, 0).pixels();
        return (px, py) -> (outer[((int) py) * 32 + (int) px] - inner[((int) py) * 32 + (int) px]) / 1.9;
    }

    private static Shade ellipse(double x, double y, double a, double b, double angle) {
        return (px, py) -> {
            double u = ((px - x) * Math.cos(angle) + (py - y) * Math.sin(angle)) / a;
            double v = ((py - y) * Math.cos(angle) - (px - x) * Math.sin(angle)) / b;
            return u * u + v * v;
        };
    }

    /** Asserts that a picture earns nothing on any prompt: it has no object, so by the rules' test every score is 0. */
    private static void earnsNothing(String name, float[] planes) {
        List<SceneDetection> found = ScenesVerifier.detect(Pixels.image(planes, 32, 32));
        assertThat(found)
                .as(() -> name + ": "
                        + found.stream().map(SceneDetection::describe).toList())
                .allMatch(detection -> detection.object().isEmpty());
    }

    private static UnaryOperator<Media> noisy(double deviation, long seed) {
        Random random = new Random(seed);
        return media -> {
            float[] planes = Pixels.planes(media, 0);
            for (int i = 0; i < planes.length; i++) {
                planes[i] += (float) (random.nextGaussian() * deviation / 255);
            }
            return Pixels.image(planes, media.height(), media.width());
        };
    }

    private static Media blurred(Media media) {
        float[] planes = Pixels.planes(media, 0);
        double[] kernel = {Math.exp(-4 / 0.72), Math.exp(-1 / 0.72), 1, Math.exp(-1 / 0.72), Math.exp(-4 / 0.72)};
        double sum = kernel[0] * 2 + kernel[1] * 2 + 1;
        for (int step : new int[] {1, 32}) {
            float[] from = planes.clone();
            for (int i = 0; i < planes.length; i++) {
                int place = i % 1024 / step % 32;
                double value = 0;
                for (int k = -2; k <= 2; k++) {
                    int near = Math.max(0, Math.min(31, place + k));
                    value += kernel[k + 2] / sum * from[i + (near - place) * step];
                }
                planes[i] = (float) value;
            }
        }
        return Pixels.image(planes, 32, 32);
    }

    @Test
    void itIsRightOnRenderedScenes() {
        ScenesVerifier.Agreement agreement = ScenesVerifier.agreement(SCENES, 1, UnaryOperator.identity());
        assertThat(agreement.share()).as(agreement.toString()).isGreaterThanOrEqualTo(0.995);
    }

    @Test
    void noiseAndBlurHardlyMatter() {
        ScenesVerifier.Agreement noise = ScenesVerifier.agreement(SCENES / 2, 2, noisy(16, 2));
        assertThat(noise.share()).as(noise.toString()).isGreaterThanOrEqualTo(0.99);
        ScenesVerifier.Agreement blur = ScenesVerifier.agreement(SCENES / 2, 3, ScenesVerifierTest::blurred);
        assertThat(blur.share()).as(blur.toString()).isGreaterThanOrEqualTo(0.98);
    }

    @Test
    void uniformPicturesEarnNothing() {
        for (int value = 0; value <= 255; value += 15) {
            float[] planes = new float[3072];
            Arrays.fill(planes, value / 255f);
            earnsNothing("grey " + value, planes);
        }
        for (SceneColor color : SceneColor.values()) {
            float[] planes = dark();
            paint(planes, color, (x, y) -> 1);
            earnsNothing("all " + color, planes);
        }
    }

    @Test
    void noiseEarnsNothing() {
        Random random = new Random(4);
        for (int deviation = 20; deviation <= 120; deviation += 10) {
            float[] planes = dark();
            float[] grey = dark();
            float[] uniform = dark();
            for (int i = 0; i < planes.length; i++) {
                planes[i] += (float) (random.nextGaussian() * deviation / 255);
                grey[i] = i < 1024 ? 0.08f + (float) Math.abs(random.nextGaussian() * deviation / 255) : grey[i - 1024];
                uniform[i] = random.nextFloat();
            }
            earnsNothing("noise " + deviation, planes);
            earnsNothing("grey noise " + deviation, grey);
            earnsNothing("uniform noise", uniform);
        }
    }

    @Test
    void checkerboardsEarnNothing() {
        for (SceneColor color : SceneColor.values()) {
            for (int size = 1; size <= 16; size++) {
                int side = size;
                for (int offset = 0; offset < 2; offset++) {
                    int shift = offset;
                    float[] planes = dark();
                    paint(
                            planes,
                            color,
                            (x, y) -> (Math.floorDiv((int) x, side) + Math.floorDiv((int) y, side) + shift) % 2);
                    earnsNothing("checkers of " + size, planes);
                }
            }
        }
    }

    @Test
    void smearsEarnNothing() {
        SplittableRandom random = new SplittableRandom(6);
        for (int i = 0; i < 120; i++) {
            SceneColor color = SceneColor.values()[i % 6];
            double x = random.nextDouble(10, 22);
            double y = random.nextDouble(10, 22);
            double a = random.nextDouble(3, 8);
            double angle = random.nextDouble(Math.PI);
            Shade soft = ellipse(x, y, a, a * random.nextDouble(0.4, 1), angle);
            Shade streak = ellipse(x, y, a, a * random.nextDouble(0.2, 0.6), angle);
            double opacity = random.nextDouble(0.2, 0.6);
            float[] halfOpaque = dark();
            paint(halfOpaque, color, (px, py) -> soft.at(px, py) < 1 ? opacity : 0);
            earnsNothing("a %s patch %s opaque".formatted(color, opacity), halfOpaque);
            float[] cloud = dark();
            paint(cloud, color, (px, py) -> Math.exp(-soft.at(px, py) / 2));
            earnsNothing("a %s cloud".formatted(color), cloud);
            float[] line = dark();
            paint(line, color, (px, py) -> streak.at(px, py) < 1 ? 1 : 0);
            earnsNothing("a %s streak".formatted(color), line);
            float[] gradient = dark();
            paint(gradient, color, (px, py) -> ((px - 16) * Math.cos(angle) + (py - 16) * Math.sin(angle)) / 20 + 0.3);
            earnsNothing("a %s gradient".formatted(color), gradient);
        }
    }

    @Test
    void overlappingOutlinesEarnNothing() {
        SplittableRandom random = new SplittableRandom(8);
        for (int i = 0; i < 120; i++) {
            float[] planes = dark();
            SceneShape one = SceneShape.values()[i % 4];
            SceneShape two = SceneShape.values()[random.nextInt(4)];
            SceneColor color = SceneColor.values()[random.nextInt(6)];
            SceneColor other = i % 2 == 0 ? color : SceneColor.values()[random.nextInt(6)];
            paint(planes, color, outline(one, 15, 15, random.nextDouble(6, 11)));
            earnsNothing("the outline of a " + one, planes.clone());
            paint(planes, other, outline(two, 18, 17, random.nextDouble(6, 11)));
            earnsNothing("outlines of a %s and a %s".formatted(one, two), planes);
        }
    }

    @Test
    void anObjectAmongManySmearsDoesNotCount() {
        float[] planes = dark();
        paint(planes, SceneColor.RED, (x, y) -> x < 12 ? 1 : 0);
        paint(planes, SceneColor.BLUE, (x, y) -> Math.hypot(x - 22, y - 16) < 5 ? 1 : 0);
        earnsNothing("a circle beside a wall", planes);
    }

    @Test
    void touchingObjectsOfTwoColoursAreTwoObjects() {
        Scene scene = new Scene(
                List.of(
                        new SceneObject(SceneShape.SQUARE, SceneColor.GREEN, 10, 16, 5, 1),
                        new SceneObject(SceneShape.SQUARE, SceneColor.WHITE, 18.8, 16, 5, 1)),
                20,
                20,
                20);
        assertThat(ScenesVerifier.detect(scene.media()))
                .hasSize(2)
                .allMatch(detection -> detection.object().isPresent());
    }

    @Test
    void theVerdictExplainsItself() {
        ScenePrompt prompt = ScenesWorld.prompts(SceneTask.COLORS).stream()
                .filter(p -> p.text().equals("a blue star"))
                .findAny()
                .orElseThrow();
        Scene scene = new Scene(List.of(new SceneObject(SceneShape.STAR, SceneColor.WHITE, 12, 16, 6, 1)), 20, 20, 20);
        assertThat(ScenesVerifier.judge(prompt, scene.media()).explanation())
                .matches(
                        "the star is not blue\\. Found: white star at \\(12\\.0, 1[56]\\.\\d\\), radius [56]\\.\\d, fit [01]\\.\\d\\d\\.");
    }

    @Test
    void picturesThatCannotHoldAnObjectAreRefused() {
        assertThatThrownBy(() -> ScenesVerifier.detect(Media.image(1, 1, new byte[3])))
                .hasMessage("picture (1×1 pixels) must have 16 to 128 pixels on each side.");
        assertThatThrownBy(() -> ScenesVerifier.detect(new Media(2, 32, 32, new byte[6144], 8)))
                .hasMessage("picture (2 frames) must be an image.");
        assertThat(ScenesVerifier.detect(Media.image(32, 32, new byte[3072]))).isEmpty();
    }
}
