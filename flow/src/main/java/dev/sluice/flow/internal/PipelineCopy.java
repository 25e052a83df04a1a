package dev.sluice.flow.internal;

import dev.sluice.flow.AtomicFiles;
import dev.sluice.flow.SafetensorsWriter;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Writes a pipeline's folder with other weights of its transformer. */
public final class PipelineCopy {
    private static final List<String> NETWORKS = List.of("transformer", "transformer_2");

    private PipelineCopy() {}

    /**
     * Writes all files of a folder, with weights in place of the transformer's old ones.
     *
     * @param weights of the transformer; of a pair of them, both as {@link WanExperts} names them
     * @param target a folder that appears or is replaced as a whole
     * @param storage the type of the weights
     * @throws IOException if it cannot be written; what stood there before then still does
     */
    public static void write(Path folder, Weights weights, Path target, SafetensorsWriter.Storage storage)
            throws IOException {
        PipelineIndex index = PipelineIndex.read(folder);
        AtomicFiles.folder(target, place -> {
            index.copyWithout(NETWORKS, place);
            if (index.has("transformer_2")) {
                network(index, "transformer", weights.part("", WanExperts.SECOND), place, storage);
                network(index, "transformer_2", weights.part(WanExperts.SECOND, ""), place, storage);
            } else {
                network(index, "transformer", weights, place, storage);
            }
        });
    }

    private static void network(
            PipelineIndex index, String component, Weights weights, Path place, SafetensorsWriter.Storage storage)
            throws IOException {
        Path to = Files.createDirectories(place.resolve(component));
        try (Stream<Path> files = Files.list(index.folder(component))) {
            for (Path file : files.filter(PipelineCopy::isNoWeights).toList()) {
                Files.copy(file, to.resolve(file.getFileName().toString()));
            }
        }
        SafetensorsWriter.write(
                to.resolve("diffusion_pytorch_model.safetensors"), weights.asMap(), Map.of("format", "pt"), storage);
    }

    /** The configuration, and the code of a model of any architecture. */
    private static boolean isNoWeights(Path file) {
        String name = file.getFileName().toString();
        return Files.isRegularFile(file)
                && !name.endsWith(".safetensors")
                && !name.endsWith(".safetensors.index.json")
                && !name.endsWith(".bin");
    }
}
