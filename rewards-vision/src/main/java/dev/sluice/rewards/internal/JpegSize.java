package dev.sluice.rewards.internal;

import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardProvider;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.video.Media;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/**
 * How many bytes a picture takes as a JPEG of quality 95, headers included: the least reward that tests a trainer whole.
 *
 * <p>Source: Black et al. (2023), arXiv:2305.13301; scale and quality as flow_grpo's code has them.
 *
 * @param perKilobyte the score of 1,000 bytes
 */
record JpegSize(double perKilobyte) implements Reward {
    private static final float QUALITY = 0.95f;

    @Override
    public Scores score(List<Sample> samples) {
        double[] values = new double[samples.size()];
        Map<Integer, String> reasons = new LinkedHashMap<>();
        for (int i = 0; i < values.length; i++) {
            Media media = samples.get(i).media();
            if (media.isImage()) {
                values[i] = perKilobyte * bytes(media) / 1000.0;
            } else {
                values[i] = Double.NaN;
                reasons.put(i, "a video of %s frames is no image".formatted(media.frames()));
            }
        }
        return new Scores(values, reasons);
    }

    /** Returns the size with 4:2:0 chroma and the standard Huffman tables, as Pillow gives it. */
    static int bytes(Media media) {
        BufferedImage image = new BufferedImage(media.width(), media.height(), BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < media.height(); y++) {
            for (int x = 0; x < media.width(); x++) {
                int red = media.value(0, y, x, 0);
                image.setRGB(x, y, red << 16 | media.value(0, y, x, 1) << 8 | media.value(0, y, x, 2));
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageWriter writer = ImageIO.getImageWritersByFormatName("jpeg").next();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(QUALITY);
            writer.setOutput(out);
            writer.write(null, new IIOImage(image, null, null), parameters);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.size();
    }

    /** Offers the size in kilobytes: more is better. */
    public static final class Incompressibility implements RewardProvider {
        @Override
        public String name() {
            return "incompressibility";
        }

        @Override
        public Reward open() {
            return new JpegSize(1);
        }
    }

    /** Offers minus the size over 500 kilobytes: less is better. */
    public static final class Compressibility implements RewardProvider {
        @Override
        public String name() {
            return "compressibility";
        }

        @Override
        public Reward open() {
            return new JpegSize(-1 / 500.0);
        }
    }
}
