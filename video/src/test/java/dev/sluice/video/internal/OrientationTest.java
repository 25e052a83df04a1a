package dev.sluice.video.internal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The eight orientations by what the standard says that the first row and the first column show. */
class OrientationTest {
    private static final int WIDTH = 48;
    private static final int HEIGHT = 32;

    /** A picture whose first row is red, whose first column is blue, in blocks that JPEG keeps apart. */
    private static byte[] stored() {
        byte[] rgb = new byte[3 * WIDTH * HEIGHT];
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                int at = 3 * (y * WIDTH + x);
                rgb[at] = (byte) (y < 8 ? 220 : 20);
                rgb[at + 2] = (byte) (x < 8 ? 220 : 20);
            }
        }
        return ImageFiles.jpeg(Media.image(HEIGHT, WIDTH, rgb), 100);
    }

    private static byte[] withExif(byte[] jpeg, ByteOrder order, int tag, int value) {
        ByteBuffer tiff = ByteBuffer.allocate(26).order(order);
        tiff.put((order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM").getBytes(StandardCharsets.US_ASCII))
                .putShort((short) 42)
                .putInt(8)
                .putShort((short) 1)
                .putShort((short) tag)
                .putShort((short) 3)
                .putInt(1)
                .putShort((short) value)
                .putShort((short) 0)
                .putInt(0);
        return withSegment(jpeg, tiff.array());
    }

    private static byte[] withSegment(byte[] jpeg, byte[] tiff) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(jpeg, 0, 2);
        out.writeBytes(new byte[] {(byte) 0xFF, (byte) 0xE1, 0, (byte) (8 + tiff.length)});
        out.writeBytes("Exif\0\0".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(tiff);
        out.write(jpeg, 2, jpeg.length - 2);
        return out.toByteArray();
    }

    /** Returns whether a channel is bright all along a side. */
    private static boolean bright(Media picture, String side, int channel) {
        int width = picture.width();
        int height = picture.height();
        boolean row = side.equals("top") || side.equals("bottom");
        for (int i = 0; i < (row ? width : height); i++) {
            int x = row ? i : side.equals("left") ? 0 : width - 1;
            int y = row ? (side.equals("top") ? 0 : height - 1) : i;
            if (picture.value(0, y, x, channel) < 120) {
                return false;
            }
        }
        return true;
    }

    @ParameterizedTest
    @CsvSource({
        "1, top, left",
        "2, top, right",
        "3, bottom, right",
        "4, bottom, left",
        "5, left, top",
        "6, right, top",
        "7, right, bottom",
        "8, left, bottom"
    })
    void theFirstRowAndColumnShowTheSidesThatTheStandardNames(int orientation, String row, String column)
            throws IOException {
        for (ByteOrder order : new ByteOrder[] {ByteOrder.LITTLE_ENDIAN, ByteOrder.BIG_ENDIAN}) {
            byte[] file = withExif(stored(), order, 0x0112, orientation);
            Media picture = ImageFiles.decode(file, "a picture");
            assertThat(picture.width()).isEqualTo(orientation > 4 ? HEIGHT : WIDTH);
            assertThat(picture.height()).isEqualTo(orientation > 4 ? WIDTH : HEIGHT);
            for (String side : new String[] {"top", "bottom", "left", "right"}) {
                assertThat(bright(picture, side, 0)).as("red %s", side).isEqualTo(side.equals(row));
                assertThat(bright(picture, side, 2)).as("blue %s", side).isEqualTo(side.equals(column));
            }
        }
    }

    @Test
    void whatSaysNothingOrNothingThatCanBeReadIsTakenAsItStands() throws IOException {
        Media plain = ImageFiles.decode(stored(), "a picture");
        byte[] endless = {'I', 'I', 42, 0, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF};
        byte[] many = {'M', 'M', 0, 42, 0, 0, 0, 8, (byte) 0xFF, (byte) 0xFF, 1, 0x12};
        byte[][] files = {
            withExif(stored(), ByteOrder.LITTLE_ENDIAN, 0x0112, 9),
            withExif(stored(), ByteOrder.LITTLE_ENDIAN, 0x0112, 0),
            withExif(stored(), ByteOrder.BIG_ENDIAN, 0x0110, 6),
            withSegment(stored(), endless),
            withSegment(stored(), many),
            withSegment(stored(), new byte[9])
        };
        for (byte[] file : files) {
            assertThat(ImageFiles.decode(file, "a picture").rgb()).isEqualTo(plain.rgb());
        }
        assertThat(Orientation.of(new byte[0])).isEqualTo(Orientation.UPRIGHT);
        assertThat(Orientation.of(ImageFiles.png(plain))).isEqualTo(Orientation.UPRIGHT);
    }
}
