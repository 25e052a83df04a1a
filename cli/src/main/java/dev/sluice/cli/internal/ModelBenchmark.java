package dev.sluice.cli.internal;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import com.sun.management.OperatingSystemMXBean;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.ProcessMemory;
import dev.sluice.flow.PromptReading;
import dev.sluice.flow.Replica;
import dev.sluice.flow.WeightFiles;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Recomputation;
import dev.sluice.flow.tensor.Torch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Times what a model is asked for, part by part, and watches the memory of the process. */
public final class ModelBenchmark {
    private static final List<String> ATTENTION =
            List.of("to_q", "to_k", "to_v", "to_out.0", "add_q_proj", "add_k_proj", "add_v_proj", "to_add_out");

    private final Path folder;
    private final Device device;
    private final Options options;
    private final List<Part> parts = new ArrayList<>();

    private ModelBenchmark(Path folder, Device device, Options options) {
        this.folder = folder;
        this.device = device;
        this.options = options;
    }

    /**
     * What is measured.
     *
     * @param memory how the model is held
     * @param prompt is drawn
     * @param height in pixels
     * @param width in pixels
     * @param frames of a video; 1 of a picture
     * @param rank of the adapter that is trained; 0 trains none
     */
    public record Options(MemoryPolicy memory, String prompt, int height, int width, int frames, int rank) {}

    /**
     * A part.
     *
     * @param name says what was done
     * @param seconds it took
     * @param processor seconds that it kept processors busy, which other programs on the machine hardly change
     * @param resident bytes that the process held at its end
     * @param peak the most bytes that the process had held by then
     */
    public record Part(String name, double seconds, double processor, long resident, long peak) {}

    /** A piece of work. */
    @FunctionalInterface
    private interface Work<T> {
        T run() throws IOException;
    }

    /** Measures; the parts stand in the order in which they were done. */
    public static List<Part> run(Path folder, Device device, Options options) throws IOException {
        ModelBenchmark benchmark = new ModelBenchmark(folder, device, options);
        benchmark.run();
        return benchmark.parts;
    }

    private void run() throws IOException {
        Path transformer = folder.resolve("transformer");
        try (WeightFiles files = WeightFiles.open(transformer);
                NDManager manager = Torch.newManager(device)) {
            String name = "open the transformer's weights, %.2f GB".formatted(files.bytes() / 1e9);
            timed(name, () -> files.load(manager, options.memory.weights()));
        }
        try (FlowPipeline pipeline = timed(
                "open the model, encode the prompt",
                () -> FlowPipeline.open(folder, device, options.memory, PromptReading.of(List.of(options.prompt))))) {
            measure(pipeline);
        }
    }

    private void measure(FlowPipeline pipeline) throws IOException {
        try (NDManager scratch = pipeline.manager().newSubManager()) {
            Conditioning conditioning = pipeline.encode(scratch, List.of(options.prompt));
            int frames = pipeline.video() ? options.frames : 1;
            Shape shape = pipeline.sizes().latentShape(1, frames, options.height, options.width);
            NDArray latents = NoiseSource.of(1).gaussian(scratch, shape);
            NDArray next = timed("sample one step", () -> step(pipeline, latents, conditioning));
            timed("decode", () -> pipeline.decode(next));
            if (options.rank > 0) {
                train(pipeline, scratch, latents, conditioning);
            }
        }
    }

    private static NDArray step(FlowPipeline pipeline, NDArray latents, Conditioning conditioning) {
        try (Torch.Scope off = Torch.noGradient()) {
            NDArray velocity = pipeline.velocityModel().velocity(latents, 1, conditioning);
            return latents.sub(Torch.scaled(velocity, 0.1));
        }
    }

    private void train(FlowPipeline pipeline, NDManager scratch, NDArray latents, Conditioning conditioning)
            throws IOException {
        LoraAdapter.Options lora = new LoraAdapter.Options(options.rank, 2.0 * options.rank, ATTENTION);
        try (LoraAdapter adapter = timed(
                        "make a LoRA adapter",
                        () -> new LoraAdapter(scratch, pipeline.transformerWeights(), lora, NoiseSource.of(2)));
                Replica replica = adapter.replica(scratch);
                AdamW optimiser = new AdamW(scratch, adapter.parameters(), AdamW.Options.FLOW_GRPO)) {
            adapter.fold();
            timed("learn: forward and back", () -> {
                gradient(pipeline, scratch, replica, latents, conditioning);
                return Set.of();
            });
            timed("learn: the optimiser's step", () -> {
                adapter.pullBack(replica);
                optimiser.step(adapter.gradients());
                adapter.fold();
                return Set.of();
            });
        }
    }

    private static void gradient(
            FlowPipeline pipeline, NDManager owner, Replica replica, NDArray latents, Conditioning conditioning) {
        try (NDManager scratch = owner.newSubManager();
                Torch.Scope tape = Recomputation.open();
                Torch.Scope on = Torch.withGradient()) {
            NDArray input = latents.duplicate();
            input.attach(scratch);
            NDArray velocity = pipeline.velocityModel(replica.weights()).velocity(input, 0.5, conditioning);
            Torch.backward(velocity.mul(velocity).sum());
        }
    }

    private <T> T timed(String name, Work<T> work) throws IOException {
        long start = System.nanoTime();
        double busy = processor();
        T made = work.run();
        double seconds = (System.nanoTime() - start) * 1e-9;
        parts.add(
                new Part(name, seconds, processor() - busy, ProcessMemory.residentBytes(), ProcessMemory.peakBytes()));
        return made;
    }

    private static double processor() {
        return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getProcessCpuTime() * 1e-9;
    }
}
