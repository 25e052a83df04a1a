package dev.sluice.video.internal;

import dev.sluice.video.Media;
import java.awt.color.ColorSpace;
import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.DataBufferByte;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;

/** Java's images to and from {@link Media}. */
public final class Rasters {
    private Rasters() {}

    /** Returns the first frame as an image of type INT_RGB. */
    public static BufferedImage image(Media media) {
        BufferedImage image = new BufferedImage(media.width(), media.height(), BufferedImage.TYPE_INT_RGB);
        int[] row = new int[media.width()];
        byte[] rgb = media.rgb();
        for (int y = 0; y < media.height(); y++) {
            for (int x = 0; x < row.length; x++) {
                int at = (y * row.length + x) * 3;
                row[x] = (rgb[at] & 0xFF) << 16 | (rgb[at + 1] & 0xFF) << 8 | rgb[at + 2] & 0xFF;
            }
            image.setRGB(0, y, row.length, 1, row, 0, row.length);
        }
        return image;
    }

    /** Returns an image with transparent pixels laid on white. */
    public static Media media(BufferedImage image) {
        return media(image, true);
    }

    /** Returns an image's colours, whatever its opacity. */
    static Media opaque(BufferedImage image) {
        return media(image, false);
    }

    /** Returns height × width opacities. */
    static byte[] alpha(BufferedImage image) {
        byte[] alpha = new byte[image.getWidth() * image.getHeight()];
        int[] row = new int[image.getWidth()];
        for (int y = 0; y < image.getHeight(); y++) {
            image.getRGB(0, y, row.length, 1, row, 0, row.length);
            for (int x = 0; x < row.length; x++) {
                alpha[y * row.length + x] = (byte) (row[x] >>> 24);
            }
        }
        return alpha;
    }

    private static Media media(BufferedImage image, boolean onWhite) {
        int width = image.getWidth();
        int height = image.getHeight();
        byte[] rgb = new byte[3 * width * height];
        if (image.getType() == BufferedImage.TYPE_3BYTE_BGR
                && image.getRaster().getDataBuffer() instanceof DataBufferByte bytes
                && bytes.getData().length == rgb.length) {
            return Media.image(height, width, swapped(bytes.getData(), rgb));
        }
        boolean grey = image.getColorModel().getColorSpace().getType() == ColorSpace.TYPE_GRAY
                && !(image.getColorModel() instanceof IndexColorModel);
        int[] row = new int[width];
        for (int y = 0; y < height; y++) {
            if (grey) {
                greyRow(image, y, row);
            } else {
                image.getRGB(0, y, width, 1, row, 0, width);
            }
            for (int x = 0; x < width; x++) {
                int alpha = onWhite ? row[x] >>> 24 : 255;
                for (int c = 0; c < 3; c++) {
                    int value = row[x] >> (16 - 8 * c) & 0xFF;
                    rgb[(y * width + x) * 3 + c] = (byte) Math.rint((value * alpha + 255 * (255 - alpha)) / 255.0);
                }
            }
        }
        return Media.image(height, width, rgb);
    }

    /** What most files are decoded to: sRGB, blue first, no opacity. The general way takes twice as long as decoding. */
    private static byte[] swapped(byte[] bgr, byte[] rgb) {
        for (int i = 0; i < rgb.length; i += 3) {
            rgb[i] = bgr[i + 2];
            rgb[i + 1] = bgr[i + 1];
            rgb[i + 2] = bgr[i];
        }
        return rgb;
    }

    /** Takes grey values as they stand: {@code getRGB} takes them for linear light and brightens them. */
    private static void greyRow(BufferedImage image, int y, int[] row) {
        Raster raster = image.getRaster();
        ColorModel colors = image.getColorModel();
        int bits = colors.getComponentSize(0);
        for (int x = 0; x < row.length; x++) {
            int value = eight(raster.getSample(x, y, 0), bits);
            int alpha = colors.hasAlpha() ? eight(raster.getSample(x, y, 1), bits) : 255;
            row[x] = alpha << 24 | value << 16 | value << 8 | value;
        }
    }

    private static int eight(int sample, int bits) {
        return bits > 8 ? sample >> (bits - 8) : sample * 255 / ((1 << bits) - 1);
    }
}
