package dev.sluice.cli.internal;

import dev.sluice.flow.AtomicFiles;
import dev.sluice.grpo.Prompt;
import dev.sluice.video.ContactSheet;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.MediaFiles;
import dev.sluice.video.VideoFormat;
import dev.sluice.video.VideoWriter;
import dev.sluice.video.WriteOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.json.JsonMapper;

/**
 * A folder of pictures: a PNG file for each prompt and seed, a video file of a video or a folder of its frames,
 * {@code contact-sheet.png}, and {@code prompts.jsonl} with what each picture was made from. A picture is there under its name
 * when it is complete, the other two at the end.
 */
public final class PictureFolder {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String SHEET = "contact-sheet.png";
    private static final String INDEX = "prompts.jsonl";
    private static final String VIDEO = "\\d{3,}-seed--?\\d+";
    private static final String PICTURE = VIDEO + "\\.(png|mp4|webm|mkv|gif|webp|apng)";
    private static final String FRAME = "frame-\\d{3,}\\.png";

    /** Pictures on a sheet: more are too small to see, and take memory. */
    private static final int MOST_ON_SHEET = 256;

    private static final int MOST_COLUMNS = 16;

    private final Path folder;
    private final VideoFormat videos;
    private final List<String> lines = new ArrayList<>();
    private final List<Media> pictures = new ArrayList<>();
    private final List<String> labels = new ArrayList<>();

    private PictureFolder(Path folder, VideoFormat videos) {
        this.folder = folder;
        this.videos = videos;
    }

    /**
     * A picture that is asked for.
     *
     * @param number the prompt's number, from 1
     * @param prompt the prompt
     * @param seed names the noise
     */
    public record Entry(int number, Prompt prompt, long seed) {
        /** Returns the name without an ending, such as {@code 001-seed-7}, which is that of a folder of frames. */
        public String folder() {
            return "%03d-seed-%s".formatted(number, seed);
        }

        /** Returns the picture's file name, such as {@code 001-seed-7.png}. */
        public String file() {
            return folder() + ".png";
        }

        /** Returns the name of a video's file or folder. */
        String video(VideoFormat format) {
            return folder()
                    + (format.endings().isEmpty() ? "" : format.endings().get(0));
        }
    }

    /**
     * Refuses a folder that cannot take pictures, and changes nothing.
     *
     * @param overwrite whether there may be something in it
     * @throws IOException if it is not empty otherwise, or cannot be written or made
     */
    public static void check(Path folder, boolean overwrite) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new IOException("%s is a file; expected a folder to write pictures to.".formatted(folder));
        }
        if (!overwrite && !entries(folder).isEmpty()) {
            throw new IOException(
                    "%s is not empty.%nMaybe name another folder with --out, or add --overwrite.".formatted(folder));
        }
        Path there = folder.toAbsolutePath();
        while (!Files.exists(there)) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there)) {
            throw new IOException("%s cannot be made: %s is a file.".formatted(folder, there));
        }
        if (!Files.isWritable(there)) {
            throw new IOException("%s may not be written by this user.".formatted(there));
        }
    }

    /**
     * Makes a folder that was checked, if it is not there, and deletes the pictures of an earlier call in it.
     *
     * @param videos what a video is written as
     */
    public static PictureFolder open(Path folder, VideoFormat videos) throws IOException {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new IOException("%s cannot be made: %s.".formatted(folder, e.getMessage()), e);
        }
        for (Path entry : entries(folder)) {
            String name = entry.getFileName().toString();
            if (name.equals(SHEET) || name.equals(INDEX) || name.matches(PICTURE)) {
                Files.delete(entry);
            } else if (name.matches(VIDEO) && Files.isDirectory(entry)) {
                deleteVideo(entry);
            }
        }
        return new PictureFolder(folder, videos);
    }

    /** Deletes the frames, and the folder if nothing else is in it. */
    private static void deleteVideo(Path video) throws IOException {
        for (Path frame : entries(video)) {
            if (frame.getFileName().toString().matches(FRAME)) {
                Files.delete(frame);
            }
        }
        if (entries(video).isEmpty()) {
            Files.delete(video);
        }
    }

    private static List<Path> entries(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.toList();
        }
    }

    /** Writes a picture; one that could not be made is only noted. */
    public void add(Entry entry, Optional<Media> picture) throws IOException {
        if (picture.isPresent()) {
            write(entry, picture.get());
        }
        note(
                entry,
                picture.map(media -> media.isImage() ? entry.file() : entry.video(videos)),
                picture.map(media -> Pictures.frame(media, 0)));
    }

    private void note(Entry entry, Optional<String> file, Optional<Media> still) throws IOException {
        Map<String, Object> line = new LinkedHashMap<>();
        file.ifPresent(name -> line.put("file", name));
        line.put("prompt", entry.prompt().text());
        line.put("seed", entry.seed());
        if (file.isEmpty()) {
            line.put("error", "The pixels are not finite.");
        }
        entry.prompt().metadata().forEach(line::putIfAbsent);
        lines.add(JSON.writeValueAsString(line));
        if (still.isPresent() && pictures.size() < MOST_ON_SHEET) {
            pictures.add(still.get());
            labels.add(entry.prompt().text());
        }
    }

    /** Returns a video whose frames are written as they come; the caller closes it. */
    public Film film(Entry entry) {
        return new Film(entry);
    }

    /** A video that is written frame by frame; it is there under its name when it is finished. */
    public final class Film implements AutoCloseable {
        private final Entry entry;
        private Optional<VideoWriter> writer = Optional.empty();
        private Optional<Media> still = Optional.empty();
        private boolean faulty;

        private Film(Entry entry) {
            this.entry = entry;
        }

        /** Writes the next frames; a video of which some could not be made is none. */
        public void add(Optional<Media> frames) throws IOException {
            faulty |= frames.isEmpty();
            if (faulty) {
                return;
            }
            Media some = frames.get();
            if (writer.isEmpty()) {
                writer = Optional.of(VideoWriter.open(
                        folder.resolve(entry.video(videos)),
                        videos,
                        some.height(),
                        some.width(),
                        WriteOptions.at(some.framesPerSecond())));
                still = Optional.of(Pictures.frame(some, 0));
            }
            writer.get().write(some);
        }

        /** Completes the file; returns whether there is one. */
        public boolean finish() throws IOException {
            boolean whole = !faulty && writer.isPresent();
            if (whole) {
                writer.get().finish();
            }
            note(entry, whole ? Optional.of(entry.video(videos)) : Optional.empty(), whole ? still : Optional.empty());
            return whole;
        }

        @Override
        public void close() throws IOException {
            if (writer.isPresent()) {
                writer.get().close();
            }
        }
    }

    private void write(Entry entry, Media picture) throws IOException {
        if (picture.isImage()) {
            ImageFiles.write(picture, folder.resolve(entry.file()));
            return;
        }
        MediaFiles.write(picture, videos, folder.resolve(entry.video(videos)));
    }

    /** Returns the number of pictures asked for so far. */
    public int size() {
        return lines.size();
    }

    /**
     * Writes the contact sheet and the index.
     *
     * @param columns pictures of one prompt
     */
    public void finish(int columns) throws IOException {
        if (!pictures.isEmpty()) {
            ContactSheet sheet = ContactSheet.forWidth(
                    Math.min(columns, MOST_COLUMNS), pictures.get(0).width());
            ImageFiles.write(sheet.draw(pictures, labels), folder.resolve(SHEET));
        }
        AtomicFiles.file(folder.resolve(INDEX), (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
