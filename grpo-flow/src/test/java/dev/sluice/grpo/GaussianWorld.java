package dev.sluice.grpo;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.FullWeights;
import dev.sluice.flow.OdeSampler;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.Scores;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.video.Media;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * A world whose every answer is known: data N(0, τ²), the exact velocity of its flow, and a policy v = v* + θ₀ + θ₁·x of two
 * parameters. Media carry the latents' bits, so rewards see exact numbers.
 */
final class GaussianWorld implements AutoCloseable {
    static final int SIZE = 3;
    static final TimeSchedule SCHEDULE = new TimeSchedule.Uniform(6);

    final NDManager manager = Torch.newManager();
    final Weights weights = new Weights(manager);
    final FullWeights trainable;
    final Policy policy;
    final Lanes lanes;
    final double deviation;

    GaussianWorld(double deviation, float offset, float slope) {
        Torch.threads(1); // a second thread only waits, with arrays this small
        this.deviation = deviation;
        weights.put("theta", manager.create(new float[] {offset, slope}));
        trainable = new FullWeights(manager, weights, name -> true);
        policy = new Policy(this::velocity, trainable);
        lanes = new Lanes(2);
    }

    VelocityModel velocity(Weights from) {
        return (latents, sigmas, conditioning) -> {
            double variance = deviation * deviation;
            float[] factors = sigmas.toFloatArray();
            for (int i = 0; i < factors.length; i++) {
                double sigma = factors[i];
                double spread = (1 - sigma) * (1 - sigma) * variance + sigma * sigma;
                factors[i] = (float) ((sigma - (1 - sigma) * variance) / spread);
            }
            NDArray exact = latents.mul(latents.getManager().create(factors).reshape(factors.length, 1));
            try (NDArray offset = from.get("theta").get(0);
                    NDArray slope = from.get("theta").get(1)) {
                return exact.add(offset).add(latents.mul(slope));
            }
        };
    }

    double[] theta() {
        float[] values = trainable.parameters().get("theta").toFloatArray();
        return new double[] {values[0], values[1]};
    }

    static Conditioning encode(NDManager owner, List<String> texts) {
        return new Conditioning(owner.zeros(new Shape(texts.size(), 2, 1)), owner.zeros(new Shape(texts.size(), 1)));
    }

    static List<Media> decode(NDArray latents) {
        float[] all = latents.toFloatArray();
        List<Media> media = new ArrayList<>();
        for (int i = 0; i < all.length; i += SIZE) {
            ByteBuffer bytes = ByteBuffer.allocate(4 * SIZE);
            for (int j = 0; j < SIZE; j++) {
                bytes.putFloat(all[i + j]);
            }
            media.add(Media.image(1, 4 * SIZE / 3, bytes.array()));
        }
        return media;
    }

    static float[] values(Media media) {
        ByteBuffer bytes = ByteBuffer.wrap(media.rgb());
        float[] values = new float[SIZE];
        for (int j = 0; j < SIZE; j++) {
            values[j] = bytes.getFloat();
        }
        return values;
    }

    /** Rewards −mean (x − target)². */
    static Reward nearness(double target) {
        return each(sample -> {
            double sum = 0;
            for (float value : values(sample.media())) {
                sum += (value - target) * (value - target);
            }
            return -sum / SIZE;
        });
    }

    static Reward each(ToDoubleFunction<Sample> score) {
        return samples -> Scores.of(samples.stream().mapToDouble(score).toArray());
    }

    static AlignmentTask task(Reward reward) {
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            prompts.add(new Prompt("prompt " + i, Map.of(Prompt.TASK, i % 2 == 0 ? "even" : "odd")));
        }
        return new AlignmentTask(prompts, GaussianWorld::encode, new Shape(SIZE), GaussianWorld::decode, reward);
    }

    /** Returns a trainer of this world's policy; the caller closes it. */
    GrpoTrainer trainer(Reward reward, GrpoOptions options) {
        return new GrpoTrainer(manager, lanes, policy, task(reward), options);
    }

    static GrpoOptions options(double learningRate, Objective objective, long seed) {
        return new GrpoOptions(
                GrpoOptions.Batch.of(4, 16, 32),
                new GrpoOptions.Rollout(
                        new SdeOptions(new SdeRule.FlowGrpo(0.7)), SCHEDULE, new ExplorationSchedule.AllButLast()),
                GrpoOptions.Signal.FLOW_GRPO,
                objective,
                new GrpoOptions.Updates(
                        2,
                        1,
                        RateSchedule.CONSTANT,
                        3,
                        new AdamW.Options(learningRate, 0.9, 0.999, 1e-8, 0, 1),
                        Ema.Options.FLOW_GRPO),
                seed);
    }

    /** Returns mean and deviation of what the policy makes by the ODE, over many samples. */
    double[] distribution(int samples) {
        try (NDManager scratch = manager.newSubManager();
                Torch.Scope off = Torch.noGradient()) {
            NDArray noise = NoiseSource.of(99).gaussian(scratch, new Shape(samples, SIZE));
            Conditioning none = encode(scratch, java.util.Collections.nCopies(samples, ""));
            NDArray made = new OdeSampler(SCHEDULE).sample(policy.current(), noise, none);
            double mean = made.mean().getFloat();
            double square = made.sub((float) mean).square().mean().getFloat();
            return new double[] {mean, Math.sqrt(square)};
        }
    }

    @Override
    public void close() {
        lanes.close();
        trainable.close();
        manager.close();
    }
}
