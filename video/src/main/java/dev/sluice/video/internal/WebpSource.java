package dev.sluice.video.internal;

import static org.bytedeco.ffmpeg.global.avcodec.AV_CODEC_ID_WEBP;
import static org.bytedeco.ffmpeg.global.avcodec.av_new_packet;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_alloc;
import static org.bytedeco.ffmpeg.global.avcodec.av_packet_free;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_alloc_context3;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_find_decoder;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_free_context;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_open2;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_receive_frame;
import static org.bytedeco.ffmpeg.global.avcodec.avcodec_send_packet;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_alloc;
import static org.bytedeco.ffmpeg.global.avutil.av_frame_free;

import dev.sluice.video.Media;
import dev.sluice.video.ReadOptions;
import dev.sluice.video.VideoFrame;
import dev.sluice.video.VideoInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.javacpp.Pointer;

/** Frames of a WebP file: each picture is decoded by FFmpeg, and laid on the canvas here. */
final class WebpSource implements FrameSource {
    private final Path path;
    private final ReadOptions options;
    private final WebpFile file;
    private final VideoInfo info;
    private final byte[] rgb;
    private final byte[] alpha;
    private int index;
    private long millis;

    WebpSource(Path path, ReadOptions options) throws IOException {
        this.path = path;
        this.options = options;
        file = WebpFile.parse(Stills.bytes(path), path.toString());
        if (!(file.height() >= 1 && file.width() >= 1 && (long) file.height() * file.width() <= Ffmpeg.MOST_PIXELS)) {
            throw new IOException("%s has frames of %s×%s pixels; expected 1 to %s pixels."
                    .formatted(path, file.height(), file.width(), Ffmpeg.MOST_PIXELS));
        }
        long length =
                file.pictures().stream().mapToLong(WebpFile.Picture::millis).sum();
        int frames = file.pictures().size();
        double rate = file.animated() && length > 0 ? 1000.0 * frames / length : 0;
        info = Resizer.stored(
                file.animated() ? "animated webp" : "webp",
                "webp",
                file.height(),
                file.width(),
                rate,
                frames,
                file.alpha());
        Ffmpeg.load();
        rgb = new byte[3 * file.height() * file.width()];
        alpha = new byte[file.height() * file.width()];
    }

    @Override
    public VideoInfo info() {
        return info;
    }

    @Override
    public Optional<VideoFrame> next() throws IOException {
        if (index == file.pictures().size()) {
            return Optional.empty();
        }
        WebpFile.Picture picture = file.pictures().get(index);
        if (index > 0 && file.pictures().get(index - 1).clear()) {
            clear(file.pictures().get(index - 1));
        }
        lay(picture, decode(picture));
        boolean opaque = !file.alpha();
        FrameConverter.Pixels pixels = Resizer.fit(
                path,
                file.height(),
                file.width(),
                rgb.clone(),
                opaque ? Optional.empty() : Optional.of(alpha.clone()),
                options);
        Media image = Media.image(pixels.height(), pixels.width(), pixels.rgb());
        VideoFrame frame = new VideoFrame(index, millis / 1000.0, picture.millis() / 1000.0, image, pixels.alpha());
        index++;
        millis += picture.millis();
        return Optional.of(frame);
    }

    private FrameConverter.Pixels decode(WebpFile.Picture picture) throws IOException {
        AVCodec codec = avcodec_find_decoder(AV_CODEC_ID_WEBP);
        AVCodecContext decoder = avcodec_alloc_context3(codec);
        AVPacket packet = av_packet_alloc();
        AVFrame frame = av_frame_alloc();
        VideoInfo stored = Resizer.stored("webp", "webp", picture.height(), picture.width(), 0, 1, file.alpha());
        ReadOptions whole = ReadOptions.DEFAULT.withAlpha().with(1, 0);
        try (FrameConverter converter = new FrameConverter(stored, whole)) {
            decoder.max_pixels(Ffmpeg.MOST_PIXELS);
            decoder.thread_count(1);
            int status = avcodec_open2(decoder, codec, new AVDictionary((Pointer) null));
            status = status < 0 ? status : av_new_packet(packet, picture.still().length);
            if (status >= 0) {
                packet.data().put(picture.still(), 0, picture.still().length);
                status = avcodec_send_packet(decoder, packet);
            }
            status = status < 0 ? status : avcodec_receive_frame(decoder, frame);
            if (status < 0) {
                throw new IOException("%s is damaged at frame %s: %s.".formatted(path, index, Ffmpeg.error(status)));
            }
            if (frame.height() != picture.height() || frame.width() != picture.width()) {
                throw new IOException(
                        "%s is broken: frame %s has another size than its header says.".formatted(path, index));
            }
            return converter.convert(frame, path);
        } finally {
            av_frame_free(frame);
            av_packet_free(packet);
            avcodec_free_context(decoder);
        }
    }

    private void clear(WebpFile.Picture picture) {
        for (int y = 0; y < picture.height(); y++) {
            int at = (picture.top() + y) * file.width() + picture.left();
            Arrays.fill(alpha, at, at + picture.width(), (byte) 0);
            Arrays.fill(rgb, 3 * at, 3 * (at + picture.width()), (byte) 0);
        }
    }

    private void lay(WebpFile.Picture picture, FrameConverter.Pixels pixels) {
        for (int y = 0; y < picture.height(); y++) {
            for (int x = 0; x < picture.width(); x++) {
                int from = y * picture.width() + x;
                int to = (picture.top() + y) * file.width() + picture.left() + x;
                int over = pixels.alpha().isPresent() ? pixels.alpha().get()[from] & 0xFF : 255;
                int under = picture.blend() ? (alpha[to] & 0xFF) * (255 - over) : 0;
                int sum = over * 255 + under;
                for (int c = 0; c < 3; c++) {
                    int value = pixels.rgb()[3 * from + c] & 0xFF;
                    if (under > 0) { // RFC 9649, section 2.7.1.1: colours weighted by how much each shows
                        value = (value * over * 255 + (rgb[3 * to + c] & 0xFF) * under + sum / 2) / sum;
                    }
                    rgb[3 * to + c] = (byte) value;
                }
                alpha[to] = (byte) ((sum + 127) / 255);
            }
        }
    }

    @Override
    public void seekFrame(long wanted) throws IOException {
        if (wanted >= file.pictures().size()) {
            throw new IOException("%s has %s frames, but frame %s was asked for."
                    .formatted(path, file.pictures().size(), wanted));
        }
        if (wanted < index) {
            index = 0;
            millis = 0;
            Arrays.fill(rgb, (byte) 0);
            Arrays.fill(alpha, (byte) 0);
        }
        while (index < wanted) { // each picture is laid on those before it
            next();
        }
    }

    @Override
    public double[] times() {
        double[] times = new double[file.pictures().size()];
        long at = 0;
        for (int i = 0; i < times.length; i++) {
            times[i] = at / 1000.0;
            at += file.pictures().get(i).millis();
        }
        return times;
    }

    @Override
    public void close() {
        // decoders are closed with each picture
    }
}
