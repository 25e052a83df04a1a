package dev.sluice.grpo.internal;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.AdapterFolder;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.PictureSampler;
import dev.sluice.flow.PictureSettings;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.grpo.Sampler;
import dev.sluice.grpo.SamplerProvider;
import dev.sluice.video.Media;
import dev.sluice.video.Pixels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/** Samples from a model folder in diffusers' layout. */
final class FlowSampler implements Sampler {
    private static final Set<String> OPTIONS =
            new TreeSet<>(Set.of("model", "adapter", "device", "steps", "guidance", "threads"));
    private static final int CHUNK = 16;
    private static final double FRAMES_PER_SECOND = 16;

    private final FlowPipeline pipeline;
    private final Optional<LoraAdapter> adapter;
    private final PictureSettings settings;
    private final int threads;

    private FlowSampler(FlowPipeline pipeline, Optional<LoraAdapter> adapter, PictureSettings settings, int threads) {
        this.pipeline = pipeline;
        this.adapter = adapter;
        this.settings = settings;
        this.threads = threads;
    }

    @Override
    public synchronized List<Media> sample(List<String> prompts, long firstSeed) {
        List<PictureSampler.Request> requests = IntStream.range(0, prompts.size())
                .mapToObj(i -> new PictureSampler.Request(prompts.get(i), firstSeed + i))
                .toList();
        List<Media> media = new ArrayList<>();
        PictureSampler sampler = new PictureSampler(pipeline, settings);
        try (Lanes lanes = Lanes.open(1, 1, threads, pipeline.manager().getDevice())) {
            sampler.sample(lanes, requests, (first, pictures) -> add(media, pictures), (done, all) -> true);
        }
        return media;
    }

    private static void add(List<Media> media, NDArray pictures) {
        long[] shape = pictures.getShape().getShape();
        int frames = shape.length == 5 ? Math.toIntExact(shape[1]) : 1;
        int height = Math.toIntExact(shape[shape.length - 2]);
        int width = Math.toIntExact(shape[shape.length - 1]);
        int size = 3 * height * width;
        float[] values = pictures.toFloatArray();
        if (!Pixels.finite(values)) {
            throw new IllegalStateException("The pixels of a sample are not finite.");
        }
        for (int start = 0; start < values.length; start += frames * size) {
            byte[] rgb = new byte[frames * size];
            for (int i = 0; i < frames; i++) {
                int at = start + i * size;
                byte[] frame = Pixels.image(Arrays.copyOfRange(values, at, at + size), height, width)
                        .rgb();
                System.arraycopy(frame, 0, rgb, i * size, size);
            }
            media.add(new Media(frames, height, width, rgb, frames == 1 ? 0 : FRAMES_PER_SECOND));
        }
    }

    @Override
    public synchronized void close() {
        adapter.ifPresent(LoraAdapter::close);
        pipeline.close();
    }

    /** Offers it. */
    public static final class Provider implements SamplerProvider {
        @Override
        public String name() {
            return "flow";
        }

        @Override
        public Sampler open(Map<String, String> options) throws IOException {
            for (String option : options.keySet()) {
                if (!OPTIONS.contains(option)) {
                    throw new IllegalArgumentException("The sampler flow has no option %s; it has %s."
                            .formatted(option, String.join(", ", OPTIONS)));
                }
            }
            if (!options.containsKey("model")) {
                throw new IllegalArgumentException("The sampler flow needs the option model, a model's folder.");
            }
            int steps = (int) number(options, "steps", "20");
            double guidance = number(options, "guidance", "4.5");
            int threads = (int) number(options, "threads", "0");
            FlowPipeline pipeline = FlowPipeline.open(
                    Path.of(options.get("model")), Torch.device(options.getOrDefault("device", "auto")));
            try {
                Optional<LoraAdapter> adapter = Optional.empty();
                if (options.containsKey("adapter")) {
                    adapter = Optional.of(AdapterFolder.open(
                            Path.of(options.get("adapter")), pipeline.manager(), pipeline.transformerWeights()));
                    adapter.get().fold();
                }
                return new FlowSampler(
                        pipeline, adapter, PictureSettings.of(pipeline, steps, guidance, CHUNK), threads);
            } catch (IOException | RuntimeException e) {
                pipeline.close();
                throw e;
            }
        }

        private static double number(Map<String, String> options, String name, String usual) {
            String text = options.getOrDefault(name, usual);
            try {
                return Double.parseDouble(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("%s (%s) must be a number.".formatted(name, text), e);
            }
        }
    }
}
