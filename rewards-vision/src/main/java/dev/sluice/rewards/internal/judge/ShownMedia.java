package dev.sluice.rewards.internal.judge;

import dev.sluice.rewards.internal.RewardOptions;
import dev.sluice.rewards.internal.Stills;
import dev.sluice.video.BicubicResize;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.IntStream;

/** Media as pictures in data URLs. */
final class ShownMedia {
    private static final int PNG = 0;

    private ShownMedia() {}

    /**
     * How media are shown.
     *
     * @param frames the most frames of a video
     * @param side the longest side of a picture, at most; larger ones are made smaller
     * @param leastSide the shorter side of a picture, at least; smaller ones are made larger
     * @param jpeg a JPEG's quality, or 0 for PNG
     */
    record Form(int frames, int side, int leastSide, int jpeg) {
        static Form of(RewardOptions options, int frames) {
            Form form = new Form(
                    options.whole("frames", frames, 1, 1024),
                    options.whole("side", 1024, 1, 65_536),
                    options.whole("leastSide", 1, 1, 65_536),
                    options.has("jpeg") ? options.whole("jpeg", PNG, 1, 100) : PNG);
            if (form.leastSide > form.side) {
                throw new IllegalArgumentException("%s.leastSide (%s) must be at most side (%s)."
                        .formatted(options.reward(), form.leastSide, form.side));
            }
            return form;
        }
    }

    /** Returns the frames that a judge of one video sees: ⌊i·F/n⌋. Source: VideoScore2. */
    static int[] sampled(int frames, int most) {
        int count = Math.min(frames, most);
        return IntStream.range(0, count)
                .map(i -> (int) ((long) i * frames / count))
                .toArray();
    }

    /** Returns the frames that a judge of two videos sees, the first and the last among them. Source: UnifiedReward. */
    static int[] spanning(int frames, int most) {
        int count = Math.min(frames, most);
        return IntStream.range(0, count)
                .map(i -> count == 1 ? 0 : (int) ((double) i * (frames - 1) / (count - 1)))
                .toArray();
    }

    /** Returns frames as data URLs. */
    static List<String> urls(Media media, int[] frames, Form form) {
        return Arrays.stream(frames)
                .mapToObj(frame -> url(Stills.of(media, frame), form))
                .toList();
    }

    private static String url(Media picture, Form form) {
        Media sized = sized(picture, form);
        boolean png = form.jpeg == PNG;
        byte[] bytes = png ? ImageFiles.png(sized) : ImageFiles.jpeg(sized, form.jpeg);
        return "data:image/%s;base64,".formatted(png ? "png" : "jpeg")
                + Base64.getEncoder().encodeToString(bytes);
    }

    /** The proportions stay, as far as whole pixels can have them. */
    private static Media sized(Media picture, Form form) {
        int longer = Math.max(picture.height(), picture.width());
        int shorter = Math.min(picture.height(), picture.width());
        double factor = Math.min((double) form.side / longer, Math.max(1, (double) form.leastSide / shorter));
        if (factor == 1) {
            return picture;
        }
        return BicubicResize.resize(picture, scaled(picture.height(), factor), scaled(picture.width(), factor));
    }

    private static int scaled(int length, double factor) {
        return Math.max(1, (int) Math.rint(length * factor));
    }
}
