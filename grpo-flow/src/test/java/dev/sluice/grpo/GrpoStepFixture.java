package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.ClassifierFreeGuidance;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.internal.Sd3Config;
import dev.sluice.flow.internal.Sd3Transformer;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.LastStep;
import dev.sluice.sde.Likelihood;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Trajectory;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/** A tiny SD3 transformer with an adapter, and what Flow-GRPO's own inner loop made of it; tolerances as its README. */
abstract class GrpoStepFixture {
    static final double CLIP = 1e-4;
    static final Sd3Config CONFIG = new Sd3Config(16, 2, 16, 3, 8, 4, 24, 20, 16, 12, Set.of(0, 1), true);

    Golden golden;
    NDManager manager;
    Sd3Transformer network;
    LoraAdapter adapter;
    Policy policy;
    Lanes lanes;
    SdeSampler sampler;
    TimeSchedule schedule;

    @BeforeEach
    void load() {
        Torch.threads(1); // a second thread only waits, with arrays this small
        golden = Golden.of("grpo-step/golden.safetensors");
        manager = Torch.newManager();
        Weights weights = new Weights(manager);
        try (Golden file = Golden.of("grpo-step/transformer/diffusion_pytorch_model.safetensors")) {
            file.tensors().forEach((name, array) -> weights.put(name, array));
        }
        network = new Sd3Transformer(CONFIG, weights);
        adapter = new LoraAdapter(
                manager, weights, new LoraAdapter.Options(4, 8, LoraAdapter.Options.SD3_ATTENTION), NoiseSource.of(1));
        try (Golden file = Golden.of("grpo-step/lora/adapter_model.safetensors")) {
            adapter.load(file.tensors());
        }
        adapter.fold();
        Conditioning negative =
                new Conditioning(golden.get("negative_prompt_embeds"), golden.get("negative_pooled_prompt_embeds"));
        policy = new Policy(
                over -> new ClassifierFreeGuidance(new Sd3Transformer(CONFIG, over), negative, 4.5, true), adapter);
        lanes = new Lanes(2);
        schedule = TimeSchedule.of(golden.doubles("sigmas"));
        SdeRule rule = new SdeRule.FlowGrpo(0.7);
        sampler = new SdeSampler(new SdeOptions(rule, Likelihood.GAUSSIAN_MEAN, LastStep.NOISY, false), schedule);
    }

    @AfterEach
    void free() {
        lanes.close();
        adapter.close();
        manager.close();
        golden.close();
    }

    static double relative(NDArray found, NDArray expected) {
        assertThat(found.getShape()).isEqualTo(expected.getShape());
        // The text's queries of the last block reach nothing, so both gradients are exactly zero.
        return found.sub(expected).abs().max().getFloat()
                / Math.max(expected.abs().max().getFloat(), Float.MIN_NORMAL);
    }

    static double absolute(NDArray found, NDArray expected) {
        assertThat(found.getShape()).isEqualTo(expected.getShape());
        return found.sub(expected).abs().max().getFloat();
    }

    Conditioning conditioning() {
        return new Conditioning(golden.get("prompt_embeds"), golden.get("pooled_prompt_embeds"));
    }

    Chunk chunk(String batch) {
        int[] rows = golden.ints(batch + ".index");
        NDArray index = manager.create(rows);
        NDArray latents = golden.get("rollout.latents").get(new NDIndex("{}", index));
        NDArray old = golden.get(batch + ".old_log_probs");
        List<StoredStep> steps = new ArrayList<>();
        for (int k = 0; k < 4; k++) {
            NDArray from = latents.get(":," + k);
            NDArray to = latents.get(":," + (k + 1));
            NDArray logProb = old.get(":," + k);
            manager.attachAll(from, to, logProb);
            steps.add(new StoredStep(k, sampler.step(k).std(), from, to, logProb, java.util.Optional.empty()));
        }
        Trajectory trajectory = new Trajectory(schedule, steps, latents.get(":,4"), manager);
        return new Chunk(0, conditioning().rows(manager, rows), trajectory, true);
    }

    Advantages.Column advantages(String batch, int step) {
        double[][] rows = golden.rows(batch + ".advantages");
        return Advantages.Column.whole(new Advantages(rows).clipped(5).column(0, rows.length, step));
    }

    StepTeacher teacher(double klWeight) {
        return new StepTeacher(Objective.flowGrpo(CLIP, klWeight, KlForm.DIFFUSION_ONLY), policy, sampler);
    }

    static GrpoOptions.Updates updates(AdamW.Options optimiser) {
        return new GrpoOptions.Updates(1, 1, RateSchedule.CONSTANT, 1, optimiser, Ema.Options.FLOW_GRPO);
    }
}
