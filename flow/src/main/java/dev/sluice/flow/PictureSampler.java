package dev.sluice.flow;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CancellationException;

/**
 * Makes pictures from prompts and seeds, chunk by chunk, along the ODE and without gradients: how a model is used, and how it
 * is judged.
 *
 * <p>It reads the pipeline's weights as they are at each call, so it also shows a model that is being trained. Equal prompts,
 * seeds and settings start from equal noise whatever the other pictures and the chunk size.
 */
public final class PictureSampler {
    private final FlowPipeline pipeline;
    private final PictureSettings settings;
    private final OdeSampler sampler;

    /**
     * Creates a sampler over a pipeline that stays the caller's.
     *
     * @throws IllegalArgumentException if the pipeline does not make pictures of that size
     */
    public PictureSampler(FlowPipeline pipeline, PictureSettings settings) {
        if (!pipeline.takesNegativePrompt() && !settings.negativePrompt().isEmpty()) {
            throw new IllegalArgumentException(
                    "negativePrompt (%s) must be empty, because this model's guidance has none."
                            .formatted(settings.negativePrompt()));
        }
        this.pipeline = pipeline;
        this.settings = settings;
        this.sampler = new OdeSampler(
                settings.solver(), pipeline.sizes().schedule(settings.steps(), settings.height(), settings.width()));
    }

    /**
     * A picture to make.
     *
     * @param prompt its text
     * @param seed names its noise
     * @param picture what a video starts from, where the model needs one, else nothing
     */
    public record Request(String prompt, long seed, Optional<StartPicture> picture) {
        /** A picture to make of a text alone. */
        public Request(String prompt, long seed) {
            this(prompt, seed, Optional.empty());
        }
    }

    /** Takes finished pictures. */
    @FunctionalInterface
    public interface Sink {
        /**
         * Called after each chunk, in order.
         *
         * @param first index of the chunk's first request
         * @param pictures in [0, 1], shape (B, 3, height, width), or (B, frames, 3, height, width) of videos, float32; closed
         *     when the call returns
         */
        void accept(int first, NDArray pictures);
    }

    /** Returns the number of chunks that so many pictures are made in. */
    public int chunks(int pictures) {
        return (pictures + settings.chunkSize() - 1) / settings.chunkSize();
    }

    /**
     * Makes the pictures.
     *
     * @param lanes chunks are made on
     * @param requests in the order in which the sink gets them
     * @param sink takes each chunk, on the thread that calls
     * @param listener hears of every step, on the thread that calls; its total is that of all chunks
     * @throws CancellationException if the listener stops the run
     * @throws IllegalArgumentException if a request lacks a picture or has one too many
     */
    public void sample(Lanes lanes, List<Request> requests, Sink sink, StepListener listener) {
        requests.forEach(request -> pipeline.startPictures().require(request.prompt(), request.picture()));
        int size = settings.chunkSize();
        int chunks = chunks(requests.size());
        int steps = settings.steps();
        try (Torch.Scope off = Torch.noGradient();
                NDManager run = pipeline.manager().newSubManager()) {
            VelocityModel model = guided(run);
            Map<StartPicture, List<NDArray>> shared = shared(run, requests);
            int[] done = {0};
            lanes.run(
                    chunks,
                    (lane, chunk) -> {
                        int first = chunk * size;
                        List<Request> part = requests.subList(first, Math.min(first + size, requests.size()));
                        return pictures(
                                run,
                                model,
                                shared,
                                part,
                                () -> lane.tell(() -> {
                                    if (!listener.finished(++done[0], chunks * steps)) {
                                        throw new CancellationException("Sampling was stopped after step %s of %s."
                                                .formatted(done[0], chunks * steps));
                                    }
                                }));
                    },
                    (chunk, pictures) -> {
                        try (pictures) {
                            sink.accept(chunk * size, pictures);
                        }
                    });
        }
    }

    private NDArray pictures(
            NDManager owner,
            VelocityModel model,
            Map<StartPicture, List<NDArray>> shared,
            List<Request> part,
            Runnable afterStep) {
        try (Torch.Scope off = Torch.noGradient();
                NDManager scratch = owner.newSubManager()) {
            NDArray latents = sampler.sample(
                    model, noise(scratch, part), conditioning(scratch, shared, part), 0, (done, steps) -> {
                        afterStep.run();
                        return true;
                    });
            NDArray pictures = pipeline.decode(latents);
            pictures.attach(owner);
            return pictures;
        }
    }

    private VelocityModel guided(NDManager owner) {
        return pipeline.guidedModel(
                pipeline.transformerWeights(),
                () -> pipeline.encode(owner, List.of(settings.negativePrompt())),
                settings.guidance());
    }

    /** Encodes a picture that all start from once; pictures of their own are encoded with each chunk, as they may be many. */
    private Map<StartPicture, List<NDArray>> shared(NDManager owner, List<Request> requests) {
        Set<StartPicture> distinct = new HashSet<>();
        requests.forEach(request -> request.picture().ifPresent(distinct::add));
        Map<StartPicture, List<NDArray>> shared = new HashMap<>();
        if (distinct.size() == 1) {
            distinct.forEach(picture -> shared.put(picture, encoded(owner, picture)));
        }
        return shared;
    }

    private List<NDArray> encoded(NDManager owner, StartPicture picture) {
        return pipeline.startPictures().encode(owner, picture, settings.frames(), settings.height(), settings.width());
    }

    private NDArray noise(NDManager owner, List<Request> part) {
        Shape shape = pipeline.sizes().latentShape(part.size(), settings.frames(), settings.height(), settings.width());
        int size = Math.toIntExact(shape.size() / part.size());
        float[] values = new float[size * part.size()];
        for (int i = 0; i < part.size(); i++) {
            float[] one = NoiseSource.of(part.get(i).seed()).gaussian(size);
            System.arraycopy(one, 0, values, i * size, size);
        }
        return owner.create(values, shape);
    }

    /** Encodes each prompt and each picture of the chunk once. */
    private Conditioning conditioning(NDManager owner, Map<StartPicture, List<NDArray>> shared, List<Request> part) {
        List<String> distinct = new ArrayList<>(
                new LinkedHashSet<>(part.stream().map(Request::prompt).toList()));
        int[] rows = part.stream()
                .mapToInt(request -> distinct.indexOf(request.prompt()))
                .toArray();
        Conditioning texts = pipeline.encode(owner, distinct).rows(owner, rows);
        if (!pipeline.startPictures().needed()) {
            return texts;
        }
        Map<StartPicture, List<NDArray>> known = new HashMap<>(shared);
        List<List<NDArray>> pictures = part.stream()
                .map(request ->
                        known.computeIfAbsent(request.picture().orElseThrow(), picture -> encoded(owner, picture)))
                .toList();
        return texts.withEach(owner, pictures);
    }
}
