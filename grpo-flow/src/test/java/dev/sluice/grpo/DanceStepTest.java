package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.ClassifierFreeGuidance;
import dev.sluice.flow.Conditioning;
import dev.sluice.flow.Ema;
import dev.sluice.flow.FullWeights;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.internal.ConfigFile;
import dev.sluice.flow.internal.FluxConfig;
import dev.sluice.flow.internal.FluxTransformer;
import dev.sluice.flow.internal.WanConfig;
import dev.sluice.flow.internal.WanTransformer;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.flow.tensor.Weights;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.LastStep;
import dev.sluice.sde.Likelihood;
import dev.sluice.sde.RolloutPlan;
import dev.sluice.sde.SdeOptions;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SdeSampler;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Trajectory;
import dev.sluice.sde.Transition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Compares rollouts and a full-weight update on FLUX and Wan with DanceGRPO's own functions and inner loop; tolerances as the README
 * of the fixture. Its samples go one by one, as do ours here: a chunk is a sample.
 */
class DanceStepTest {
    private static final int STEPS = 5;
    private static final int TRAINED = 4;
    private static final int SAMPLES = 2;
    private static final AdamW.Options OPTIMISER = new AdamW.Options(1e-4, 0.9, 0.999, 1e-8, 1e-3, 1);

    private final NDManager manager = Torch.newManager();
    private final Golden golden = Golden.of("dance-step/golden.safetensors");
    private final TimeSchedule schedule = new TimeSchedule.Shifted(STEPS, 3);
    private Lanes lanes;
    private FullWeights trainable;
    private Policy policy;

    @BeforeEach
    void start() {
        Torch.threads(1); // a second thread only waits, with arrays this small
        lanes = new Lanes(2);
        assertThat(schedule.sigmas()).containsExactly(golden.doubles("sigmas"), Offset.offset(1e-6));
        for (int k = 0; k < STEPS; k++) {
            // 0.9230769 · 1000 and the like, which the peer's network sees without its fraction
            assertThat((long) (schedule.sigma(k) * 1000))
                    .isEqualTo(golden.get("timesteps").toLongArray()[k]);
        }
    }

    @AfterEach
    void free() {
        lanes.close();
        trainable.close();
        golden.close();
        manager.close();
    }

    private void open(String name) throws IOException {
        Weights weights = new Weights(manager);
        String folder = "dance-step/" + name + "_transformer";
        try (Golden file = Golden.of(folder + "/diffusion_pytorch_model.safetensors")) {
            file.tensors().forEach(weights::put);
        }
        ConfigFile config = ConfigFile.read(Golden.fixture(folder + "/config.json"));
        Function<Weights, VelocityModel> network = name.equals("flux") ? flux(config) : wan(config);
        trainable = new FullWeights(manager, weights, parameter -> true);
        policy = new Policy(network, trainable);
    }

    /** Packed latents with the fixture's places; the guidance is told, and time has no fraction. */
    private Function<Weights, VelocityModel> flux(ConfigFile file) throws IOException {
        FluxConfig config = FluxConfig.of(file);
        NDArray image = golden.get("flux.image_ids");
        NDArray ids = manager.zeros(golden.get("flux.prompt_embeds").get(0).getShape())
                .get(":,0:3")
                .concat(image, 0);
        return weights -> {
            FluxTransformer network = new FluxTransformer(config, weights, 3.5);
            return (latents, sigmas, conditioning) -> {
                NDArray time = sigmas.mul(1000).floor();
                time.attach(latents.getManager());
                return network.velocityOfTokens(latents, time, time.onesLike().mul(3500), conditioning, ids);
            };
        };
    }

    /** The tokens of a sample are its prompt's and, behind them, its own negative prompt's. */
    private Function<Weights, VelocityModel> wan(ConfigFile file) throws IOException {
        WanConfig config = WanConfig.of(file);
        int words = Math.toIntExact(golden.get("wan.prompt_embeds").getShape().get(1));
        return weights -> {
            WanTransformer network = new WanTransformer(config, weights, true);
            return (latents, sigmas, both) -> {
                Conditioning prompt = new Conditioning(both.tokens().get(":,0:" + words), both.pooled());
                Conditioning negative = new Conditioning(both.tokens().get(":," + words + ":"), both.pooled());
                return new ClassifierFreeGuidance(network, negative, 5).velocity(latents, sigmas, prompt);
            };
        };
    }

    private NDArray row(String name, int sample) {
        NDArray row = golden.get(name).get(new NDIndex("{}:{}", sample, sample + 1));
        row.attach(manager);
        return row;
    }

    /** Returns a state, noise or number of one sample at one step. */
    private NDArray at(String name, int sample, int step) {
        NDArray one = golden.get(name).get(sample).get(new NDIndex("{}:{}", step, step + 1));
        one.attach(manager);
        return one;
    }

    private Conditioning conditioning(String name, int sample) {
        NDArray prompt = row(name + ".prompt_embeds", sample);
        return name.equals("flux")
                ? new Conditioning(prompt, row("flux.pooled_prompt_embeds", sample))
                : new Conditioning(
                        prompt.concat(row("wan.negative_prompt_embeds", sample), 1), manager.zeros(new Shape(1, 0)));
    }

    private SdeSampler sampler(LastStep last) {
        return new SdeSampler(new SdeOptions(new SdeRule.Dance(0.3), Likelihood.GAUSSIAN_MEAN, last, false), schedule);
    }

    @ParameterizedTest
    @ValueSource(strings = {"flux", "wan"})
    void theRolloutEqualsThePeers(String name) throws IOException {
        open(name);
        for (int i = 0; i < SAMPLES; i++) {
            int sample = i;
            RolloutPlan plan =
                    RolloutPlan.of(List.of(0, 1, 2, 3), (owner, shape, step) -> at(name + ".noise", sample, step));
            NDArray initial = row(name + ".initial", i);
            Conditioning conditioning = conditioning(name, i);
            double[] logProbs = golden.rows(name + ".rollout_log_probs")[i];
            try (Trajectory noisy = sampler(LastStep.NOISY).rollout(policy.current(), initial, conditioning, plan);
                    Trajectory clean = sampler(LastStep.ODE).rollout(policy.current(), initial, conditioning, plan)) {
                assertThat(noisy.steps()).hasSize(TRAINED);
                for (StoredStep step : noisy.steps()) {
                    int k = step.step();
                    assertThat(GrpoStepFixture.absolute(step.latents(), at(name + ".latents", i, k)))
                            .as("sample %s before step %s", i, k)
                            .isLessThan(1e-4);
                    assertThat((double) step.logProb().getFloat())
                            .as("sample %s, log-probability of step %s", i, k)
                            .isEqualTo(logProbs[k], Offset.offset(5e-6));
                }
                assertThat(GrpoStepFixture.absolute(noisy.latents(), at(name + ".latents", i, STEPS)))
                        .isLessThan(1e-4);
                // What DanceGRPO shows its rewards is what the last evaluation predicts, without the last noise.
                assertThat(GrpoStepFixture.absolute(clean.latents(), row(name + ".pred_original", i)))
                        .isLessThan(1e-4);
            }
            Transition last;
            try (Torch.Scope off = Torch.noGradient()) {
                last = sampler(LastStep.NOISY)
                        .sample(
                                policy.current(),
                                at(name + ".latents", i, TRAINED),
                                TRAINED,
                                conditioning,
                                at(name + ".noise", i, TRAINED));
            }
            assertThat((double) last.logProb().getFloat()).isEqualTo(logProbs[TRAINED], Offset.offset(5e-6));
        }
    }

    private Chunk chunk(String name, int sample) {
        SdeSampler sampler = sampler(LastStep.ODE);
        List<StoredStep> steps = new ArrayList<>();
        for (int k = 0; k < TRAINED; k++) {
            steps.add(new StoredStep(
                    k,
                    sampler.step(k).std(),
                    at(name + ".latents", sample, k),
                    at(name + ".latents", sample, k + 1),
                    at(name + ".old_log_probs", sample, k),
                    Optional.empty()));
        }
        Trajectory trajectory = new Trajectory(schedule, steps, row(name + ".pred_original", sample), manager);
        return new Chunk(sample, conditioning(name, sample), trajectory, true);
    }

    @ParameterizedTest
    @ValueSource(strings = {"flux", "wan"})
    void anUpdateEqualsThePeers(String name) throws IOException {
        open(name);
        SdeSampler sampler = sampler(LastStep.ODE);
        StepTeacher teacher = new StepTeacher(Objective.flowGrpo(1e-4, 0, KlForm.EXACT), policy, sampler);
        double[] advantages = golden.doubles(name + ".advantages");
        double[][] losses = golden.rows(name + ".losses");
        try (AdamW optimiser = new AdamW(manager, trainable.parameters(), OPTIMISER);
                Ema ema = new Ema(manager, trainable.parameters(), Ema.Options.FLOW_GRPO)) {
            PolicyUpdate update = new PolicyUpdate(manager, lanes, policy, optimiser, ema, Optional.empty());
            List<Portion> portions = new ArrayList<>();
            for (int i = 0; i < SAMPLES; i++) {
                Chunk chunk = chunk(name, i);
                for (StoredStep step : chunk.trajectory().steps()) {
                    checkReplay(name, sampler, chunk, step);
                    portions.add(teacher.replay(
                            chunk, step, Advantages.Column.whole(advantages[i]), 1.0 / (SAMPLES * TRAINED)));
                }
            }
            update.begin();
            List<MicroStep> done = update.accumulate(portions);
            for (int j = 0; j < done.size(); j++) {
                assertThat(done.get(j).loss() / (SAMPLES * TRAINED))
                        .as("sample %s, step %s", j / TRAINED, j % TRAINED)
                        .isEqualTo(losses[j / TRAINED][j % TRAINED], Offset.offset(1e-5));
            }
            UpdateReport report = update.apply(
                    new GrpoOptions.Updates(1, 1, RateSchedule.CONSTANT, 1, OPTIMISER, Ema.Options.FLOW_GRPO));
            double norm = golden.scalar(name + ".grad_norm");
            assertThat(report.gradientNorm()).isEqualTo(norm, Offset.offset(1e-3 * norm));
            checkParameters(name);
        }
    }

    private void checkReplay(String name, SdeSampler sampler, Chunk chunk, StoredStep step) {
        try (Torch.Scope off = Torch.noGradient()) {
            Transition now =
                    sampler.replay(policy.current(), step.latents(), step.step(), chunk.conditioning(), step.next());
            assertThat((double) now.logProb().getFloat())
                    .isEqualTo(golden.rows(name + ".log_probs")[chunk.first()][step.step()], Offset.offset(5e-6));
        }
    }

    private void checkParameters(String name) {
        String gradients = name + ".grad.";
        List<String> stored = golden.tensors().keySet().stream()
                .filter(key -> key.startsWith(gradients))
                .map(key -> key.substring(gradients.length()))
                .toList();
        assertThat(stored).hasSize(name.equals("flux") ? 4 : 5);
        int count = 0;
        int different = 0;
        for (String parameter : stored) {
            assertThat(GrpoStepFixture.relative(
                            trainable.gradients().get(parameter), golden.get(gradients + parameter)))
                    .as("gradient of %s", parameter)
                    .isLessThan(1e-3);
            float[] found = trainable.parameters().get(parameter).toFloatArray();
            float[] expected = golden.get(name + ".after." + parameter).toFloatArray();
            for (int i = 0; i < found.length; i++) {
                // AdamW's first step is about lr·sign(g), so an element whose gradient is nearly zero may go the other
                // way.
                assertThat(Math.abs(found[i] - expected[i])).as(parameter).isLessThan(2.1e-4f);
                count++;
                different += Math.abs(found[i] - expected[i]) > 2e-6 ? 1 : 0;
            }
        }
        assertThat((double) different / count)
                .as("%s of %s weights differ", different, count)
                .isLessThan(5e-3);
    }
}
