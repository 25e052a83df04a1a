package dev.sluice.cli;

import dev.sluice.cli.internal.OpenModel;
import dev.sluice.cli.internal.PictureFolder;
import dev.sluice.cli.internal.Pictures;
import dev.sluice.cli.internal.Progress;
import dev.sluice.cli.internal.Seeds;
import dev.sluice.cli.internal.StreamedVideos;
import dev.sluice.configs.PromptSource;
import dev.sluice.configs.Prompts;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.PictureSampler;
import dev.sluice.flow.PictureSettings;
import dev.sluice.flow.StartPicture;
import dev.sluice.flow.VideoStream;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.grpo.Prompt;
import dev.sluice.video.ImageFiles;
import dev.sluice.video.Media;
import dev.sluice.video.VideoFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Makes pictures. */
@Command(
        name = "sample",
        description = {
            "Makes a picture or a video of every prompt from every seed.",
            "The folder gets a PNG file for each, or a video file, a contact sheet and prompts.jsonl. The same command gives the same "
                    + "samples; in a batch of another size a pixel may round to the next level. Exit status 1 if some could not be made.%n"
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  sluice sample --prompt \"a red circle and a blue square\" --seeds 1..8",
            "  sluice sample --adapter runs/demo/adapter --prompts prompts.txt --out after",
            "  sluice sample DIR --adapter style.safetensors:0.7 --adapter runs/demo/adapter --prompt \"a star\"",
            "  sluice sample wan-i2v --image kite.png --prompt \"the kite rises\" --frames 33 --steps 30 --guidance 5",
            "  sluice sample DIR --prompt \"a star\" --steps 28 --guidance 4.5 --negative-prompt \"blurry\" --solver dpm2m",
            "  sluice sample runs/arm-causal-pretrain/model --prompt \"move to the top\" --frames 600 --chunk 4"
        })
final class SampleCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelArguments arguments;

    @Option(names = "--prompt", paramLabel = "TEXT", description = "A prompt; may be repeated.")
    private final List<String> prompts = new ArrayList<>();

    @Option(
            names = "--prompts",
            paramLabel = "FILE",
            description =
                    "A .txt file of a prompt a line, or a .jsonl file of objects with a prompt and perhaps an image, the path "
                            + "of the picture that a video starts from; or WORLD:SPLIT, such as arm:test.")
    private String file;

    @Option(
            names = "--seeds",
            paramLabel = "SEEDS",
            defaultValue = "1..4",
            description = "Seeds and ranges of seeds, such as 1..8 or 3,7 (default: ${DEFAULT-VALUE}).")
    private String seeds;

    @Option(
            names = "--image",
            paramLabel = "FILE",
            description =
                    "The picture that videos start from (PNG or JPEG), for models that make a video of one; prompts of a "
                            + "file may have pictures of their own.")
    private Path image;

    @Mixin
    private SamplingArguments sampling;

    @Mixin
    private StreamArguments stream;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            defaultValue = "samples",
            description = "The folder to make (default: ${DEFAULT-VALUE}).")
    private Path out;

    @Option(
            names = "--video",
            paramLabel = "KIND",
            defaultValue = "mp4",
            description =
                    "What a video is written as: mp4, webm, gif, webp, or without loss mkv, apng, or png, a folder of its "
                            + "frames (default: ${DEFAULT-VALUE}).")
    private VideoKind video;

    @Option(names = "--overwrite", description = "Replace the samples that are in the folder.")
    private boolean overwrite;

    /** What a video can be written as. */
    enum VideoKind {
        MP4(VideoFormat.MP4),
        WEBM(VideoFormat.WEBM),
        GIF(VideoFormat.GIF),
        WEBP(VideoFormat.WEBP),
        MKV(VideoFormat.MKV),
        APNG(VideoFormat.APNG),
        PNG(VideoFormat.PNG_FOLDER);

        private final VideoFormat format;

        VideoKind(VideoFormat format) {
            this.format = format;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Override
    public Integer call() throws IOException {
        List<Long> numbers = Seeds.parse(seeds);
        List<Prompt> texts = prompts(start());
        sampling.check();
        stream.check();
        PictureFolder.check(out, overwrite);
        try (OpenModel model = arguments.open(sampling.reading(texts))) {
            requirePictures(model.pipeline(), texts);
            List<PictureFolder.Entry> entries = entries(texts, numbers);
            Work work = stream.wanted() ? streamed(model.pipeline(), entries) : whole(model.pipeline(), entries);
            // Only now, so that a model that cannot be opened leaves no folder and deletes no pictures.
            PictureFolder folder = PictureFolder.open(out, video.format);
            int failed = work.into(folder);
            folder.finish(numbers.size());
            PrintWriter printer = spec.commandLine().getOut();
            printer.printf("%s samples are in %s.%n", folder.size() - failed, out);
            if (failed > 0) {
                printer.printf("%s could not be made; prompts.jsonl has the reasons.%n", failed);
            }
            printer.flush();
            return failed > 0 ? 1 : 0;
        }
    }

    private void requirePictures(FlowPipeline pipeline, List<Prompt> texts) {
        if (image != null && !pipeline.startPictures().needed()) {
            throw new IllegalArgumentException(
                    "--image (%s) must be left out, because this model makes its pictures from text alone."
                            .formatted(image));
        }
        if (pipeline.startPictures().needed()
                && texts.stream().anyMatch(prompt -> prompt.picture().isEmpty())) {
            throw new IllegalArgumentException(
                    "This model makes a video of a picture.%nMaybe add --image FILE.".formatted());
        }
        texts.forEach(prompt -> pipeline.startPictures().require(prompt.text(), prompt.picture()));
    }

    private Optional<StartPicture> start() throws IOException {
        if (image == null) {
            return Optional.empty();
        }
        Media picture = ImageFiles.read(image);
        return Optional.of(new StartPicture(picture.height(), picture.width(), picture.rgb()));
    }

    /** Prompts of a file that have pictures of their own keep them. */
    private List<Prompt> prompts(Optional<StartPicture> start) throws IOException {
        List<Prompt> all = new ArrayList<>();
        for (String prompt : prompts) {
            if (prompt.isBlank()) {
                throw new IllegalArgumentException("--prompt (%s) must not be empty.".formatted(prompt));
            }
            all.add(Prompt.of(prompt));
        }
        if (file != null) {
            all.addAll(Prompts.read(PromptSource.parse(file, Path.of(""))));
        }
        if (all.isEmpty()) {
            throw new IllegalArgumentException(
                    "A prompt is missing.%nMaybe add --prompt TEXT or --prompts FILE.".formatted());
        }
        all.replaceAll(prompt -> start.filter(picture -> prompt.picture().isEmpty())
                .map(prompt::from)
                .orElse(prompt));
        return all;
    }

    private static List<PictureFolder.Entry> entries(List<Prompt> texts, List<Long> numbers) {
        List<PictureFolder.Entry> entries = new ArrayList<>();
        for (int i = 0; i < texts.size(); i++) {
            for (long seed : numbers) {
                entries.add(new PictureFolder.Entry(i + 1, texts.get(i), seed));
            }
        }
        return entries;
    }

    private static List<PictureSampler.Request> requests(List<PictureFolder.Entry> entries) {
        return entries.stream()
                .map(entry -> new PictureSampler.Request(
                        entry.prompt().text(), entry.seed(), entry.prompt().picture()))
                .toList();
    }

    /** What is left to do when a model has been found to fit. */
    @FunctionalInterface
    private interface Work {
        /** Makes all pictures; returns how many could not be made. */
        int into(PictureFolder folder) throws IOException;
    }

    private Work streamed(FlowPipeline pipeline, List<PictureFolder.Entry> entries) {
        PictureSettings settings = sampling.settings(pipeline);
        VideoStream videos = new VideoStream(pipeline, settings, stream.settings(pipeline));
        return folder -> {
            int batches = (entries.size() - 1) / settings.chunkSize() + 1;
            try (Lanes lanes = arguments.lanes(pipeline, batches);
                    Progress progress =
                            Progress.start(spec.commandLine().getErr(), 0, (long) entries.size() * settings.frames())) {
                return new StreamedVideos(folder, entries, settings.frames())
                        .run(videos, lanes, requests(entries), progress);
            }
        };
    }

    private Work whole(FlowPipeline pipeline, List<PictureFolder.Entry> entries) {
        PictureSampler sampler = new PictureSampler(pipeline, sampling.settings(pipeline));
        return folder -> sample(pipeline, sampler, entries, folder);
    }

    private int sample(
            FlowPipeline pipeline, PictureSampler sampler, List<PictureFolder.Entry> entries, PictureFolder folder) {
        List<PictureSampler.Request> requests = requests(entries);
        int[] failed = {0};
        try (Lanes lanes = arguments.lanes(pipeline, sampler.chunks(requests.size()));
                Progress progress = Progress.start(spec.commandLine().getErr(), 0, requests.size())) {
            sampler.sample(
                    lanes,
                    requests,
                    (first, pictures) -> {
                        List<Optional<Media>> made = Pictures.of(pictures);
                        for (int i = 0; i < made.size(); i++) {
                            failed[0] += made.get(i).isPresent() ? 0 : 1;
                            add(folder, entries.get(first + i), made.get(i));
                        }
                        progress.done(first + made.size(), "samples");
                    },
                    (done, steps) -> {
                        progress.phase("step %s of %s".formatted(done, steps));
                        return true;
                    });
        }
        return failed[0];
    }

    private static void add(PictureFolder folder, PictureFolder.Entry entry, Optional<Media> picture) {
        try {
            folder.add(entry, picture);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
