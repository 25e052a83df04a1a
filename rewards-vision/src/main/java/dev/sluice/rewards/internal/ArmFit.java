package dev.sluice.rewards.internal;

import dev.sluice.rewards.ArmPose;
import dev.sluice.rewards.ArmReading;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Fits the drawn arm to frames; {@link dev.sluice.rewards.ArmJudge} says how. */
public final class ArmFit {
    /** Grey levels from a disc's colour at which a pixel is no longer of it. */
    private static final double COLOR_FADE = 110;

    private static final double DISC_AREA = Math.PI * ArmPose.JOINT_RADIUS * ArmPose.JOINT_RADIUS;
    private static final double LEAST_AREA = 0.4;
    private static final double MOST_AREA = 2.5;
    private static final double MOST_LINK_ERROR = 0.2;
    private static final int STEPS = 4;
    private static final double PROBE = 1e-3;
    private static final double DAMPING = 1e-3;
    private static final double LONGEST_STEP = 0.1;
    private static final double NOT_FOUND = 255;

    private ArmFit() {}

    /** Returns the joints of every frame. */
    public static ArmReading read(Media video) {
        List<Optional<ArmReading.Frame>> found = new ArrayList<>();
        double[] pixels = new double[3 * video.height() * video.width()];
        for (int frame = 0; frame < video.frames(); frame++) {
            take(video, frame, pixels);
            found.add(read(pixels, video.height()));
        }
        return new ArmReading(filled(found));
    }

    /**
     * What colours alone tell of a video.
     *
     * @param seen share of frames with one elbow and one hand
     * @param extent how far the hand gets from where it is seen first
     */
    public record Glance(double seen, double extent) {}

    /** Looks for the discs of elbow and hand, and for nothing else. */
    public static Glance glance(Media video) {
        int seen = 0;
        double extent = 0;
        Optional<Disc> first = Optional.empty();
        double[] pixels = new double[3 * video.height() * video.width()];
        for (int frame = 0; frame < video.frames(); frame++) {
            take(video, frame, pixels);
            Optional<Disc> elbow =
                    Disc.find(pixels, video.height(), ArmRenderer.ELBOW).filter(Disc::likely);
            Optional<Disc> hand =
                    Disc.find(pixels, video.height(), ArmRenderer.HAND).filter(Disc::likely);
            if (elbow.isPresent() && hand.isPresent()) {
                seen++;
                first = first.isPresent() ? first : hand;
                extent = Math.max(
                        extent,
                        Math.hypot(
                                hand.get().x() - first.get().x(),
                                hand.get().y() - first.get().y()));
            }
        }
        return new Glance(seen / (double) video.frames(), extent);
    }

    private static void take(Media video, int frame, double[] pixels) {
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = video.rgb()[frame * pixels.length + i] & 0xFF;
        }
    }

    private static List<ArmReading.Frame> filled(List<Optional<ArmReading.Frame>> found) {
        ArmPose last = found.stream()
                .flatMap(Optional::stream)
                .map(ArmReading.Frame::pose)
                .findFirst()
                .orElse(new ArmPose(0, 0));
        List<ArmReading.Frame> frames = new ArrayList<>();
        for (Optional<ArmReading.Frame> one : found) {
            ArmPose before = last;
            ArmReading.Frame frame = one.map(f -> new ArmReading.Frame(near(f.pose(), before), f.clear(), f.error()))
                    .orElse(new ArmReading.Frame(before, false, NOT_FOUND));
            last = frame.pose();
            frames.add(frame);
        }
        return frames;
    }

    /** Adds whole turns, so that neither joint turns more than half a turn. */
    private static ArmPose near(ArmPose pose, ArmPose before) {
        return new ArmPose(
                before.shoulder() + ArmPose.wrapped(pose.shoulder() - before.shoulder()),
                before.elbow() + ArmPose.wrapped(pose.elbow() - before.elbow()));
    }

    private static Optional<ArmReading.Frame> read(double[] pixels, int size) {
        Optional<Disc> elbow = Disc.find(pixels, size, ArmRenderer.ELBOW);
        Optional<Disc> hand = Disc.find(pixels, size, ArmRenderer.HAND);
        if (elbow.isEmpty() || hand.isEmpty()) {
            return Optional.empty();
        }
        Disc e = elbow.get();
        Disc h = hand.get();
        double shoulder = Math.atan2(e.y, e.x);
        double lower = Math.atan2(h.y - e.y, h.x - e.x);
        double[] joints = {shoulder, ArmPose.wrapped(lower - shoulder)};
        double error = refine(pixels, size, joints);
        boolean clear = e.likely()
                && h.likely()
                && Math.abs(Math.hypot(e.x, e.y) / ArmPose.UPPER - 1) <= MOST_LINK_ERROR
                && Math.abs(Math.hypot(h.x - e.x, h.y - e.y) / ArmPose.LOWER - 1) <= MOST_LINK_ERROR
                && error <= ArmReading.MOST_ERROR;
        return Optional.of(new ArmReading.Frame(new ArmPose(joints[0], joints[1]), clear, error));
    }

    /** Moves the joints to the least squared difference nearby, and returns its root mean. */
    private static double refine(double[] pixels, int size, double[] joints) {
        double[] here = new double[pixels.length];
        double[] first = new double[pixels.length];
        double[] second = new double[pixels.length];
        double squares = 0;
        for (int step = 0; ; step++) {
            ArmRenderer.draw(new ArmPose(joints[0], joints[1]), size, here);
            squares = 0;
            for (int i = 0; i < pixels.length; i++) {
                squares += (pixels[i] - here[i]) * (pixels[i] - here[i]);
            }
            if (step == STEPS) {
                return Math.sqrt(squares / pixels.length);
            }
            ArmRenderer.draw(new ArmPose(joints[0] + PROBE, joints[1]), size, first);
            ArmRenderer.draw(new ArmPose(joints[0], joints[1] + PROBE), size, second);
            double a = 0;
            double b = 0;
            double c = 0;
            double u = 0;
            double v = 0;
            for (int i = 0; i < pixels.length; i++) {
                double j0 = (first[i] - here[i]) / PROBE;
                double j1 = (second[i] - here[i]) / PROBE;
                double r = pixels[i] - here[i];
                a += j0 * j0;
                b += j0 * j1;
                c += j1 * j1;
                u += j0 * r;
                v += j1 * r;
            }
            a *= 1 + DAMPING;
            c *= 1 + DAMPING;
            double determinant = a * c - b * b;
            if (!(determinant > 0)) {
                return Math.sqrt(squares / pixels.length);
            }
            joints[0] += limited((c * u - b * v) / determinant);
            joints[1] += limited((a * v - b * u) / determinant);
        }
    }

    private static double limited(double step) {
        return Math.max(-LONGEST_STEP, Math.min(LONGEST_STEP, step));
    }

    /**
     * The pixels of a disc's colour.
     *
     * @param x their middle, from the base to the right
     * @param y their middle, from the base upwards
     * @param area their weight as a share of the disc's
     */
    private record Disc(double x, double y, double area) {
        /** Returns whether there is about one disc's worth of them. */
        boolean likely() {
            return area >= LEAST_AREA && area <= MOST_AREA;
        }

        static Optional<Disc> find(double[] pixels, int size, int[] color) {
            double pixel = 2 * ArmRenderer.WINDOW / size;
            double sum = 0;
            double x = 0;
            double y = 0;
            for (int i = 0; i < size * size; i++) {
                double far = 0;
                for (int c = 0; c < 3; c++) {
                    far = Math.max(far, Math.abs(pixels[3 * i + c] - color[c]));
                }
                double weight = Math.max(0, 1 - far / COLOR_FADE);
                sum += weight;
                int row = i / size;
                x += weight * ((i % size + 0.5) * pixel - ArmRenderer.WINDOW);
                y += weight * (ArmRenderer.WINDOW - (row + 0.5) * pixel);
            }
            return sum < 0.5
                    ? Optional.empty()
                    : Optional.of(new Disc(x / sum, y / sum, sum * pixel * pixel / DISC_AREA));
        }
    }
}
