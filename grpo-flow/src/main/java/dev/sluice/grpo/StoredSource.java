package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.rewards.Scores;
import dev.sluice.sde.Trajectory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads an iteration's samples from {@link StoredPairs}; one that cannot be read has no reward and is counted, as any other. */
final class StoredSource implements SampleSource {
    private final Lanes lanes;
    private final AlignmentTask task;
    private final GrpoOptions options;
    private final PromptCache cache;
    private final Phases phases;

    StoredSource(Lanes lanes, AlignmentTask task, GrpoOptions options, PromptCache cache, Phases phases) {
        this.lanes = lanes;
        this.task = task;
        this.options = options;
        this.cache = cache;
        this.phases = phases;
    }

    /** What a lane read of a chunk. */
    private record Read(Chunk chunk, Map<Integer, String> reasons) {}

    @Override
    public Sampled run(NDManager owner, long iteration, List<Prompt> prompts, GrpoListener listener) {
        int size = options.batch().chunkSize();
        int count = options.batch().chunks();
        List<Chunk> chunks = new ArrayList<>();
        Map<Integer, String> reasons = new LinkedHashMap<>();
        phases.time(Phases.ROLLOUT, () -> {
            lanes.run(
                    count,
                    (lane, index) -> read(owner, index * size, prompts.subList(index * size, (index + 1) * size)),
                    (index, read) -> {
                        chunks.add(read.chunk());
                        reasons.putAll(read.reasons());
                        listener.progress(iteration, Phases.ROLLOUT, chunks.size(), count);
                    });
            return null;
        });
        double[] values = new double[prompts.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = reasons.containsKey(i) ? Double.NaN : preferred(i) ? 1 : 0;
        }
        Scores scores = new Scores(values, reasons);
        return new Sampled(
                chunks,
                scores,
                List.of(),
                List.of(),
                List.of(),
                options.rollout().schedule().steps());
    }

    private static boolean preferred(int sample) {
        return sample % StoredPairs.SIZE == 0;
    }

    private Read read(NDManager owner, int first, List<Prompt> part) {
        Conditioning conditioning = cache.rows(owner, part);
        Map<Integer, String> reasons = new LinkedHashMap<>();
        NDManager own = owner.newSubManager();
        try (NDManager scratch = own.newSubManager()) {
            NDList rows = new NDList();
            for (int i = 0; i < part.size(); i++) {
                rows.add(row(scratch, first + i, part.get(i), reasons));
            }
            NDArray latents = rows.get(0).getNDArrayInternal().stack(new NDList(rows.subList(1, rows.size())), 0);
            latents.attach(own);
            Trajectory trajectory = new Trajectory(options.rollout().schedule(), List.of(), latents, own);
            return new Read(new Chunk(first, conditioning, trajectory, true), reasons);
        }
    }

    private NDArray row(NDManager scratch, int sample, Prompt prompt, Map<Integer, String> reasons) {
        try {
            return task.stored().orElseThrow().latents(scratch, prompt, preferred(sample));
        } catch (IOException e) {
            reasons.put(sample, String.valueOf(e.getMessage()));
            return scratch.zeros(task.latentShape());
        }
    }
}
