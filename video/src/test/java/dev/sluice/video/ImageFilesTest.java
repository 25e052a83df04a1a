package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFilesTest {
    @TempDir
    Path folder;

    /** Returns 512×512 pixels from a function of the index into RGB. */
    private static Media picture(IntUnaryOperator values) {
        byte[] rgb = new byte[512 * 512 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) values.applyAsInt(i);
        }
        return Media.image(512, 512, rgb);
    }

    private static Media noise() {
        long[] state = {12345};
        return picture(i -> {
            state[0] = 1103515245L * state[0] + 12345 & 0x7fffffff;
            return (int) (state[0] >> 16 & 255);
        });
    }

    private static Media gradient() {
        return picture(i -> {
            int x = i / 3 % 512;
            int y = i / 3 / 512;
            return new int[] {x / 2, y / 2, (x + y) / 4}[i % 3];
        });
    }

    @Test
    void jpegHasTheByteCountsOfPillow() {
        assertThat(noise().rgb()).startsWith(220, 4, 101, 170, 31, 173, 29, 90);
        Media flat = picture(i -> 128);
        Media checkers = picture(i -> (i / 3 % 512 / 8 + i / 3 / 512 / 8) % 2 * 255);
        assertThat(sizes(flat)).containsExactly(4721, 4721);
        assertThat(sizes(gradient())).containsExactly(22490, 10000);
        assertThat(sizes(noise())).containsExactly(308068, 158101);
        assertThat(sizes(checkers)).containsExactly(8819, 8819);
    }

    private static int[] sizes(Media media) {
        return new int[] {ImageFiles.jpeg(media, 95).length, ImageFiles.jpeg(media, 75).length};
    }

    @Test
    void pngKeepsEveryPixelAndNothingButTheFileIsLeft() throws IOException {
        Path file = folder.resolve("new/folder/a.png");
        ImageFiles.write(noise(), file);
        ImageFiles.write(gradient(), file);
        assertThat(ImageFiles.read(file).rgb()).isEqualTo(gradient().rgb());
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void jpegKeepsASmoothPictureNearly() throws IOException {
        Path file = folder.resolve("a.JPG");
        ImageFiles.write(gradient(), file);
        Media read = ImageFiles.read(file);
        for (int i = 0; i < read.rgb().length; i += 97) {
            assertThat(read.rgb()[i] & 0xFF).isCloseTo(gradient().rgb()[i] & 0xFF, within(6));
        }
    }

    @Test
    void greyValuesAreNotBrightened() throws IOException {
        BufferedImage grey = new BufferedImage(2, 1, BufferedImage.TYPE_BYTE_GRAY);
        grey.getRaster().setSample(0, 0, 0, 60);
        grey.getRaster().setSample(1, 0, 0, 200);
        Path file = folder.resolve("grey.png");
        ImageIO.write(grey, "png", file.toFile());
        assertThat(ImageFiles.read(file).rgb()).containsExactly(60, 60, 60, (byte) 200, (byte) 200, (byte) 200);
    }

    @Test
    void transparentPixelsLieOnWhite() throws IOException {
        BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
        image.setRGB(0, 0, 0x00123456);
        image.setRGB(1, 0, 0x80000000);
        Path file = folder.resolve("alpha.png");
        ImageIO.write(image, "png", file.toFile());
        assertThat(ImageFiles.read(file).rgb()).containsExactly((byte) 255, (byte) 255, (byte) 255, 127, 127, 127);
    }

    @Test
    void aMissingFileIsNamed() {
        Path file = folder.resolve("none.png");
        assertThatThrownBy(() -> ImageFiles.read(file))
                .isInstanceOf(IOException.class)
                .hasMessage("%s does not exist.", file);
    }

    @Test
    void aFileOfAnotherKindIsNamed() throws IOException {
        Path file = folder.resolve("text.png");
        for (byte[] bytes : new byte[][] {{}, "hello".getBytes(StandardCharsets.UTF_8), new byte[1000]}) {
            Files.write(file, bytes);
            assertThatThrownBy(() -> ImageFiles.read(file))
                    .isInstanceOf(IOException.class)
                    .hasMessage("%s (%s bytes) is neither a PNG nor a JPEG image.", file, bytes.length);
        }
    }

    @Test
    void aTruncatedFileEndsInOneSentenceWhateverIsMissing() throws IOException {
        byte[] png = ImageFiles.png(gradient());
        byte[] jpeg = ImageFiles.jpeg(gradient(), 75);
        for (int length : new int[] {8, 9, 20, 33, 60, png.length / 2}) {
            assertThatThrownBy(() -> ImageFiles.decode(Arrays.copyOf(png, length), "a.png"))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("a.png is a broken image: ")
                    .hasMessageNotContaining("\n");
        }
        for (int length : new int[] {3, 20, 200}) {
            assertThatThrownBy(() -> ImageFiles.decode(Arrays.copyOf(jpeg, length), "a.jpg"))
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith("a.jpg is a broken image: ");
        }
    }

    @Test
    void aHeaderThatClaimsABillionPixelsIsRefusedBeforeMemoryIsTaken() {
        ByteBuffer png = ByteBuffer.wrap(ImageFiles.png(Media.image(1, 1, new byte[3])));
        png.putInt(16, 1 << 16).putInt(20, 1 << 16);
        CRC32 crc = new CRC32();
        crc.update(png.array(), 12, 17);
        png.putInt(29, (int) crc.getValue());
        assertThatThrownBy(() -> ImageFiles.decode(png.array(), "bomb.png"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("4294967296 pixels");
    }

    @Test
    void whatCannotBeWrittenIsRefused() throws IOException {
        Media media = Media.image(1, 1, new byte[3]);
        assertThatThrownBy(() -> ImageFiles.write(media, folder.resolve("a.gif")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("must end in .png, .jpg or .jpeg");
        assertThatThrownBy(() -> ImageFiles.png(new Media(2, 1, 1, new byte[6], 8)))
                .hasMessageContaining("must be an image");
        assertThatThrownBy(() -> ImageFiles.jpeg(media, 0)).hasMessage("quality (0) must be in [1, 100].");
        Path notAFolder = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> ImageFiles.write(media, notAFolder.resolve("a.png")))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("a.png cannot be written");
    }
}
