package dev.sluice.video;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.video.internal.RawClip;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class BrokenMediaTest {
    private static final int FRAMES = 12;
    private static final ReadOptions OPTIONS = ReadOptions.DEFAULT.with(Duration.ofSeconds(20));

    @TempDir
    Path folder;

    private final Map<String, byte[]> broken = new LinkedHashMap<>();

    private byte[] whole(String name) throws IOException {
        Path file = folder.resolve("whole").resolve(name);
        if (!Files.exists(file)) {
            MediaFiles.write(Clips.clip(name.endsWith("g") && !name.endsWith("apng") ? 1 : FRAMES, 48, 64, 16), file);
        }
        return Files.readAllBytes(file);
    }

    private static byte[] latin(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] patched(byte[] bytes, String mark, int offset, int... values) {
        byte[] copy = bytes.clone();
        int at = new String(copy, StandardCharsets.ISO_8859_1).indexOf(mark);
        assertThat(at).as(mark).isNotNegative();
        for (int i = 0; i < values.length; i++) {
            copy[at + offset + i] = (byte) values[i];
        }
        return copy;
    }

    private void truncated() throws IOException {
        Random random = new Random(11);
        for (String name : List.of("a.mp4", "a.webm", "a.mkv", "a.gif", "a.webp", "a.apng", "a.png", "a.jpg")) {
            byte[] bytes = whole(name);
            for (int i = 0; i < 4; i++) {
                // of a JPEG, which does not say its length, the JDK's reader forgives a missing end
                int most = name.endsWith("jpg") ? 600 : bytes.length;
                broken.put("truncated-%s-%s".formatted(i, name), Arrays.copyOf(bytes, 1 + random.nextInt(most - 1)));
            }
        }
    }

    private void ofAnotherKind() throws IOException {
        broken.put("text.mp4", latin("This is a note about a video.\n".repeat(20)));
        broken.put("page.webm", latin("<!DOCTYPE html><html><body>Not found</body></html>\n"));
        broken.put("archive.mkv", latin("PK\u0003\u0004\u0014\0\0\0\u0008\0" + "x".repeat(2000)));
        broken.put("weights.gif", latin("\u0080\u0002}q\0(X\u0004\0\0\0name" + "\0".repeat(500)));
        broken.put("table.png", latin("a,b,c\n1,2,3\n".repeat(30)));
    }

    private void withoutFrames() throws IOException {
        broken.put("empty.mp4", new byte[0]);
        byte[] gif = whole("a.gif");
        byte[] header = Arrays.copyOf(gif, 14);
        header[10] = 0; // no table of colours
        header[13] = ';';
        broken.put("header.gif", header);
        byte[] mp4 = whole("a.mp4");
        broken.put("header.mp4", Arrays.copyOf(mp4, ByteBuffer.wrap(mp4).getInt(0)));
        broken.put("samples-zero.mp4", patched(mp4, "stsz", 12, 0, 0, 0, 0));
        byte[] webp = Arrays.copyOf(whole("a.webp"), 30);
        ByteBuffer.wrap(webp).order(java.nio.ByteOrder.LITTLE_ENDIAN).putInt(4, 22);
        broken.put("header.webp", webp);
        Path sound = folder.resolve("sound.mkv");
        RawClip.soundOnly(sound);
        broken.put("sound-only.mkv", Files.readAllBytes(sound));
        byte[] wave = latin(
                "RIFF\u0024\u0008\0\0WAVEfmt \u0010\0\0\0\u0001\0\u0001\0@\u001f\0\0\u0080>\0\0\u0002\0\u0010\0data\0\u0008\0\0");
        broken.put("sound-only.wav", Arrays.copyOf(wave, wave.length + 2048));
    }

    private void hugeInTheHeader() throws IOException {
        broken.put("huge.gif", patched(whole("a.gif"), "GIF8", 6, 0xFF, 0xFF, 0xFF, 0xFF));
        broken.put("huge.webp", patched(whole("a.webp"), "VP8X", 12, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF));
        broken.put("huge.png", patched(whole("a.png"), "IHDR", 4, 0x7F, 0, 0, 0, 0x7F, 0, 0, 0));
        broken.put("huge.apng", patched(whole("a.apng"), "IHDR", 4, 0, 1, 0, 0, 0, 1, 0, 0));
        broken.put("huge.mp4", patched(whole("a.mp4"), "stsd", 44, 0xFF, 0xFF, 0xFF, 0xFF));
        // PixelWidth and PixelHeight, elements B0 and BA of one byte each, become elements of two bytes of which one is
        // eaten
        byte[] mkv = whole("a.mkv");
        String text = new String(mkv, StandardCharsets.ISO_8859_1);
        int width = text.indexOf("\u00b0\u0081\u0040\u00ba\u0081\u0030");
        assertThat(width).isPositive();
        byte[] huge = mkv.clone();
        System.arraycopy(
                new byte[] {(byte) 0xB0, (byte) 0x84, 0x00, (byte) 0xFF, (byte) 0xFF, (byte) 0xFF}, 0, huge, width, 6);
        broken.put("huge.mkv", huge);
    }

    private void randomBytes() {
        Random random = new Random(5);
        List<String> heads = List.of(
                "",
                "",
                "",
                "\0\0\0\u0018ftypisom\0\0\0\0isommp41",
                "\u001aE\u00df\u00a3",
                "GIF89a",
                "\u0089PNG\r\n\u001a\n",
                "RIFF\u0090\u000f\0\0WEBPVP8X",
                "\u00ff\u00d8\u00ff\u00e0",
                "FLV\u0001\u0005\0\0\0\u0009\0\0\0\0",
                "OggS\0\u0002",
                "DKIF\0\0\u0020\0VP90");
        for (int i = 0; i < heads.size(); i++) {
            byte[] bytes = new byte[4000];
            random.nextBytes(bytes);
            byte[] head = latin(heads.get(i));
            System.arraycopy(head, 0, bytes, 0, head.length);
            broken.put("random-%s.mp4".formatted(i), bytes);
        }
    }

    @Test
    @Timeout(120)
    void everyBrokenFileEndsInOneSentenceThatNamesIt() throws IOException {
        truncated();
        ofAnotherKind();
        withoutFrames();
        hugeInTheHeader();
        randomBytes();
        assertThat(broken.size()).isGreaterThanOrEqualTo(60);
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, byte[]> entry : broken.entrySet()) {
            Path file = Files.write(folder.resolve(entry.getKey()), entry.getValue());
            try {
                Media media = MediaFiles.read(file, OPTIONS, MediaFiles.Limits.DEFAULT);
                wrong.add("%s was read: %s frames".formatted(entry.getKey(), media.frames()));
            } catch (IOException e) {
                boolean sentence = e.getMessage().startsWith(file.toString())
                        && e.getMessage().endsWith(".")
                        && !e.getMessage().contains("\n")
                        && !e.getMessage().contains("Exception");
                if (!sentence) {
                    wrong.add(entry.getKey() + ": " + e.getMessage());
                }
            }
            try (VideoReader reader = VideoReader.open(file, OPTIONS.withDamagedToo())) {
                for (int i = 0; i < 100 && reader.next().isPresent(); i++) {
                    continue; // whatever can be decoded is welcome
                }
            } catch (IOException e) {
                assertThat(e.getMessage()).contains(entry.getKey());
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** Bytes changed at random: whatever comes of it, it is frames or one sentence, and the process lives on. */
    @Test
    @Timeout(120)
    void filesWithChangedBytesAreReadOrRefused() throws IOException {
        Random random = new Random(23);
        List<String> names = List.of("a.mp4", "a.webm", "a.mkv", "a.gif", "a.webp", "a.apng");
        int refused = 0;
        for (int i = 0; i < 90; i++) {
            String name = names.get(i % names.size());
            byte[] bytes = whole(name);
            int changes = 1 + random.nextInt(20);
            int within = random.nextBoolean() ? bytes.length : Math.min(700, bytes.length);
            for (int j = 0; j < changes; j++) {
                bytes[random.nextInt(within)] = (byte) random.nextInt();
            }
            Path file = Files.write(folder.resolve("changed-" + name), bytes);
            ReadOptions options =
                    i % 2 == 0 ? OPTIONS : OPTIONS.withDamagedToo().withAlpha();
            try (VideoReader reader = VideoReader.open(file, options)) {
                for (int j = 0; j < 100 && reader.next().isPresent(); j++) {
                    continue;
                }
            } catch (IOException e) {
                refused++;
                assertThat(e.getMessage()).startsWith(file.toString()).endsWith(".");
            }
        }
        assertThat(refused).isBetween(20, 85);
    }

    @Test
    void damageInTheMiddleIsFound() throws IOException {
        for (String name : List.of("a.mkv", "a.mp4", "a.webm")) {
            byte[] bytes = whole(name);
            int from = bytes.length / 2;
            byte[] noise = new byte[bytes.length / 8];
            new Random(3).nextBytes(noise);
            System.arraycopy(noise, 0, bytes, from, noise.length);
            Path file = Files.write(folder.resolve(name), bytes);
            assertThatThrownBy(() -> MediaFiles.read(file))
                    .as(name)
                    .isInstanceOf(IOException.class)
                    .hasMessageStartingWith(file.toString());
            assertThat(Clips.read(file, OPTIONS.withDamagedToo())).as(name).isNotEmpty();
        }
    }

    @Test
    void whatAFileIsFollowsFromItsContent() throws IOException {
        assertThat(MediaFiles.read(Files.write(folder.resolve("a.png"), whole("a.mp4")))
                        .frames())
                .isEqualTo(FRAMES);
        assertThat(MediaFiles.read(Files.write(folder.resolve("b.mp4"), whole("a.jpg")))
                        .frames())
                .isEqualTo(1);
        assertThat(MediaFiles.read(Files.write(folder.resolve("c"), whole("a.webp")))
                        .frames())
                .isEqualTo(FRAMES);
    }

    @Test
    @Timeout(60)
    void nothingButTheFileItselfIsOpened() throws IOException {
        Path secret = Files.write(folder.resolve("secret.mp4"), whole("a.mp4"));
        try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            server.setSoTimeout(200);
            String address = "http://127.0.0.1:%s/a.mp4".formatted(server.getLocalPort());
            Map<String, String> tricks = new LinkedHashMap<>();
            tricks.put("concat.mp4", "ffconcat version 1.0\nfile '%s'\n".formatted(secret));
            tricks.put(
                    "list.m3u8",
                    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n%s\n#EXT-X-ENDLIST\n".formatted(address));
            tricks.put(
                    "local.m3u8",
                    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n%s\n#EXT-X-ENDLIST\n".formatted(secret));
            tricks.put(
                    "renamed.mp4",
                    "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:%s\n#EXT-X-ENDLIST\n".formatted(secret));
            tricks.put(
                    "session.sdp",
                    "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=a\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n");
            tricks.put(
                    "dash.mpd",
                    "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\"><Period><AdaptationSet>"
                            + "<Representation id=\"1\"><BaseURL>" + address
                            + "</BaseURL></Representation></AdaptationSet>"
                            + "</Period></MPD>");
            for (Map.Entry<String, String> trick : tricks.entrySet()) {
                Path file = Files.writeString(folder.resolve(trick.getKey()), trick.getValue());
                assertThatThrownBy(() -> VideoReader.open(file, OPTIONS))
                        .as(trick.getKey())
                        .isInstanceOf(IOException.class)
                        .hasMessageStartingWith(file + " is not a video that can be read");
            }
            for (String name : List.of(
                    "concat:%s|%s".formatted(secret.getFileName(), secret.getFileName()),
                    "subfile,,start,0,end,0,,:a",
                    "frame-%03d.mp4",
                    "pipe:0")) {
                assertThatThrownBy(() -> VideoReader.open(folder.resolve(name), OPTIONS))
                        .hasMessageContaining("does not exist");
                Path there = Files.write(folder.resolve(name.replace('/', '-')), whole("a.mp4"));
                assertThat(MediaFiles.read(there).frames()).as(name).isEqualTo(FRAMES);
            }
            assertThatThrownBy(server::accept).isInstanceOf(SocketTimeoutException.class);
        }
    }

    @Test
    @Timeout(20)
    void whatIsNoFileIsRefusedAndNotWaitedFor() throws Exception {
        Path pipe = folder.resolve("pipe.mp4");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        assertThatThrownBy(() -> VideoReader.open(pipe)).hasMessageContaining("is neither a file nor a folder");
        assertThatThrownBy(() -> VideoReader.open(Path.of("/dev/zero")))
                .hasMessageContaining("is neither a file nor a folder");
    }
}
