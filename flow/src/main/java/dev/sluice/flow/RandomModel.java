package dev.sluice.flow;

import dev.sluice.flow.internal.RandomFolder;
import dev.sluice.flow.tensor.Require;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Writes a model of a published family with random weights: the folder, the files and the sizes of the real one, so that what a
 * machine can do with it can be measured before it is downloaded. It draws noise.
 */
public final class RandomModel {
    /** The families, by the names that {@link #write} takes. */
    public static final List<String> FAMILIES = List.of(
            "sd3.5-medium",
            "sd3.5-large",
            "flux.1-dev",
            "flux.1-schnell",
            "wan2.1-t2v-1.3b",
            "wan2.1-t2v-14b",
            "wan2.1-i2v-14b");

    private RandomModel() {}

    /**
     * What may differ from the published model.
     *
     * @param blocks blocks of the transformer (of each kind); 0 for the model's own number
     * @param textBlocks blocks of each text encoder; 0 for its own number
     * @param without components that are left out, such as {@code text_encoder_3}, each with its tokenizer
     * @param shardBytes the most bytes of a weight file
     * @param seed names the random weights
     */
    public record Options(int blocks, int textBlocks, Set<String> without, long shardBytes, long seed) {
        /** The model as it is published, in files of at most 1 GiB. */
        public static final Options WHOLE = new Options(0, 0, Set.of(), 1L << 30, 1);

        public Options {
            Require.atLeast("blocks", blocks, 0);
            Require.atLeast("textBlocks", textBlocks, 0);
            without = Set.copyOf(without);
            if (shardBytes < 1) {
                throw new IllegalArgumentException("shardBytes (%s) must be at least 1.".formatted(shardBytes));
            }
        }
    }

    /** Told how far the writing is. */
    @FunctionalInterface
    public interface Listener {
        /** A component was written as far as this. */
        void progress(String component, long bytes);
    }

    /**
     * Writes the model in bfloat16, a piece at a time.
     *
     * @param family one of {@link #FAMILIES}
     * @param target a folder that is not there yet
     * @return the bytes of all weights
     * @throws IOException if it cannot be written; then there is no folder
     */
    public static long write(String family, Path target, Options options, Listener listener) throws IOException {
        if (!FAMILIES.contains(family)) {
            throw new IllegalArgumentException("family (%s) must be one of %s.".formatted(family, FAMILIES));
        }
        if (Files.exists(target)) {
            throw new IOException("%s is there already.%nMaybe name a new folder.".formatted(target));
        }
        long[] bytes = {0};
        AtomicFiles.folder(target, place -> bytes[0] = RandomFolder.write(family, place, options, listener));
        return bytes[0];
    }
}
