package dev.sluice.rewards.internal.artifact;

import dev.sluice.rewards.SyntheticArtifact;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Random;
import net.imglib2.RealRandomAccess;
import net.imglib2.interpolation.randomaccess.NLinearInterpolatorFactory;
import net.imglib2.type.numeric.integer.UnsignedByteType;
import net.imglib2.view.Views;

/** Spoils one picture; {@link SyntheticArtifact} says how. */
public final class Corruption {
    private static final int FULL_SIDE = 128;
    private static final int GRID_PERIOD = 8;

    private final Media clean;
    private final int height;
    private final int width;
    private final int level;
    private final double scale;
    private final Random random;

    /**
     * Prepares.
     *
     * @param clean one picture
     * @param strength 1 to 5
     * @param seed of what is random
     */
    public Corruption(Media clean, int strength, long seed) {
        this.clean = clean;
        this.height = clean.height();
        this.width = clean.width();
        this.level = strength - 1;
        this.scale = Math.min(1, Math.min(height, width) / (double) FULL_SIDE);
        this.random = new Random(seed);
    }

    /** Returns the picture with a flaw. */
    public Media of(SyntheticArtifact flaw) {
        return switch (flaw) {
            case JPEG -> jpeg(new int[] {50, 35, 25, 15, 8}[level]);
            case BLUR -> media(blurred(planes(), new double[] {.8, 1.2, 1.8, 2.5, 4}[level]));
            case NOISE -> noise(new double[] {5, 10, 20, 35, 50}[level]);
            case RINGING -> sharpened(level + 1);
            case SATURATION -> saturated(new double[] {1.3, 1.6, 2, 2.6, 3.5}[level]);
            case OVEREXPOSURE -> scaled(new double[] {1.2, 1.4, 1.7, 2.1, 2.6}[level]);
            case GRID -> grid(0.04 * (level + 1));
            case CHECKERBOARD -> checkerboard(0.01 * (level + 1));
            case WARP -> warped(scale * new double[] {2, 4, 6, 9, 12}[level]);
            case SHUFFLE -> shuffled(side(32), 2 * (level + 1));
            case DOUBLED -> doubled(side(64), level + 1);
            case SMEAR -> smeared(side(8 * (level + 1)));
        };
    }

    private int side(int full) {
        return (int) Math.max(2, Math.min(Math.rint(full * scale), Math.floorDiv(Math.min(height, width), 2)));
    }

    private Media jpeg(int quality) {
        try {
            return ImageFiles.decode(ImageFiles.jpeg(clean, quality), "a JPEG in memory");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns a plane for each channel. */
    private double[][] planes() {
        double[][] planes = new double[3][height * width];
        for (int i = 0; i < clean.rgb().length; i++) {
            planes[i % 3][i / 3] = clean.rgb()[i] & 0xFF;
        }
        return planes;
    }

    private Media media(double[][] planes) {
        byte[] rgb = new byte[3 * height * width];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) Math.max(0, Math.min(255, Math.rint(planes[i % 3][i / 3])));
        }
        return Media.image(height, width, rgb);
    }

    private double[][] blurred(double[][] planes, double deviation) {
        double[] kernel = new double[(int) Math.ceil(3 * deviation) + 1];
        Arrays.setAll(kernel, i -> Math.exp(-i * i / (2 * deviation * deviation)));
        double[][] blurred = new double[planes.length][];
        for (int c = 0; c < planes.length; c++) {
            blurred[c] = pass(pass(planes[c], kernel, 1, 0), kernel, 0, 1);
        }
        return blurred;
    }

    private double[] pass(double[] plane, double[] kernel, int dx, int dy) {
        double[] out = new double[plane.length];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double sum = 0;
                double weights = 0;
                for (int k = 1 - kernel.length; k < kernel.length; k++) {
                    double weight = kernel[Math.abs(k)];
                    int row = Math.max(0, Math.min(height - 1, y + k * dy));
                    int column = Math.max(0, Math.min(width - 1, x + k * dx));
                    sum += weight * plane[row * width + column];
                    weights += weight;
                }
                out[y * width + x] = sum / weights;
            }
        }
        return out;
    }

    private Media noise(double deviation) {
        double[][] planes = planes();
        for (int i = 0; i < height * width; i++) {
            for (double[] plane : planes) {
                plane[i] += deviation * random.nextGaussian();
            }
        }
        return media(planes);
    }

    private Media sharpened(double amount) {
        double[][] planes = planes();
        double[][] blurred = blurred(planes, 2);
        for (int c = 0; c < 3; c++) {
            for (int i = 0; i < planes[c].length; i++) {
                planes[c][i] += amount * (planes[c][i] - blurred[c][i]);
            }
        }
        return media(planes);
    }

    private Media saturated(double factor) {
        double[][] planes = planes();
        for (int i = 0; i < height * width; i++) {
            double grey = 0.299 * planes[0][i] + 0.587 * planes[1][i] + 0.114 * planes[2][i];
            for (double[] plane : planes) {
                plane[i] = grey + factor * (plane[i] - grey);
            }
        }
        return media(planes);
    }

    private Media scaled(double factor) {
        double[][] planes = planes();
        for (double[] plane : planes) {
            Arrays.setAll(plane, i -> factor * plane[i]);
        }
        return media(planes);
    }

    private Media grid(double share) {
        double[][] planes = planes();
        for (int i = 0; i < height * width; i++) {
            int y = i / width;
            int x = i % width;
            double factor = 1;
            if (y % GRID_PERIOD == 0) {
                factor *= y / GRID_PERIOD % 2 == 0 ? 1 + share : 1 - share;
            }
            if (x % GRID_PERIOD == 0) {
                factor *= x / GRID_PERIOD % 2 == 0 ? 1 + share : 1 - share;
            }
            for (double[] plane : planes) {
                plane[i] *= factor;
            }
        }
        return media(planes);
    }

    private Media checkerboard(double share) {
        double[][] planes = planes();
        for (double[] plane : planes) {
            Arrays.setAll(plane, i -> plane[i] * ((i / width + i % width) % 2 == 0 ? 1 + share : 1 - share));
        }
        return media(planes);
    }

    /** A part of the picture; its sides are √0.4 of the picture's. */
    private record Box(int top, int left, int height, int width) {
        boolean has(int y, int x) {
            return y >= top && y < top + height && x >= left && x < left + width;
        }
    }

    private Box box() {
        int rows = (int) Math.rint(height * Math.sqrt(0.4));
        int columns = (int) Math.rint(width * Math.sqrt(0.4));
        return new Box(random.nextInt(height - rows + 1), random.nextInt(width - columns + 1), rows, columns);
    }

    private Media warped(double amplitude) {
        Box box = box();
        double[][] field = new double[2][height * width];
        for (double[] along : field) {
            Arrays.setAll(along, i -> random.nextGaussian());
        }
        field = blurred(field, Math.max(1, 12 * scale));
        double most = 0;
        for (double[] along : field) {
            most = Math.max(most, Arrays.stream(along).map(Math::abs).max().orElse(0));
        }
        byte[] rgb = clean.rgb().clone();
        for (int c = 0; c < 3; c++) {
            RealRandomAccess<UnsignedByteType> at = Views.interpolate(
                            Views.extendBorder(Views.hyperSlice(Views.hyperSlice(Pixels.view(clean), 3, 0), 0, c)),
                            new NLinearInterpolatorFactory<>())
                    .realRandomAccess();
            for (int i = 0; i < height * width; i++) {
                if (box.has(i / width, i % width)) {
                    at.setPosition(i % width + amplitude * field[0][i] / most, 0);
                    at.setPosition(Math.floorDiv(i, width) + amplitude * field[1][i] / most, 1);
                    rgb[3 * i + c] = (byte) at.get().get();
                }
            }
        }
        return Media.image(height, width, rgb);
    }

    private Media shuffled(int side, int pairs) {
        byte[] rgb = clean.rgb().clone();
        for (int pair = 0; pair < pairs; pair++) {
            int one = corner(side);
            int other = corner(side);
            byte[] before = rgb.clone();
            copy(before, one, rgb, other, side);
            copy(before, other, rgb, one, side);
        }
        return Media.image(height, width, rgb);
    }

    private int corner(int side) {
        return random.nextInt(height - side + 1) * width + random.nextInt(width - side + 1);
    }

    private void copy(byte[] from, int source, byte[] to, int target, int side) {
        for (int y = 0; y < side; y++) {
            System.arraycopy(from, 3 * (source + y * width), to, 3 * (target + y * width), 3 * side);
        }
    }

    private Media doubled(int side, int times) {
        double[][] planes = planes();
        double[][] before = planes();
        for (int time = 0; time < times; time++) {
            int top = random.nextInt(height - side + 1);
            int left = random.nextInt(width - side + 1);
            int shift = left + 2 * side <= width ? side : -Math.min(side, left);
            for (int y = 0; y < side; y++) {
                for (int x = 0; x < side; x++) {
                    int from = (top + y) * width + left + x;
                    double border = Math.min(Math.min(y, side - 1 - y), Math.min(x, side - 1 - x)) + 1;
                    double weight = Math.min(1, border / Math.max(1, side / 8.0));
                    for (int c = 0; c < 3; c++) {
                        double old = planes[c][from + shift];
                        planes[c][from + shift] = old + weight * (before[c][from] - old);
                    }
                }
            }
        }
        return media(planes);
    }

    private Media smeared(int length) {
        Box box = box();
        double angle = random.nextDouble() * 2 * Math.PI;
        double[][] planes = planes();
        double[][] before = planes();
        for (int i = 0; i < height * width; i++) {
            if (!box.has(i / width, i % width)) {
                continue;
            }
            for (int c = 0; c < 3; c++) {
                double sum = 0;
                for (int k = 0; k < length; k++) {
                    long y = Math.round(Math.floorDiv(i, width) + k * Math.sin(angle));
                    long x = Math.round(i % width + k * Math.cos(angle));
                    int row = (int) Math.max(0, Math.min(height - 1, y));
                    int column = (int) Math.max(0, Math.min(width - 1, x));
                    sum += before[c][row * width + column];
                }
                planes[c][i] = sum / length;
            }
        }
        return media(planes);
    }
}
