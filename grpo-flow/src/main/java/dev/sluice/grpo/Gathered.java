package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Finished samples of an iteration brought together from the chunks that they were sampled in.
 *
 * @param latents z, shape (B, ...), float32
 * @param conditioning what they were conditioned on
 */
record Gathered(NDArray latents, Conditioning conditioning) {
    /**
     * Returns the samples in their order; all arrays belong to {@code owner}, and lanes may call at the same time.
     *
     * @param chunks all of the iteration, equally large
     */
    static Gathered of(NDManager owner, List<Chunk> chunks, int[] samples) {
        int size = chunks.get(0).size();
        NDArray latents = null;
        Conditioning conditioning = null;
        for (List<Integer> run : runs(samples, size)) {
            Chunk chunk = chunks.get(run.get(0) / size);
            int[] rows = run.stream().mapToInt(sample -> sample % size).toArray();
            NDArray part = rows(owner, chunk.trajectory().latents(), rows);
            Conditioning condition = new Conditioning(
                    rows(owner, chunk.conditioning().tokens(), rows),
                    rows(owner, chunk.conditioning().pooled(), rows),
                    chunk.conditioning().picture().stream()
                            .map(array -> rows(owner, array, rows))
                            .toList());
            latents = latents == null ? part : latents.getNDArrayInternal().concat(new NDList(part), 0);
            conditioning = conditioning == null ? condition : conditioning.followedBy(owner, condition);
        }
        return new Gathered(latents, conditioning);
    }

    /** Returns the samples cut where the chunk changes. */
    private static List<List<Integer>> runs(int[] samples, int size) {
        List<List<Integer>> runs = new ArrayList<>();
        int before = -1;
        for (int sample : samples) {
            if (sample / size != before) {
                runs.add(new ArrayList<>());
                before = sample / size;
            }
            runs.get(runs.size() - 1).add(sample);
        }
        return runs;
    }

    private static NDArray rows(NDManager owner, NDArray array, int[] rows) {
        NDArray alias = Torch.detached(array);
        alias.attach(owner);
        boolean whole = rows.length == array.getShape().get(0)
                && Arrays.equals(rows, IntStream.range(0, rows.length).toArray());
        if (whole) {
            return alias;
        }
        try (NDArray index = owner.create(rows)) {
            return alias.get(new NDIndex("{}", index));
        }
    }
}
