package dev.sluice.flow;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.internal.Autoencoder;
import dev.sluice.flow.internal.BlockChain;
import dev.sluice.flow.internal.Network;
import dev.sluice.flow.internal.PipelineCheck;
import dev.sluice.flow.internal.PipelineCopy;
import dev.sluice.flow.internal.PipelineIndex;
import dev.sluice.flow.internal.PipelineParts;
import dev.sluice.flow.internal.PromptEncoder;
import dev.sluice.flow.tensor.Require;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
    private final int tokens;
    private final Autoencoder autoencoder;
    private final StartPictures start;
    private final Scheduler scheduler;
    private final MemoryPolicy memory;
    private final ModelSizes sizes;
    private final PictureCodec codec;

    private FlowPipeline(NDManager manager, Path folder, MemoryPolicy memory, PromptReading reading)
            throws IOException {
        this.manager = manager;
        this.folder = folder;
        PipelineIndex index = PipelineIndex.read(folder);
        this.scheduler = PipelineCheck.scheduler(index);
        PipelineCheck.check(index);
        PipelineParts parts = PipelineParts.open(index, scheduler, manager, memory, reading);
        this.network = parts.network().running(BlockChain.Running.of(memory));
        this.prompts = parts.prompts();
        this.tokens = prompts.tokens(reading.tokens());
        this.autoencoder = parts.autoencoder();
        this.memory = memory;
        this.sizes = new ModelSizes(network, autoencoder, scheduler, memory.compute());
        this.start = new StartPictures(folder, parts.pictures(), sizes);
        this.codec = new PictureCodec(folder, network, autoencoder);
    }

    /**
     * Opens a folder on a device, in float32.
     *
     * @throws IOException if a file is missing, broken or does not fit the others; the message is one sentence
     */
    public static FlowPipeline open(Path folder, Device device) throws IOException {
        return open(folder, device, MemoryPolicy.PLAIN);
    }

    /**
     * Opens a folder on a device.
     *
     * @param memory how the model is held in memory
     * @throws IOException if a file is missing, broken or does not fit the others; the message is one sentence
     */
    public static FlowPipeline open(Path folder, Device device, MemoryPolicy memory) throws IOException {
        return open(folder, device, memory, PromptReading.USUAL);
    }

    /**
     * Opens a folder on a device.
     *
     * @param memory how the model is held in memory
     * @param reading how prompts are read
     * @throws IOException if a file is missing, broken or does not fit the others; the message is one sentence
     * @throws IllegalArgumentException if the model cannot be held, or read prompts, like that
     */
    public static FlowPipeline open(Path folder, Device device, MemoryPolicy memory, PromptReading reading)
            throws IOException {
        NDManager manager = Torch.newManager(device);
        FlowPipeline pipeline;
        try {
            pipeline = new FlowPipeline(manager, folder, memory, reading);
        } catch (IOException | RuntimeException | Error e) {
            manager.close();
            throw e;
        }
        try {
            pipeline.network.requireFits(memory);
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

    /** Encodes prompts of {@link #usualTokens()}; the result belongs to {@code owner}. */
    public Conditioning encode(NDManager owner, List<String> texts) {
        return encode(owner, texts, tokens);
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

    /** Returns what it does with the pictures that its videos start from, if they do. */
    public StartPictures startPictures() {
        return start;
    }

    /**
     * Returns the number of T5 tokens of a prompt: what the model was opened with, else the family's usual number, or the
     * tokenizer's maximum if that is less.
     */
    public int usualTokens() {
        return tokens;
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

    /** Returns the sizes of what it makes: those it was made for, those that are allowed, and what they cost. */
    public ModelSizes sizes() {
        return sizes;
    }

    /** Returns whether the model makes videos. */
    public boolean video() {
        return network.video();
    }

    /** Returns the scheduler that the folder names. */
    public Scheduler scheduler() {
        return scheduler;
    }

    /** Returns the method that the family's own pipeline follows the flow with. */
    public OdeSolver solver() {
        return scheduler.solver();
    }

    /** Returns how the model is held in memory. */
    public MemoryPolicy memory() {
        return memory;
    }

    /**
     * Turns latents into pictures or videos.
     *
     * @param latents shape (B, C, h, w), or (B, C, f, h, w) of videos
     * @return in [0, 1], shape (B, 3, h·factor, w·factor), or (B, frames, 3, h·factor, w·factor) of videos, float32, owned by
     *     the manager of {@code latents}
     */
    public NDArray decode(NDArray latents) {
        return codec.decode(latents);
    }

    /**
     * Turns pictures into the latents that {@link #decode} makes them of, up to what an autoencoder loses.
     *
     * @param pictures in [0, 1], shape (B, 3, height, width), float32; sides are multiples of {@link ModelSizes#factor()}
     * @return shape (B, C, h, w), owned by the manager of {@code pictures}
     * @throws IllegalArgumentException if the model makes videos
     */
    public NDArray latents(NDArray pictures) {
        return codec.latents(pictures);
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
