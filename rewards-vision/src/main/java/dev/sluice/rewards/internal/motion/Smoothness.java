package dev.sluice.rewards.internal.motion;

import dev.sluice.rewards.VideoFaults;
import dev.sluice.rewards.internal.Luma;
import dev.sluice.video.Media;
import java.util.List;

/**
 * How well every second frame can be told from those before and after it, in [0, 1]: 1 − mean|frame − guess|/255. A video that does not
 * move has 1. Guesses across a cut do not count.
 *
 * <p>Source: VBench (2023), arXiv:2311.17982. Differs: the guess is made of displaced blocks, without weights, where the source asks a
 * network.
 */
final class Smoothness {
    /** How a frame is guessed. */
    enum Guess {
        /** The mean of both neighbours. */
        BLEND,
        /** The mean of blocks of both, each displaced by half of what fits best. */
        BLOCKS
    }

    private Smoothness() {}

    static double score(Media media, Guess guess) {
        if (media.frames() < 3) {
            throw new IllegalArgumentException(
                    "a video of %s frames has no frame between two others; at least 3 are needed"
                            .formatted(media.frames()));
        }
        Luma[] frames = Luma.frames(media);
        List<Integer> cuts = VideoFaults.cuts(media);
        double sum = 0;
        int count = 0;
        for (int middle = 1; middle + 1 < media.frames(); middle += 2) {
            if (!cuts.contains(middle) && !cuts.contains(middle + 1)) {
                sum += guess == Guess.BLEND ? blended(media, middle) : displaced(media, frames, middle);
                count++;
            }
        }
        if (count == 0) {
            throw new IllegalArgumentException("the video has cuts between all of its frames");
        }
        return 1 - sum / count / 255;
    }

    private static double blended(Media media, int middle) {
        double sum = 0;
        for (int y = 0; y < media.height(); y++) {
            for (int x = 0; x < media.width(); x++) {
                sum += error(media, middle, y, x, 0, 0);
            }
        }
        return sum / (3.0 * media.height() * media.width());
    }

    /** Returns by how much the guess of a pixel is off, over the three channels. */
    private static double error(Media media, int middle, int y, int x, int dy, int dx) {
        double sum = 0;
        for (int c = 0; c < 3; c++) {
            double guess =
                    0.5 * (media.value(middle - 1, y - dy, x - dx, c) + media.value(middle + 1, y + dy, x + dx, c));
            sum += Math.abs(media.value(middle, y, x, c) - guess);
        }
        return sum;
    }

    private static double displaced(Media media, Luma[] frames, int middle) {
        Luma before = frames[middle - 1];
        Luma after = frames[middle + 1];
        int block = Flow.block(before);
        List<Flow.Step> steps = Flow.steps(Flow.small(before) ? 4 : 8);
        int rows = before.height() / block;
        int columns = before.width() / block;
        double sum = 0;
        for (int row = 0; row * block < before.height(); row++) {
            for (int column = 0; column * block < before.width(); column++) {
                int top = row * block;
                int left = column * block;
                Flow.Step best = new Flow.Step(0, 0);
                if (row < rows && column < columns) {
                    best = best(before, after, top, left, block, steps);
                }
                for (int y = top; y < Math.min(before.height(), top + block); y++) {
                    for (int x = left; x < Math.min(before.width(), left + block); x++) {
                        sum += error(media, middle, y, x, best.dy(), best.dx());
                    }
                }
            }
        }
        return sum / (3.0 * media.height() * media.width());
    }

    private static Flow.Step best(Luma before, Luma after, int top, int left, int block, List<Flow.Step> steps) {
        Flow.Step best = new Flow.Step(0, 0);
        double least = Double.POSITIVE_INFINITY;
        for (Flow.Step step : steps) {
            if (Flow.inside(before, top - step.dy(), left - step.dx(), block)
                    && Flow.inside(after, top + step.dy(), left + step.dx(), block)) {
                double sum = Flow.difference(
                        before,
                        top - step.dy(),
                        left - step.dx(),
                        after,
                        top + step.dy(),
                        left + step.dx(),
                        block,
                        least);
                if (sum < least) {
                    least = sum;
                    best = step;
                }
            }
        }
        return best;
    }
}
