package dev.sluice.rewards;

import dev.sluice.video.Media;
import java.util.Random;
import java.util.function.IntSupplier;

/** Pictures and videos for tests. */
public final class TestMedia {
    private TestMedia() {}

    /** What a grey picture shows. */
    public interface StillPainter {
        int value(int y, int x);
    }

    /** What a grey video shows. */
    public interface Painter {
        int value(int frame, int y, int x);
    }

    /** Returns the generator of bytes whose measures are known: v ← (1103515245·v + 12345) mod 2³¹, (v ≫ 16) mod 256. */
    public static IntSupplier bytes() {
        long[] state = {12345};
        return () -> {
            state[0] = (1103515245L * state[0] + 12345) & 0x7fffffff;
            return (int) (state[0] >> 16) & 0xFF;
        };
    }

    /** Returns a grey picture. */
    public static Media grey(int height, int width, StillPainter painter) {
        return grey(1, height, width, (t, y, x) -> painter.value(y, x));
    }

    /** Returns a grey video of 8 frames per second, or a picture. */
    public static Media grey(int frames, int height, int width, Painter painter) {
        byte[] rgb = new byte[3 * frames * height * width];
        for (int i = 0; i < rgb.length; i++) {
            int pixel = i / 3;
            rgb[i] = (byte) painter.value(pixel / width / height, pixel / width % height, pixel % width);
        }
        return new Media(frames, height, width, rgb, frames == 1 ? 0 : 8);
    }

    /** Returns frames of 32×32 pixels of one colour each, 0xRRGGBB, at 8 frames per second. */
    public static Media plain(int... colours) {
        byte[] rgb = new byte[3 * 1024 * colours.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (colours[i / 3072] >> 16 - 8 * (i % 3));
        }
        return new Media(colours.length, 32, 32, rgb, colours.length == 1 ? 0 : 8);
    }

    /** Returns a square of 220 on 30 that moves two pixels to the right in each frame, and is lighter in odd ones. */
    public static Media square(int frames, int lighter) {
        return grey(frames, 64, 64, (t, y, x) -> {
            boolean inside = y >= 24 && y < 40 && x >= 8 + 2 * t && x < 24 + 2 * t;
            return (inside ? 220 : 30) + t % 2 * lighter;
        });
    }

    /** Returns a picture of flat light rectangles on a dark ground, far from each other. */
    public static Media poster(int side, long seed) {
        int shift = (int) (seed % 5);
        return grey(side, side, (y, x) -> {
            boolean inside = y % 64 >= 20 && y % 64 < 44 && x % 64 >= 16 + shift && x % 64 < 40 + shift;
            return inside ? 160 : 70;
        });
    }

    /** Returns a picture with soft gradients, a fine texture and round edges, as a photograph has. */
    public static Media photo(int side, long seed) {
        Random random = new Random(seed);
        double[] waves = random.doubles(24, 0.5, 3).toArray();
        double[] discs = random.doubles(15, 0.15, 0.85).toArray();
        byte[] rgb = new byte[3 * side * side];
        for (int i = 0; i < rgb.length; i++) {
            int row = i / 3 / side;
            int column = i / 3 % side;
            double y = (double) row / side;
            double x = (double) column / side;
            int c = i % 3;
            double value = 120;
            for (int k = 0; k < 4; k++) {
                value += 18 * Math.sin(2 * Math.PI * (waves[k] * x + waves[4 + k] * y) + waves[8 + 3 * k + c] * 2);
            }
            for (int k = 0; k < 5; k++) {
                double distance = Math.hypot(x - discs[3 * k], y - discs[3 * k + 1]) - 0.2 * discs[3 * k + 2];
                double cover = Math.max(0, Math.min(1, 0.5 - distance * side / 1.5));
                value += cover * (((k * 7 + c * 5) % 4) * 22 - 33);
            }
            value += 3 * Math.sin(0.9 * column + 0.4 * row) + 3 * Math.sin(1.3 * row);
            rgb[i] = (byte) Math.max(8, Math.min(247, Math.rint(value)));
        }
        return Media.image(side, side, rgb);
    }
}
