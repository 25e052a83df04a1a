package dev.sluice.video.internal;

import java.awt.image.BufferedImage;
import java.awt.image.WritableRaster;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Which way up a camera says that a JPEG image is, in the Exif data of its file.
 *
 * <p>Source: CIPA DC-008 (Exif 2.32), 4.6.4, tag 0x0112; it names the sides of the scene that the first row and the first column show.
 */
final class Orientation {
    /** As stored; also of what says nothing, or nothing that can be read. */
    static final int UPRIGHT = 1;

    private static final int EXIF_SEGMENT = 0xE1;
    private static final int SCAN = 0xDA;
    private static final long EXIF_NAME = 0x457869660000L;
    private static final int TAG = 0x0112;
    private static final int SHORT = 3;
    private static final int ENTRY = 12;

    private Orientation() {}

    /** Returns the orientation, 1 to 8, of a JPEG file's bytes; {@link #UPRIGHT} of any others. */
    static int of(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file);
        int at = 2;
        if (file.length < 4 || (bytes.getShort(0) & 0xFFFF) != 0xFFD8) {
            return UPRIGHT;
        }
        while (at + 4 <= file.length && bytes.get(at) == (byte) 0xFF) {
            int marker = bytes.get(at + 1) & 0xFF;
            int length = bytes.getShort(at + 2) & 0xFFFF;
            if (marker == SCAN || length < 2 || at + 2 + length > file.length) {
                break;
            }
            if (marker == EXIF_SEGMENT && length >= 16 && bytes.getLong(at + 4) >>> 16 == EXIF_NAME) {
                return inTiff(bytes.slice(at + 10, length - 8));
            }
            at += 2 + length;
        }
        return UPRIGHT;
    }

    private static int inTiff(ByteBuffer tiff) {
        int order = tiff.getShort(0) & 0xFFFF;
        if (order != 0x4949 && order != 0x4D4D) {
            return UPRIGHT;
        }
        tiff.order(order == 0x4949 ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long directory = tiff.getInt(4) & 0xFFFFFFFFL;
        if (directory + 2 > tiff.capacity()) {
            return UPRIGHT;
        }
        int first = (int) directory + 2;
        int entries = tiff.getShort((int) directory) & 0xFFFF;
        for (int at = first; at < first + entries * ENTRY && at + ENTRY <= tiff.capacity(); at += ENTRY) {
            if ((tiff.getShort(at) & 0xFFFF) == TAG && tiff.getShort(at + 2) == SHORT) {
                int value = tiff.getShort(at + 8);
                return value >= 1 && value <= 8 ? value : UPRIGHT;
            }
        }
        return UPRIGHT;
    }

    /** Returns an image as it is to be seen. */
    static BufferedImage upright(BufferedImage stored, int orientation) {
        if (orientation == UPRIGHT) {
            return stored;
        }
        int width = stored.getWidth();
        int height = stored.getHeight();
        boolean turned = orientation > 4;
        WritableRaster from = stored.getRaster();
        WritableRaster to = from.createCompatibleWritableRaster(turned ? height : width, turned ? width : height);
        Object pixel = null;
        for (int row = 0; row < height; row++) {
            for (int column = 0; column < width; column++) {
                // The first row shows the top (1, 2), the bottom (3, 4), the left (5, 8) or the right (6, 7) side.
                int x = switch (orientation) {
                    case 2, 3 -> width - 1 - column;
                    case 4 -> column;
                    case 5, 8 -> row;
                    default -> height - 1 - row;
                };
                int y = switch (orientation) {
                    case 2 -> row;
                    case 3, 4 -> height - 1 - row;
                    case 5, 6 -> column;
                    default -> width - 1 - column;
                };
                pixel = from.getDataElements(column, row, pixel);
                to.setDataElements(x, y, pixel);
            }
        }
        return new BufferedImage(stored.getColorModel(), to, stored.isAlphaPremultiplied(), null);
    }
}
