package dev.sluice.cli.internal;

import ai.djl.Device;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.MemoryPolicy;
import dev.sluice.flow.PromptReading;
import dev.sluice.flow.StoredAdapter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * A model with the adapters that were added to its weights.
 *
 * @param pipeline the model
 * @param adapters what was merged into it
 */
public record OpenModel(FlowPipeline pipeline, List<AdapterArgument> adapters) implements AutoCloseable {
    /**
     * Opens a model. An adapter that does not fit is refused before the model's weights are read.
     *
     * @param model a folder in diffusers' layout
     * @param adapters what is merged into its weights, in this order
     * @param device where it computes
     * @param memory how it is held in memory
     * @param reading how prompts are read
     * @throws IOException if a folder is missing or broken, or an adapter was not made for such a model
     */
    public static OpenModel open(
            Path model, List<AdapterArgument> adapters, Device device, MemoryPolicy memory, PromptReading reading)
            throws IOException {
        for (AdapterArgument adapter : adapters) {
            try (StoredAdapter stored = StoredAdapter.open(adapter.path())) {
                stored.requireFits(model);
            }
        }
        FlowPipeline pipeline = FlowPipeline.open(model, device, memory, reading);
        try {
            for (AdapterArgument adapter : adapters) {
                try (StoredAdapter stored = StoredAdapter.open(adapter.path())) {
                    stored.merge(pipeline.transformerWeights(), adapter.weight());
                }
            }
            return new OpenModel(pipeline, List.copyOf(adapters));
        } catch (IOException | RuntimeException | Error e) {
            pipeline.close();
            throw e;
        }
    }

    @Override
    public void close() {
        pipeline.close();
    }
}
