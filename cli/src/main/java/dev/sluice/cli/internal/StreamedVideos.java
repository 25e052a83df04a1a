package dev.sluice.cli.internal;

import dev.sluice.flow.PictureSampler;
import dev.sluice.flow.VideoStream;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.video.Media;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Makes videos chunk by chunk and writes each frame as it is finished, so that no video is ever held as a whole. */
public final class StreamedVideos {
    private final PictureFolder folder;
    private final List<PictureFolder.Entry> entries;
    private final int frames;
    private final TreeMap<Integer, PictureFolder.Film> open = new TreeMap<>();
    private int failed;
    private int written;

    /**
     * Creates the work.
     *
     * @param folder takes the videos
     * @param entries what is asked for
     * @param frames of each video
     */
    public StreamedVideos(PictureFolder folder, List<PictureFolder.Entry> entries, int frames) {
        this.folder = folder;
        this.entries = entries;
        this.frames = frames;
    }

    /**
     * Makes them all.
     *
     * @param requests one for each entry
     * @return how many could not be made
     */
    public int run(VideoStream stream, Lanes lanes, List<PictureSampler.Request> requests, Progress progress)
            throws IOException {
        try {
            stream.sample(
                    lanes,
                    requests,
                    (first, frame, made) -> {
                        int length = Math.toIntExact(made.getShape().get(1));
                        List<Optional<Media>> chunk = Pictures.of(made);
                        add(first, frame + length, chunk);
                        written += length * chunk.size();
                        progress.done(written, "frames");
                    },
                    (done, chunks) -> true);
            return failed;
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } finally {
            for (PictureFolder.Film film : open.values()) {
                film.close();
            }
        }
    }

    /**
     * Writes the frames of a chunk.
     *
     * @param first index of the first video's entry
     * @param end number of the frame after the chunk's last
     */
    private void add(int first, int end, List<Optional<Media>> chunk) {
        try {
            for (int index = first; index < first + chunk.size(); index++) {
                PictureFolder.Film film = open.computeIfAbsent(index, key -> folder.film(entries.get(key)));
                film.add(chunk.get(index - first));
                if (end == frames) {
                    failed += film.finish() ? 0 : 1;
                    open.remove(index).close();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
