package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.ndarray.NDArray;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.tensor.Torch;
import dev.sluice.sde.StoredStep;
import dev.sluice.sde.Transition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compares whole training updates with those of Flow-GRPO's own inner loop. */
class GrpoStepTest extends GrpoStepFixture {
    private void checkLosses(String name, UpdateReport report) {
        for (var entry : Map.of(
                        "loss", report.loss(),
                        "policy_loss", report.policyLoss(),
                        "approx_kl", report.approximateKl(),
                        "kl_loss", report.kl())
                .entrySet()) {
            if (entry.getKey().equals("kl_loss") && report.kl() == 0) {
                continue;
            }
            double expected = golden.scalar(name + "." + entry.getKey());
            assertThat(entry.getValue())
                    .as(name + "." + entry.getKey())
                    .isEqualTo(expected, Offset.offset(5e-6 + 1e-4 * Math.abs(expected)));
        }
        assertThat((float) report.clippedAbove()).isEqualTo((float) golden.scalar(name + ".clipfrac_gt_one"));
        assertThat((float) report.clippedBelow()).isEqualTo((float) golden.scalar(name + ".clipfrac_lt_one"));
        assertThat((float) (report.clippedAbove() + report.clippedBelow()))
                .isEqualTo((float) golden.scalar(name + ".clipfrac"));
        double norm = golden.scalar(name + ".grad_norm");
        assertThat(report.gradientNorm()).as(name).isEqualTo(norm, Offset.offset(1e-3 * norm));
    }

    private void checkGradients(String name) {
        adapter.gradients()
                .forEach(
                        (parameter, gradient) -> assertThat(relative(gradient, golden.get(name + ".grad." + parameter)))
                                .as("%s gradient of %s", name, parameter)
                                .isLessThan(1e-3));
    }

    /** AdamW's first step is about lr·sign(g), so an element whose gradient is nearly zero may go the other way. */
    private void checkWeights(String name) {
        long count = 0;
        long different = 0;
        for (var parameter : adapter.parameters().entrySet()) {
            float[] found = parameter.getValue().toFloatArray();
            float[] expected =
                    golden.get(name + ".weight." + parameter.getKey()).toFloatArray();
            for (int i = 0; i < found.length; i++) {
                double difference = Math.abs(found[i] - expected[i]);
                assertThat(difference)
                        .as("%s %s[%s]", name, parameter.getKey(), i)
                        .isLessThan(6.1e-4);
                count++;
                different += difference > 2e-6 ? 1 : 0;
            }
        }
        assertThat((double) different / count)
                .as("%s of %s weights differ", different, count)
                .isLessThan(5e-3);
    }

    private record Case(String name, double klWeight, int[] steps, List<String> batches) {}

    @ParameterizedTest
    @ValueSource(strings = {"single", "accum", "nokl"})
    void anUpdateEqualsThePeers(String which) {
        Case c = switch (which) {
            case "single" -> new Case(which, 0.04, new int[] {1}, List.of("batch0"));
            case "accum" -> new Case(which, 0.04, new int[] {0, 1, 2}, List.of("batch0", "batch1"));
            default -> new Case(which, 0, new int[] {0}, List.of("batch1"));
        };
        AdamW optimiser = new AdamW(manager, adapter.parameters(), AdamW.Options.FLOW_GRPO);
        Ema ema = new Ema(manager, adapter.parameters(), Ema.Options.FLOW_GRPO);
        PolicyUpdate update = new PolicyUpdate(manager, lanes, policy, optimiser, ema, Optional.empty());
        StepTeacher teacher = teacher(c.klWeight);
        int micro = 0;
        for (int u = 0; u < c.batches.size(); u++) {
            String batch = c.batches.get(u);
            Chunk chunk = chunk(batch);
            update.begin();
            List<Portion> replays = new ArrayList<>();
            for (int k : c.steps) {
                checkReplay(c.name, micro + replays.size(), chunk, k);
                replays.add(teacher.replay(
                        chunk, chunk.trajectory().steps().get(k), advantages(batch, k), 1.0 / c.steps.length));
            }
            for (MicroStep step : update.accumulate(replays)) {
                assertThat(step.terms().ratios())
                        .as("%s ratios of micro step %s", c.name, micro)
                        .containsExactly(golden.rows(c.name + ".ratio")[micro], Offset.offset(1e-5));
                micro++;
            }
            UpdateReport report = update.apply(updates(AdamW.Options.FLOW_GRPO));
            assertThat(report.applied()).isTrue();
            String name = c.name + ".update" + u;
            checkLosses(name, report);
            checkGradients(name);
            checkWeights(name);
        }
        if (which.equals("accum")) {
            optimiser.state().forEach((name, moment) -> {
                String key = name.replaceAll("(.*)\\.(exp_avg(_sq)?)$", "accum.adam.$2.$1");
                if (golden.tensors().containsKey(key)) {
                    assertThat(relative(moment, golden.get(key))).as(key).isLessThan(2e-3);
                }
            });
            assertThat(golden.tensors().keySet().stream()
                            .filter(key -> key.startsWith("accum.adam."))
                            .count())
                    .isEqualTo(4);
        }
        optimiser.close();
        ema.close();
    }

    private void checkReplay(String name, int micro, Chunk chunk, int k) {
        try (Torch.Scope off = Torch.noGradient()) {
            StoredStep stored = chunk.trajectory().steps().get(k);
            Transition now = sampler.replay(policy.current(), stored.latents(), k, chunk.conditioning(), stored.next());
            assertThat(absolute(now.logProb(), golden.get(name + ".log_probs").get(micro)))
                    .as("%s log-probabilities of micro step %s", name, micro)
                    .isLessThan(5e-6);
            assertThat(relative(
                            now.mean(), golden.get(name + ".prev_sample_mean").get(micro)))
                    .isLessThan(1e-5);
            double diffusion = golden.rows(name + ".std_dev_t")[micro][0];
            assertThat(sampler.step(k).diffusion()).isEqualTo(diffusion, Offset.offset(1e-6));
            if (golden.tensors().containsKey(name + ".prev_sample_mean_ref")) {
                NDArray reference = sampler.mean(policy.reference(), stored.latents(), k, chunk.conditioning());
                assertThat(relative(
                                reference,
                                golden.get(name + ".prev_sample_mean_ref").get(micro)))
                        .isLessThan(1e-5);
            }
        }
    }

    @Test
    void gradientsAreClippedByTheNormOfAll() {
        AdamW.Options options = new AdamW.Options(3e-4, 0.9, 0.999, 1e-8, 1e-4, 0.01);
        AdamW optimiser = new AdamW(manager, adapter.parameters(), options);
        Ema ema = new Ema(manager, adapter.parameters(), Ema.Options.FLOW_GRPO);
        PolicyUpdate update = new PolicyUpdate(manager, lanes, policy, optimiser, ema, Optional.empty());
        StepTeacher teacher = teacher(0.04);
        double[] norms = golden.doubles("gradclip.grad_norms");
        double[] losses = golden.doubles("gradclip.losses");
        int u = 0;
        for (String batch : List.of("batch0", "batch1")) {
            Chunk chunk = chunk(batch);
            for (int k : new int[] {0, 2}) {
                update.begin();
                update.accumulate(
                        List.of(teacher.replay(chunk, chunk.trajectory().steps().get(k), advantages(batch, k), 1)));
                UpdateReport report = update.apply(updates(options));
                assertThat(report.gradientNorm())
                        .as("update %s", u)
                        .isEqualTo(norms[u], Offset.offset(1e-3 * norms[u]));
                assertThat(report.loss())
                        .as("update %s", u)
                        .isEqualTo(losses[u], Offset.offset(5e-6 + 1e-4 * Math.abs(losses[u])));
                u++;
            }
        }
        int compared = 0;
        for (String key : golden.tensors().keySet()) {
            if (key.startsWith("gradclip.weight.")) {
                NDArray found = adapter.parameters().get(key.substring("gradclip.weight.".length()));
                assertThat(absolute(found, golden.get(key))).as(key).isLessThan(1e-4);
                compared++;
            } else if (key.startsWith("gradclip.adam.")) {
                String name = key.replaceAll("gradclip\\.adam\\.(exp_avg(?:_sq)?)\\.(.*)", "$2.$1");
                assertThat(relative(optimiser.state().get(name), golden.get(key)))
                        .as(key)
                        .isLessThan(5e-3);
                compared++;
            }
        }
        assertThat(compared).isEqualTo(9);
        optimiser.close();
        ema.close();
    }
}
