package dev.sluice.sde;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.ClassifierFreeGuidance;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.SafetensorsFile;
import dev.sluice.flow.Scheduler;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.internal.Sd3Config;
import dev.sluice.flow.internal.Sd3Transformer;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** The invariant of the whole system, on a real network with guidance: before the first update every ratio is exactly 1. */
class RatioOneTest {
    private static final Path WEIGHTS = Path.of(
            "../flow/src/test/resources/fixtures/sd3-transformer/transformer/diffusion_pytorch_model.safetensors");

    private static Weights weights(NDManager manager) throws IOException {
        Weights weights = new Weights(manager);
        try (SafetensorsFile file = SafetensorsFile.open(WEIGHTS)) {
            for (String name : file.names()) {
                weights.put(name, file.read(manager, name));
            }
        }
        weights.asMap().values().forEach(array -> array.setRequiresGradient(true));
        return weights;
    }

    private static Conditioning conditioning(NDManager manager, int batch, long seed) {
        return new Conditioning(
                NoiseSource.of(seed, 0).gaussian(manager, new Shape(batch, 7, 24)),
                NoiseSource.of(seed, 1).gaussian(manager, new Shape(batch, 20)));
    }

    @Test
    void sd3WithGuidanceReplaysItsRolloutBitForBit() throws IOException {
        int batch = 3;
        try (NDManager manager = Torch.newManager()) {
            Sd3Config config = new Sd3Config(16, 2, 16, 3, 8, 4, 24, 20, 16, 12, Set.of(0, 1), true);
            VelocityModel model = new ClassifierFreeGuidance(
                    new Sd3Transformer(config, weights(manager)), conditioning(manager, 1, 8), 4.5);
            Conditioning prompts = conditioning(manager, batch, 9);
            TimeSchedule schedule = new Scheduler.FlowMatchEuler(3).schedule(4, 0);
            SampleNoise noise =
                    new SampleNoise(1, 0, LongStream.range(0, batch).boxed().toList());
            for (SdeRule rule : List.of(new SdeRule.FlowGrpo(0.7), new SdeRule.Cps(0.7), new SdeRule.SdeDpm(2))) {
                SdeSampler sampler = new SdeSampler(rule, schedule);
                List<Integer> steps = new ExplorationSchedule.AllButLast().steps(4, 0, NoiseSource.of(0));
                try (Trajectory trajectory = sampler.rollout(
                        model, noise.initial(manager, new Shape(16, 4, 6)), prompts, RolloutPlan.of(steps, noise))) {
                    for (StoredStep stored : trajectory.steps()) {
                        assertRatioOne(manager, sampler, model, prompts, stored);
                    }
                }
            }
        }
    }

    private static void assertRatioOne(
            NDManager manager, SdeSampler sampler, VelocityModel model, Conditioning prompts, StoredStep stored) {
        try (NDManager scratch = manager.newSubManager();
                Torch.Scope scope = Torch.withGradient()) {
            Transition again = sampler.replay(model, SdeSamplerTest.decoded(scratch, stored), prompts);
            Torch.backward(again.logProb().sum());
            assertThat(again.logProb().toFloatArray())
                    .as("%s, step %s", sampler.options().rule(), stored.step())
                    .containsExactly(stored.logProb().toFloatArray());
        }
    }
}
