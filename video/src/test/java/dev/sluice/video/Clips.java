package dev.sluice.video;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A moving picture whose every frame is another: a square that crosses waves of colour. */
final class Clips {
    static final int HEIGHT = 96;
    static final int WIDTH = 128;

    private Clips() {}

    static Media frame(int number, int height, int width) {
        byte[] rgb = new byte[3 * height * width];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                double across = x / (double) width;
                double down = y / (double) height;
                boolean square = Math.abs(x - number * 5 % width) < width / 8 && Math.abs(y - height / 2) < height / 6;
                int at = 3 * (y * width + x);
                rgb[at] = (byte) (square ? 220 : 40 + 160 * across);
                rgb[at + 1] = (byte) (square ? 40 : 60 + 120 * down);
                rgb[at + 2] = (byte) (square ? 30 : 128 + 90 * Math.sin(6 * across + 4 * down + number * 0.3));
            }
        }
        return Media.image(height, width, rgb);
    }

    static Media clip(int frames, int height, int width, double rate) {
        byte[] rgb = new byte[frames * 3 * height * width];
        for (int i = 0; i < frames; i++) {
            System.arraycopy(frame(i, height, width).rgb(), 0, rgb, i * 3 * height * width, 3 * height * width);
        }
        return new Media(frames, height, width, rgb, rate);
    }

    static Path write(Path file, int frames) throws IOException {
        MediaFiles.write(clip(frames, HEIGHT, WIDTH, 16), file);
        return file;
    }

    static List<VideoFrame> read(Path file, ReadOptions options) throws IOException {
        List<VideoFrame> frames = new ArrayList<>();
        try (VideoReader reader = VideoReader.open(file, options)) {
            for (Optional<VideoFrame> next = reader.next(); next.isPresent(); next = reader.next()) {
                frames.add(next.get());
            }
        }
        return frames;
    }

    /** Returns the ratio of peak to noise in decibels; infinite of equal pictures. */
    static double psnr(Media one, Media other) {
        double sum = 0;
        for (int i = 0; i < one.rgb().length; i++) {
            double difference = (one.rgb()[i] & 0xFF) - (other.rgb()[i] & 0xFF);
            sum += difference * difference;
        }
        return 10 * Math.log10(255 * 255 * (double) one.rgb().length / sum);
    }
}
