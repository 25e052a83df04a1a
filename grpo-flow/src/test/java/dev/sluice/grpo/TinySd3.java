package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.ClassifierFreeGuidance;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.internal.BlockChain;
import dev.sluice.flow.internal.Network;
import dev.sluice.flow.internal.Sd3Config;
import dev.sluice.flow.internal.Sd3Transformer;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Scores;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The fixture's tiny SD3 transformer with a LoRA adapter, guidance, and a reward that likes bright latents. */
final class TinySd3 implements AutoCloseable {
    static final Sd3Config CONFIG = new Sd3Config(16, 2, 16, 3, 8, 4, 24, 20, 16, 12, Set.of(0, 1), true);
    static final Shape LATENT = new Shape(16, 4, 4);

    final NDManager manager = Torch.newManager();
    final Weights weights = new Weights(manager);
    final LoraAdapter adapter;
    final Policy policy;
    final Lanes lanes;

    TinySd3(int rank) {
        this(rank, 2);
    }

    TinySd3(int rank, int lanes) {
        this(rank, lanes, 0);
    }

    TinySd3(int rank, int lanes, int segments) {
        Torch.threads(1); // a second thread only waits, with arrays this small
        try (Golden file = Golden.of("grpo-step/transformer/diffusion_pytorch_model.safetensors")) {
            file.tensors().forEach(weights::put);
        }
        adapter = new LoraAdapter(
                manager,
                weights,
                new LoraAdapter.Options(rank, 2.0 * rank, LoraAdapter.Options.SD3_ATTENTION),
                NoiseSource.of(1));
        Conditioning negative = encode(manager, List.of(""));
        policy = new Policy(over -> new ClassifierFreeGuidance(network(over, segments), negative, 2), adapter);
        this.lanes = new Lanes(lanes);
    }

    private static Network network(Weights weights, int segments) {
        return new Sd3Transformer(CONFIG, weights).running(new BlockChain.Running(segments, null));
    }

    static Conditioning encode(NDManager owner, List<String> texts) {
        float[] tokens = new float[texts.size() * 7 * 24];
        float[] pooled = new float[texts.size() * 20];
        for (int i = 0; i < texts.size(); i++) {
            NoiseSource source = NoiseSource.of(texts.get(i).hashCode());
            System.arraycopy(source.gaussian(7 * 24), 0, tokens, i * 7 * 24, 7 * 24);
            System.arraycopy(source.gaussian(20), 0, pooled, i * 20, 20);
        }
        return new Conditioning(
                owner.create(tokens, new Shape(texts.size(), 7, 24)),
                owner.create(pooled, new Shape(texts.size(), 20)));
    }

    static AlignmentTask task() {
        Reward brightness = samples -> Scores.of(samples.stream()
                .mapToDouble(sample -> sample.media().value(0, 0, 0, 0) / 255.0)
                .toArray());
        return new AlignmentTask(
                List.of(Prompt.of("one"), Prompt.of("two"), Prompt.of("three")),
                TinySd3::encode,
                LATENT,
                latents -> {
                    List<Media> media = new ArrayList<>();
                    float[] means = latents.reshape(latents.getShape().get(0), -1)
                            .mean(new int[] {1})
                            .toFloatArray();
                    for (float mean : means) {
                        int level = (int) Math.min(255, Math.max(0, 128 + 400 * mean));
                        media.add(Media.image(1, 1, new byte[] {(byte) level, 0, 0}));
                    }
                    return media;
                },
                brightness);
    }

    static GrpoOptions options(long seed) {
        return new GrpoOptions(
                GrpoOptions.Batch.of(2, 4, 4),
                new GrpoOptions.Rollout(
                        new SdeOptions(new SdeRule.FlowGrpo(0.7)),
                        new TimeSchedule.Shifted(4, 3),
                        new ExplorationSchedule.RandomWindow(2, 0, 3)),
                GrpoOptions.Signal.FLOW_GRPO,
                Objective.flowGrpo(1e-3, 0.01, KlForm.DIFFUSION_ONLY),
                new GrpoOptions.Updates(
                        2, 1, new RateSchedule(3, 8, 0.5), 3, AdamW.Options.FLOW_GRPO, new Ema.Options(0.9, 2)),
                seed);
    }

    @Override
    public void close() {
        lanes.close();
        adapter.close();
        manager.close();
    }
}
