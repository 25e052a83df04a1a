package dev.sluice.cli.internal;

import dev.sluice.rewards.SceneDrawing;
import dev.sluice.rewards.ScenesWorld;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/** Pictures without flaws, in an order that the seed names. */
public final class CleanPictures {
    private static final List<String> ENDINGS = List.of(".png", ".jpg", ".jpeg");
    private static final int LEAST = 120;

    private CleanPictures() {}

    /** Returns drawn scenes. */
    public static List<Media> scenes(int count, long seed) {
        List<Media> pictures = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            pictures.add(
                    ScenesWorld.example(SceneDrawing.PLAIN, seed, i).scene().media());
        }
        return pictures;
    }

    /**
     * Returns pictures of a folder, at most {@code count}.
     *
     * @throws IOException if the folder or a picture cannot be read
     * @throws IllegalArgumentException if there are too few
     */
    public static List<Media> of(Path folder, int count, long seed) throws IOException {
        return of(folder, count, LEAST, seed);
    }

    /**
     * Returns pictures of a folder, at most {@code count}; its contact sheet is none.
     *
     * @param least so many there must be
     * @throws IOException if the folder or a picture cannot be read
     * @throws IllegalArgumentException if there are too few
     */
    public static List<Media> of(Path folder, int count, int least, long seed) throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(folder)) {
            files = new ArrayList<>(found.filter(file -> ENDINGS.stream()
                            .anyMatch(file.getFileName().toString().toLowerCase(Locale.ROOT)::endsWith))
                    .filter(file -> !file.endsWith(Gallery.SHEET))
                    .sorted()
                    .toList());
        }
        if (files.size() < least) {
            throw new IllegalArgumentException("%s has %s pictures (%s); at least %s are needed."
                    .formatted(folder, files.size(), String.join(", ", ENDINGS), least));
        }
        Collections.shuffle(files, new Random(seed));
        List<Media> pictures = new ArrayList<>();
        for (Path file : files.subList(0, Math.min(count, files.size()))) {
            pictures.add(ImageFiles.read(file));
        }
        return pictures;
    }
}
