package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;

/**
 * Makes videos of any length chunk by chunk, along the ODE and without gradients. A chunk sees a {@link StreamMemory} of those before it
 * and none after it; once it is finished, a pass at σ = 0 leaves its keys and values there. What is held does not grow with the
 * length, and frames are handed over as they are finished.
 *
 * <p>The noise of a chunk is a function of the seed and the chunk's number, so that a longer video begins as a shorter one.
 *
 * <p>A model from a picture is given it with the first chunk; later ones know it from what is remembered.
 *
 * <p>A model that was trained with all frames seeing each other works, but knows no such past; one whose {@code num_frame_per_block}
 * is the chunk was made for it.
 *
 * <p>Source: Reward Forcing (2025), {@code pipeline/causal_inference.py}, with Self Forcing's order (arXiv:2506.08009); differs: any
 * solver and grid, where the code re-noises along four fixed steps.
 */
public final class VideoStream {
    private final FlowPipeline pipeline;
    private final PictureSettings settings;
    private final StreamSettings stream;
    private final OdeSampler sampler;

    /** Takes finished frames. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Called after each chunk; those of a video come in order.
         *
         * @param first index of the first request of the batch
         * @param frame number of the first frame, from 0
         * @param frames in [0, 1], shape (B, frames, 3, height, width), float32; closed when the call returns
         */
        void accept(int first, int frame, NDArray frames);
    }

    /**
     * Creates a stream over a pipeline that stays the caller's.
     *
     * @param settings its frames are the length of a video, of any number; its chunk size is the videos that are made together
     * @throws IllegalArgumentException if the model cannot make such a video in such chunks
     */
    public VideoStream(FlowPipeline pipeline, PictureSettings settings, StreamSettings stream) {
        requireStreamable(pipeline);
        int block = pipeline.blockFrames();
        if (block > 0 && block != stream.chunk()) {
            throw new IllegalArgumentException("chunk (%s) must be %s, the frames that this model makes at a time."
                    .formatted(stream.chunk(), block));
        }
        pipeline.sizes().latentShape(1, stream.chunk(), settings.height(), settings.width());
        this.pipeline = pipeline;
        this.settings = settings;
        this.stream = stream;
        this.sampler = new OdeSampler(
                settings.solver(), pipeline.sizes().schedule(settings.steps(), settings.height(), settings.width()));
    }

    private static void requireStreamable(FlowPipeline pipeline) {
        if (!pipeline.video() || !pipeline.onPixels()) {
            throw new IllegalArgumentException(
                    "model (%s) must make videos and work on pixels, without an autoencoder, to be streamed."
                            .formatted(pipeline.folder()));
        }
    }

    /** Returns the number of chunks that are made of so many videos, each batch's counted once. */
    public int chunks(int videos) {
        return batches(videos) * stream.chunks(settings.frames());
    }

    private int batches(int videos) {
        return (videos - 1) / settings.chunkSize() + 1;
    }

    /**
     * Makes the videos, as many batches at a time as there are lanes.
     *
     * @param lanes batches are made on
     * @param requests at least one
     * @param sink takes each chunk, on the thread that calls
     * @param listener hears of every finished chunk, on the thread that calls
     * @throws CancellationException if the listener stops the run
     * @throws IllegalArgumentException if a request lacks a picture or has one too many
     */
    public void sample(Lanes lanes, List<PictureSampler.Request> requests, Sink sink, StepListener listener) {
        requests.forEach(request -> pipeline.startPictures().require(request.prompt(), request.picture()));
        int total = chunks(requests.size());
        int[] done = {0};
        try (NDManager run = pipeline.manager().newSubManager()) {
            Optional<Conditioning> negative = negative(run);
            for (int first = 0; first < batches(requests.size()); first += lanes.count()) {
                List<Batch> together = new ArrayList<>();
                try {
                    for (int b = first; b < Math.min(first + lanes.count(), batches(requests.size())); b++) {
                        int from = b * settings.chunkSize();
                        int end = Math.min(from + settings.chunkSize(), requests.size());
                        together.add(new Batch(run, from, requests.subList(from, end), negative));
                    }
                    for (int chunk = 0; chunk < stream.chunks(settings.frames()); chunk++) {
                        int number = chunk;
                        lanes.run(
                                together.size(),
                                (lane, batch) -> together.get(batch).next(number),
                                (batch, frames) -> {
                                    // Its manager, as reading a view of an array leaves a copy there.
                                    try (NDManager ignored = frames.getManager()) {
                                        sink.accept(together.get(batch).first, number * stream.chunk(), frames);
                                    }
                                    if (!listener.finished(++done[0], total)) {
                                        throw new CancellationException(
                                                "Sampling was stopped after chunk %s of %s.".formatted(done[0], total));
                                    }
                                });
                    }
                } finally {
                    together.forEach(Batch::close);
                }
            }
        }
    }

    /** Returns what guidance moves away from, if it does. */
    private Optional<Conditioning> negative(NDManager owner) {
        return settings.guidance() == 1 || !pipeline.takesNegativePrompt()
                ? Optional.empty()
                : Optional.of(pipeline.encode(owner, List.of(settings.negativePrompt())));
    }

    /** Videos that are made together. */
    private final class Batch implements AutoCloseable {
        private final int first;
        private final List<PictureSampler.Request> requests;
        private final NDManager manager;
        private final StreamMemory memory;
        private final VelocityModel model;
        private final Conditioning start;
        private final Conditioning later;

        Batch(NDManager owner, int first, List<PictureSampler.Request> requests, Optional<Conditioning> negative) {
            this.first = first;
            this.requests = requests;
            this.manager = owner.newSubManager();
            this.memory = new StreamMemory(manager, stream.rule());
            VelocityModel remembering = pipeline.velocityModel(memory);
            this.model = negative.<VelocityModel>map(
                            text -> new ClassifierFreeGuidance(remembering, text, settings.guidance()))
                    .orElse(remembering);
            List<String> distinct = requests.stream()
                    .map(PictureSampler.Request::prompt)
                    .distinct()
                    .toList();
            int[] rows = requests.stream()
                    .mapToInt(request -> distinct.indexOf(request.prompt()))
                    .toArray();
            try (Torch.Scope off = Torch.noGradient();
                    NDManager scratch = manager.newSubManager()) {
                Conditioning texts = pipeline.encode(scratch, distinct).rows(manager, rows);
                this.start = pipeline.startPictures().needed() ? texts.withEach(manager, pictures(scratch)) : texts;
                this.later = new Conditioning(texts.tokens(), texts.pooled(), unknown());
            }
        }

        private List<List<NDArray>> pictures(NDManager owner) {
            return requests.stream()
                    .map(request -> pipeline.startPictures()
                            .encode(
                                    owner,
                                    request.picture().orElseThrow(),
                                    stream.chunk(),
                                    settings.height(),
                                    settings.width()))
                    .toList();
        }

        /** What a chunk after the first knows of the picture: no frame of it, but its states. */
        private List<NDArray> unknown() {
            List<NDArray> arrays = new ArrayList<>(start.picture());
            if (!arrays.isEmpty()) {
                arrays.set(0, arrays.get(0).zerosLike());
            }
            return arrays;
        }

        /** Returns the frames of the next chunk, in a manager of their own. */
        NDArray next(int chunk) {
            try (Torch.Scope off = Torch.noGradient();
                    NDManager scratch = manager.newSubManager()) {
                Conditioning conditioning = chunk == 0 ? start : later;
                NDArray latents = sampler.sample(model, noise(scratch, chunk), conditioning);
                int begun = chunk * stream.chunk();
                if (begun + stream.chunk() < settings.frames()) {
                    memory.remembering(
                            () -> model.velocity(latents, 0, conditioning).close());
                }
                int left = Math.min(stream.chunk(), settings.frames() - begun);
                NDArray frames = pipeline.decode(latents).get(new NDIndex(":, :{}", left));
                frames.attach(manager.newSubManager());
                return frames;
            }
        }

        private NDArray noise(NDManager owner, int chunk) {
            Shape shape =
                    pipeline.sizes().latentShape(requests.size(), stream.chunk(), settings.height(), settings.width());
            int size = Math.toIntExact(shape.size() / requests.size());
            float[] values = new float[size * requests.size()];
            for (int i = 0; i < requests.size(); i++) {
                float[] one = NoiseSource.of(requests.get(i).seed(), chunk).gaussian(size);
                System.arraycopy(one, 0, values, i * size, size);
            }
            return owner.create(values, shape);
        }

        @Override
        public void close() {
            manager.close();
        }
    }
}
