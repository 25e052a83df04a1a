package dev.sluice.flow;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.internal.Autoencoder;
import dev.sluice.flow.internal.BlockChain;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.Network;
import dev.sluice.flow.internal.PipelineCheck;
import dev.sluice.flow.internal.PipelineCopy;
import dev.sluice.flow.internal.PipelineIndex;
import dev.sluice.flow.internal.PipelineParts;
import dev.sluice.flow.internal.PromptEncoder;
import dev.sluice.flow.internal.WanPictures;
import dev.sluice.flow.tensor.Precision;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * A flow model from text to pictures, or from text or a picture to video, opened from a folder in diffusers' layout:
 * transformer, text encoders, tokenizers, the autoencoder if there is one, and the scheduler's settings. SD3 and SD3.5, of any
 * size, FLUX.1, Wan 2.1, Wan 2.2 (its pairs of networks), and networks that are given as a file are known.
 *
 * <p>Without an autoencoder, latents are pixels in [−1, 1].
 *
 * <p>Memory: all weights belong to the pipeline and go when it is closed. Nothing runs in the engine's inference mode, so
 * every result may enter a graph later. Several threads may encode, decode and ask for velocities at a time, each with arrays
 * of its own, while none changes the weights.
 */
public final class FlowPipeline implements AutoCloseable {
    private final NDManager manager;
    private final Path folder;
    private final Network network;
    private final PromptEncoder prompts;
    private final Autoencoder autoencoder;
    private final Optional<WanPictures> pictures;
    private final Scheduler scheduler;
    private final MemoryPolicy memory;
    private final Device decoding;

    private FlowPipeline(NDManager manager, Path folder, MemoryPolicy memory, Collection<String> texts)
            throws IOException {
        this.manager = manager;
        this.folder = folder;
        PipelineIndex index = PipelineIndex.read(folder);
        ConfigFile schedulerConfig = ConfigFile.read(index.folder("scheduler").resolve("scheduler_config.json"));
        this.scheduler = schedulerConfig.parsed(config -> Scheduler.read(config.root()));
        requireThousandTimesteps(schedulerConfig);
        PipelineCheck.check(index);
        PipelineParts parts = PipelineParts.open(index, scheduler, manager, memory, texts);
        this.network = parts.network().running(BlockChain.Running.of(memory));
        this.prompts = parts.prompts();
        this.autoencoder = parts.autoencoder();
        this.pictures = parts.pictures();
        this.memory = memory;
        this.decoding = memory.offload() ? Device.cpu() : manager.getDevice();
    }

    /** The transformer multiplies σ by 1000; a scheduler that counts otherwise would feed it other numbers. */
    private void requireThousandTimesteps(ConfigFile config) throws IOException {
        if (scheduler.timestep(1) != 1000) {
            throw new IOException(
                    "%s: num_train_timesteps (%s) must be 1000.".formatted(config.path(), scheduler.timestep(1)));
        }
    }

    /**
     * Opens a folder on a device, in float32.
     *
     * @throws IOException if a file is missing, broken or does not fit the others; the message is one sentence
     */
    public static FlowPipeline open(Path folder, Device device) throws IOException {
        return open(folder, device, Precision.FLOAT32);
    }

    /**
     * Opens a folder on a device.
     *
     * @param precision of the transformer; text encoders and autoencoder are float32
     * @throws IOException if a file is missing, broken or does not fit the others; the message is one sentence
     */
    public static FlowPipeline open(Path folder, Device device, Precision precision) throws IOException {
        return open(folder, device, MemoryPolicy.of(precision));
    }

    /**
     * Opens a folder on a device.
     *
     * @param memory how the model is held in memory
     * @throws IOException if a file is missing, broken or does not fit the others; the message is one sentence
     */
    public static FlowPipeline open(Path folder, Device device, MemoryPolicy memory) throws IOException {
        return open(folder, device, memory, List.of());
    }

    /**
     * Opens a folder on a device.
     *
     * @param memory how the model is held in memory
     * @param texts what will be encoded, as far as it is known: where text encoders are released, these texts are encoded before
     *     the transformer is read, and another text opens the encoders again
     * @throws IOException if a file is missing, broken or does not fit the others; the message is one sentence
     */
    public static FlowPipeline open(Path folder, Device device, MemoryPolicy memory, Collection<String> texts)
            throws IOException {
        NDManager manager = Torch.newManager(device);
        FlowPipeline pipeline;
        try {
            pipeline = new FlowPipeline(manager, folder, memory, texts);
        } catch (IOException | RuntimeException | Error e) {
            manager.close();
            throw e;
        }
        try {
            pipeline.network.requirePrecision(memory.weights());
            pipeline.network.requirePrecision(memory.compute());
            return pipeline;
        } catch (RuntimeException | Error e) {
            pipeline.close();
            throw e;
        }
    }

    /** Returns the folder. */
    public Path folder() {
        return folder;
    }

    /** Returns the manager that owns the weights; close sub-managers of it, never it. */
    public NDManager manager() {
        return manager;
    }

    /** Encodes prompts with the usual number of tokens; the result belongs to {@code owner}. */
    public Conditioning encode(NDManager owner, List<String> texts) {
        return encode(owner, texts, prompts.usualTokens());
    }

    /**
     * Encodes prompts, each on its own, without a graph.
     *
     * @param owner owns the result
     * @param texts at least one; may be empty, as for guidance
     * @param tokens T5 tokens of each, cut or filled up (diffusers' {@code max_sequence_length})
     */
    public Conditioning encode(NDManager owner, List<String> texts, int tokens) {
        Require.atLeast("the number of prompts", texts.size(), 1);
        return prompts.encode(owner, texts, tokens);
    }

    /** Returns whether the model makes a video of a picture, which every {@link Conditioning} must then have. */
    public boolean needsPicture() {
        return pictures.isPresent();
    }

    /**
     * Refuses a prompt without a picture where the model needs one, and one with a picture where it does not.
     *
     * @throws IllegalArgumentException that names the prompt
     */
    public void requirePicture(String prompt, Optional<StartPicture> picture) {
        if (needsPicture() != picture.isPresent()) {
            throw new IllegalArgumentException((needsPicture()
                            ? "The prompt (%s) has no picture, but model (%s) makes a video of one."
                            : "The prompt (%s) has a picture, but model (%s) starts from text alone.")
                    .formatted(prompt, folder));
        }
    }

    /**
     * Encodes the picture that videos start from, for {@link Conditioning#with}.
     *
     * @param owner owns the result
     * @param frames of the video
     * @param height its rows in pixels
     * @param width its columns in pixels
     * @throws IllegalStateException if the model needs none
     */
    public List<NDArray> encode(NDManager owner, StartPicture picture, int frames, int height, int width) {
        latentShape(1, frames, height, width);
        return pictures.orElseThrow(() -> new IllegalStateException("This model starts from no picture."))
                .encode(owner, picture, frames, height, width);
    }

    /** Returns the family's usual number of T5 tokens of a prompt, or the tokenizer's maximum if that is less. */
    public int usualTokens() {
        return prompts.usualTokens();
    }

    /** Returns the transformer; it reads {@link #transformerWeights()} at every call. */
    public VelocityModel velocityModel() {
        return network;
    }

    /**
     * Returns the same network over other weights, such as {@link Trainable#reference()}, which it reads at every call and
     * does not own.
     */
    public VelocityModel velocityModel(Weights weights) {
        return network.over(weights);
    }

    /**
     * Returns the network for a chunk of a video that sees what a memory holds of the chunks before it.
     *
     * @throws IllegalArgumentException at a call, if the network cannot make a video in chunks
     */
    public VelocityModel velocityModel(StreamMemory memory) {
        return (latents, sigmas, conditioning) -> network.velocity(latents, sigmas, conditioning, memory);
    }

    /** Returns the frames that see each other and those before, but none after; 0 where all frames see all. */
    public int blockFrames() {
        return network.blockFrames();
    }

    /** Returns whether latents are pixels in [−1, 1], as there is no autoencoder. */
    public boolean onPixels() {
        return autoencoder instanceof Autoencoder.Pixels;
    }

    /**
     * Returns the guided velocity as the model's family has it: moved away from a negative prompt (SD3, Wan), or a scale that
     * the network is told (FLUX.1 dev; schnell is not guided).
     *
     * @param weights as in {@link #velocityModel(Weights)}
     * @param negative gives one row, what guidance moves away from; called if it does
     * @param scale 1 moves away from nothing
     */
    public VelocityModel guidedModel(Weights weights, Supplier<Conditioning> negative, double scale) {
        Network over = weights == transformerWeights() ? network : network.over(weights);
        if (!over.takesNegativePrompt()) {
            return over.told(scale);
        }
        return scale == 1 ? over : new ClassifierFreeGuidance(over, negative.get(), scale);
    }

    /** Returns whether guidance moves away from a negative prompt; else the network is told its scale. */
    public boolean takesNegativePrompt() {
        return network.takesNegativePrompt();
    }

    /** Returns whether the transformer's weights can be trained; those of an ONNX file cannot. */
    public boolean trainable() {
        return network.trainable();
    }

    /** Returns the names, or ends of names, of the layers of its attention, which adapters usually adapt. */
    public List<String> attentionLayers() {
        return network.attentionLayers();
    }

    /** Returns the transformer's weights, live. */
    public Weights transformerWeights() {
        return network.weights();
    }

    /** Returns how many picture rows a latent row stands for; 1 without an autoencoder. */
    public int factor() {
        return autoencoder.factor();
    }

    /** Returns the height the model was made for, in pixels. */
    public int defaultHeight() {
        return network.usualRows() * factor();
    }

    /** Returns the width the model was made for, in pixels. */
    public int defaultWidth() {
        return network.usualColumns() * factor();
    }

    /** Returns whether the model makes videos. */
    public boolean video() {
        return network.video();
    }

    /** Returns the number of frames that the model was made for; 1 of pictures. */
    public int defaultFrames() {
        return network.usualFrames();
    }

    /** Returns the shape of latents of {@link #defaultFrames()}. */
    public Shape latentShape(int batch, int height, int width) {
        return latentShape(batch, defaultFrames(), height, width);
    }

    /**
     * Returns the shape of latents: (B, C, h, w), or (B, C, f, h, w) of videos.
     *
     * @param batch number of pictures or videos
     * @param frames 1 of pictures; of videos 1 more than a multiple of what a latent frame stands for, and
     *     whole tokens
     * @param height picture rows, a multiple of autoencoder factor times patch size
     * @param width picture columns, likewise
     */
    public Shape latentShape(int batch, int frames, int height, int width) {
        Require.atLeast("batch", batch, 1);
        Require.atLeast("frames", frames, 1);
        requireSize("height", height);
        requireSize("width", width);
        long rows = height / factor();
        long columns = width / factor();
        int step = autoencoder.frameFactor();
        if (!video()) {
            if (frames != 1) {
                throw new IllegalArgumentException(
                        "frames (%s) must be 1, because this model makes pictures.".formatted(frames));
            }
            return new Shape(batch, network.channels(), rows, columns);
        }
        if ((frames - 1) % step != 0) {
            throw new IllegalArgumentException(
                    "frames (%s) must be 1 more than a multiple of %s.".formatted(frames, step));
        }
        int latentFrames = (frames - 1) / step + 1;
        if (latentFrames % network.patchFrames() != 0) {
            throw new IllegalArgumentException(
                    "frames (%s) must be a multiple of %s.".formatted(frames, network.patchFrames() * step));
        }
        return new Shape(batch, network.channels(), latentFrames, rows, columns);
    }

    private void requireSize(String name, int size) {
        int unit = factor() * network.patchSize();
        int most = network.mostRows() * factor();
        if (size < unit || size > most || size % unit != 0) {
            throw new IllegalArgumentException(
                    "%s (%s) must be a multiple of %s, at most %s.".formatted(name, size, unit, most));
        }
    }

    /** Returns the scheduler that the folder names. */
    public Scheduler scheduler() {
        return scheduler;
    }

    /** Returns the method that the family's own pipeline follows the flow with. */
    public OdeSolver solver() {
        return scheduler.solver();
    }

    /** Returns the noise levels of a run at the default size. */
    public TimeSchedule schedule(int steps) {
        return schedule(steps, defaultHeight(), defaultWidth());
    }

    /** Returns the noise levels of a run at a picture size in pixels. */
    public TimeSchedule schedule(int steps, int height, int width) {
        return network.schedule(scheduler, steps, pictureTokens(defaultFrames(), height, width));
    }

    /**
     * Counts the arithmetic of one evaluation of the transformer for one picture or video.
     *
     * @param frames 1 of pictures
     * @param tokens text tokens of the conditioning
     * @param trained tells whether a layer, by its name without {@code .weight}, has a gradient
     */
    public ModelWork work(int frames, int height, int width, int tokens, Predicate<String> trained) {
        return network.work(trained, pictureTokens(frames, height, width), tokens);
    }

    /**
     * Counts what one evaluation of the transformer for one picture or video keeps for its backward pass.
     *
     * @param words text tokens of the conditioning
     * @param trained tells whether a layer, by its name without {@code .weight}, has a gradient
     */
    public PassMemory passMemory(int frames, int height, int width, int words, Predicate<String> trained) {
        return network.passMemory(trained, memory.compute(), pictureTokens(frames, height, width), words);
    }

    /** Counts about how many bytes {@link #decode} holds at most. */
    public long decodingBytes(int batch, int frames, int height, int width) {
        // The result is made in four steps, and each leaves an array.
        long pictures = 4L * Float.BYTES * batch * frames * 3 * height * width;
        return Math.max(autoencoder.decodingBytes(latentShape(batch, frames, height, width)), pictures);
    }

    /** Returns how the model is held in memory. */
    public MemoryPolicy memory() {
        return memory;
    }

    private long pictureTokens(int frames, int height, int width) {
        Shape latents = latentShape(1, frames, height, width);
        int last = latents.dimension();
        long latentFrames = video() ? latents.get(2) / network.patchFrames() : 1;
        return latentFrames
                * (latents.get(last - 2) / network.patchSize())
                * (latents.get(last - 1) / network.patchSize());
    }

    /**
     * Turns latents into pictures or videos.
     *
     * @param latents shape (B, C, h, w), or (B, C, f, h, w) of videos
     * @return in [0, 1], shape (B, 3, h·factor, w·factor), or (B, frames, 3, h·factor, w·factor) of videos, float32, owned by
     *     the manager of {@code latents}
     */
    public NDArray decode(NDArray latents) {
        if (video()) {
            Require.shape("latents", latents, -1, network.channels(), -1, -1, -1);
        } else {
            Require.shape("latents", latents, -1, network.channels(), -1, -1);
        }
        NDManager owner = latents.getManager();
        try (NDManager scratch = owner.newSubManager()) {
            NDArray here = latents.toDevice(decoding, false);
            if (here != latents) {
                here.attach(scratch);
            }
            NDArray centred = autoencoder.pixels(here);
            centred.attach(scratch);
            NDArray halved = Torch.scaled(centred, 0.5);
            halved.attach(scratch);
            NDArray images = halved.add(0.5f).clip(0f, 1f);
            NDArray ordered = video() ? images.swapAxes(1, 2) : images;
            ordered.attach(owner);
            return ordered;
        }
    }

    /**
     * Turns pictures into the latents that {@link #decode} makes them of, up to what an autoencoder loses.
     *
     * @param pictures in [0, 1], shape (B, 3, height, width), float32; sides are multiples of {@link #factor()}
     * @return shape (B, C, h, w), owned by the manager of {@code pictures}
     * @throws IllegalArgumentException if the model makes videos
     */
    public NDArray latents(NDArray pictures) {
        if (video()) {
            throw new IllegalArgumentException(
                    "model (%s) makes videos; only pictures can be encoded.".formatted(folder));
        }
        Require.shape("pictures", pictures, -1, 3, -1, -1);
        NDManager owner = pictures.getManager();
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray doubled = Torch.scaled(pictures, 2);
            doubled.attach(scratch);
            NDArray latents = autoencoder.latents(doubled.sub(1f));
            latents.attach(owner);
            return latents;
        }
    }

    /**
     * Writes the model as it stands: all files of its folder, with the transformer's live weights in place of the old.
     *
     * @param target a folder that appears or is replaced as a whole; not the one the model was opened from
     * @param storage the type of the transformer's weights
     * @throws IOException if it cannot be written; what stood there before then still does
     */
    public void save(Path target, SafetensorsWriter.Storage storage) throws IOException {
        if (Files.exists(target) && Files.isSameFile(target, folder)) {
            throw new IllegalArgumentException(
                    "target (%s) must not be the folder that the model was opened from.".formatted(target));
        }
        PipelineCopy.write(folder, transformerWeights(), target, storage);
    }

    @Override
    public void close() {
        prompts.close();
        network.close();
        manager.close();
    }

    @Override
    public String toString() {
        return "FlowPipeline[" + folder + "]";
    }
}
