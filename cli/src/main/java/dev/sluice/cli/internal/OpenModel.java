package dev.sluice.cli.internal;

import ai.djl.Device;
import dev.sluice.flow.AdapterFolder;
import dev.sluice.flow.FlowPipeline;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.tensor.Precision;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A model with the adapter that was added to its weights.
 *
 * @param pipeline the model
 * @param adapter what was folded into it
 */
public record OpenModel(FlowPipeline pipeline, Optional<LoraAdapter> adapter) implements AutoCloseable {
    /**
     * Opens a model.
     *
     * @param model a folder in diffusers' layout
     * @param adapter an adapter's folder
     * @param device where it computes
     * @param precision what the transformer computes in
     * @throws IOException if a folder is missing or broken, or the adapter was not made for such a model
     */
    public static OpenModel open(Path model, Optional<Path> adapter, Device device, Precision precision)
            throws IOException {
        FlowPipeline pipeline = FlowPipeline.open(model, device, precision);
        try {
            Optional<LoraAdapter> opened = Optional.empty();
            if (adapter.isPresent()) {
                opened = Optional.of(
                        AdapterFolder.open(adapter.get(), pipeline.manager(), pipeline.transformerWeights()));
                opened.get().fold();
            }
            return new OpenModel(pipeline, opened);
        } catch (IOException | RuntimeException | Error e) {
            pipeline.close();
            throw e;
        }
    }

    @Override
    public void close() {
        adapter.ifPresent(LoraAdapter::close);
        pipeline.close();
    }
}
