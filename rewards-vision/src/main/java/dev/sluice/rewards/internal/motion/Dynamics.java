package dev.sluice.rewards.internal.motion;

import dev.sluice.rewards.internal.Luma;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;

/**
 * How much a video moves, by block flow between frames about an eighth of a second apart.
 *
 * <p>Source: VBench (2023), arXiv:2311.17982, whose thresholds were chosen for a network's flow.
 *
 * @param fastest of each pair of frames, the mean displacement of the fastest 5% of pixels
 * @param mean of each pair, the mean displacement
 * @param frames how many frames were looked at
 * @param threshold what counts as moving
 */
record Dynamics(List<Double> fastest, List<Double> mean, int frames, double threshold) {
    private static final int PER_SECOND = 8;
    private static final double LEAST_FLOW = 1e-3;

    static Dynamics of(Media media) {
        if (media.frames() < 2) {
            throw new IllegalArgumentException("an image does not move; a video of at least 2 frames is needed");
        }
        if (media.framesPerSecond() == 0) {
            throw new IllegalArgumentException("the video does not say how many frames it shows per second");
        }
        int every = (int) Math.max(1, Math.rint(media.framesPerSecond() / PER_SECOND));
        List<Double> fastest = new ArrayList<>();
        List<Double> mean = new ArrayList<>();
        Luma before = null;
        int frames = 0;
        for (int frame = 0; frame < media.frames(); frame += every) {
            Luma here = Luma.of(media, frame);
            if (before != null) {
                Flow flow = Flow.of(before, here);
                fastest.add(flow.fastest(media.height() * media.width()));
                mean.add(flow.mean());
            }
            before = here;
            frames++;
        }
        if (frames < 2) {
            throw new IllegalArgumentException("the video is shorter than an eighth of a second");
        }
        return new Dynamics(fastest, mean, frames, 6.0 * Math.min(media.height(), media.width()) / 256);
    }

    private static double mean(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
    }

    /** Returns half the speed of the fastest pixels over the threshold, at most 1. */
    double degree() {
        return Math.min(1, mean(fastest) / (2 * threshold));
    }

    /** Returns whether enough pairs of frames move; the source lets a video of few frames pass whatever it shows. */
    boolean moving() {
        double enough = Math.max(1, Math.rint(4.0 * frames / 16));
        return fastest.stream().filter(speed -> speed > threshold).count() >= enough;
    }

    /** Returns how near the degree is to the one that is wanted, in [0, 1]. */
    double nearness(double target) {
        return 1 - Math.abs(degree() - target) / Math.max(target, 1 - target);
    }

    /** Returns ln(mean flow)/16, as Diffusion Latent Beam Search (2025), arXiv:2501.19252, weighs it; a still video has ln(0.001)/16. */
    double logarithm() {
        return Math.log(Math.max(mean(mean), LEAST_FLOW)) / 16;
    }
}
