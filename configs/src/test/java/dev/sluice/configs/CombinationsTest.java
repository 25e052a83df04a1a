package dev.sluice.configs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What choices on the axes may go together, what may not, and that a wrong file is told what is wrong with it and nothing else. */
class CombinationsTest {
    private static final String CRITIC = "critic={width: 8, updates: 1, warmUp: 0, learningRate: 0.1}";

    @TempDir
    Path folder;

    private Path run;

    @BeforeEach
    void aSmallestRunFile() throws IOException {
        run = SmallestRun.write(folder, "updates: {perIteration: 1}");
    }

    private static List<String> settings(String all) {
        return List.of(all.replace("CRITIC", CRITIC).split(" (?=[a-z.A-Z]+=)"));
    }

    private List<String> faults(String settings) {
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> RunFiles.train(run, settings(settings)));
        assertThat(e).as(settings).isNotNull();
        return e.faults();
    }

    /** The constraints between axes, each with the reason and what would work. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                // A trained step has a density.
                "exploration.rule=ode | step of the ODE has no density",
                "exploration.rule=ode objective.type=prdp | step of the ODE has no density",
                "exploration={rule: ode, rewardGradient: {scale: 1, timesLength: false, normalised: true, radius: 0.1, draws: 4, from: 1, to: 3}} objective.type=awm | leads stochastic steps, but there are none",
                "exploration={rule: ode, criticGradient: {scale: 1, timesLength: false, normalised: true, from: 1, to: 3}} objective.type=awm CRITIC | leads stochastic steps, but there are none",
                "exploration={rule: ode, learned: {least: 0.1, most: 1, learningRate: 0.1, entropy: 0}} objective.type=awm | Noise is learned by the policy gradient",
                "exploration={rule: ode, window: {size: 2, from: 0, to: 4}} objective.type=awm | no stochastic steps",
                // The normalised ratio is that of a Gaussian with the means of the rollout.
                "exploration={rule: cps} objective.ratio=normalised | normalised ratio needs the density of a Gaussian",
                "objective.ratio=on-policy updates.perIteration=2 | An iteration has 2 updates",
                // Matching losses have no ratio of steps to clip, and learn from whole samples.
                "exploration.rule=ode objective={type: rwr, clipRange: 0.1} | objective.clipRange has no meaning with objective.type: rwr",
                "exploration.rule=ode objective={type: nft, clipRange: 0.1} | objective.clipRange has no meaning",
                "exploration.rule=ode objective={type: dpo, clipRange: 0.1} | objective.clipRange has no meaning",
                "exploration.rule=ode objective={type: dragon, clipRange: 0.1} | objective.clipRange has no meaning",
                "exploration.rule=ode objective={type: ac-flow, clipRange: 0.1} CRITIC | objective.clipRange has no meaning",
                "exploration.rule=ode objective={type: re-dmd, clipRange: 0.1} | objective.clipRange has no meaning",
                "objective={type: awm, stepWeight: noise} | objective.stepWeight has no meaning",
                "objective={type: awm, klWeight: 0.1} | objective.klWeight has no meaning",
                "objective={type: awm, ratio: normalised} | objective.ratio has no meaning",
                "objective.type=awm credit.kind=gain | learns from whole samples",
                "objective.type=dgpo credit.kind=turning-point batch.chunkSize=8 | learns from whole samples",
                "objective.type=prdp credit.kind=value | learns from whole samples",
                // Credit for steps, and what measures them.
                "credit.judge=critic CRITIC | judge says who judges states along the way, but kind: broadcast",
                "credit.minForm={temperature: 0.1} | but kind: broadcast",
                "credit={kind: turning-point, judge: critic} CRITIC | judge (critic) must go with kind: gain or kind: value",
                "credit.kind=turning-point exploration.singular=[1] | at least two stochastic steps",
                "credit={kind: value, completionSteps: 1} rewards=[{name: motion-smoothness, weight: 1}] | it needs the whole video",
                "credit={kind: cumulative, discount: 0.9, completionSteps: 2} rewards=[{name: scenes, weight: 1}, {name: motion-smoothness, weight: 1}] | it needs the whole video",
                // Several rewards are combined where there are advantages.
                "exploration.rule=ode objective.type=rwr advantage.combination=advantage-sum | learns from the rewards themselves",
                "exploration.rule=ode objective.type=rft advantage.combination=pareto | learns from the rewards themselves",
                "exploration.rule=ode objective.type=dpo advantage.combination=gdpo | learns from the rewards themselves",
                "objective.type=prdp advantage.combination=gdpo | learns from the rewards themselves",
                "objective.type=awm advantage.combination=loss-sum | only the policy gradient has",
                "objective.type=dgpo batch.chunkSize=8 advantage.combination=loss-sum | only the policy gradient has",
                "objective.type=prdp advantage.combination=loss-sum | learns from the rewards themselves",
                "objective.ratio=on-policy advantage.combination=loss-sum | without a ratio nothing is clipped",
                "credit={kind: gain, judge: critic} CRITIC advantage.combination=loss-sum | has learned the rewards as one",
                // Samples are chosen by their advantages.
                "exploration.rule=ode objective.type=rwr bestOf=16 | bestOf (16) chooses samples by their advantages",
                "exploration.rule=ode objective.type=rft bestOf=16 | bestOf (16) chooses samples by their advantages",
                "exploration.rule=ode objective.type=dpo bestOf=16 | bestOf (16) chooses samples by their advantages",
                "exploration.rule=ode objective.type=dragon bestOf=16 | bestOf (16) chooses samples by their advantages",
                "exploration.rule=ode objective.type=re-dmd bestOf=16 | bestOf (16) chooses samples by their advantages",
                "objective.type=prdp bestOf=16 | bestOf (16) chooses samples by their advantages",
                // Copies and critics are there where something needs them, and only there.
                "exploration.rule=ode objective={type: nft, copy: null} | objective.copy has no value",
                "exploration.rule=ode objective={type: awm, copy: null} | copy is missing",
                "exploration.rule=ode objective.type=ac-flow | critic is missing",
                "credit.processWeight=1 | critic is missing",
                "exploration.criticGradient={scale: 1, timesLength: false, normalised: true, from: 1, to: 3} | critic is missing",
                "CRITIC | critic must go",
                // A group has to hold together where it is one term of the loss, and to differ where it is compared.
                "objective.type=dgpo batch.groupSize=8 batch.chunkSize=4 | chunkSize (4) must be at least groupSize (8)",
                "exploration.rule=ode objective.type=awm batch.sharedNoise=true | would all be the same",
                "exploration.singular=[1] credit.granularities=[1, 2] | need one initial noise for a group",
                // Solvers of a rollout, and a tail, which needs steps after the last stochastic one.
                "exploration={order: 1} | order and form must go with rule: sde-dpm; the rule flow-sde has neither",
                "exploration={rule: dance, form: heun} | order and form must go with rule: sde-dpm",
                "exploration={rule: sde-dpm, order: 1, form: heun} | form (heun) must go with order: 2",
                "exploration={rule: sde-dpm, order: 3} | exploration.order (3) must be",
                "exploration.solver=unipc | solver (unipc) must be euler, heun, midpoint or dpm2m",
                "exploration={tail: {ratio: 0.4, solver: unipc}, window: {size: 2, from: 0, to: 4}} | solver (unipc) must be euler",
                "exploration.tail={ratio: 0.4} | without window, sliding or singular there are none",
                "exploration={rule: ode, tail: {ratio: 0.4}} objective.type=awm | without window, sliding or singular there are none",
                "exploration={tail: {ratio: 0}, window: {size: 2, from: 0, to: 4}} | exploration.tail.ratio (0) must be",
                "exploration={tail: {ratio: 1.5}, window: {size: 2, from: 0, to: 4}} | exploration.tail.ratio (1.5) must be",
                "exploration={tail: {ratio: 0.4}, window: {size: 2, from: 0, to: 4}} credit.kind=gain | completed by Euler's steps",
                "exploration.solver=dpm2m credit.kind=value | completed by Euler's steps",
                "exploration={solver: dpm2m, singular: [1]} credit.granularities=[1, 2] batch.sharedNoise=true | completed by Euler's steps",
                "exploration={tail: {ratio: 0.4}, window: {size: 2, from: 0, to: 4}} objective.type=re-dmd | a tail leaves steps out",
                "exploration={rule: sde-dpm, learned: {least: 0.1, most: 1, learningRate: 0.1, entropy: 0}} | has no diffusion to learn",
                // The last step is never trained.
                "exploration.window={size: 2, from: 0, to: 10} | exploration.window.to (10) must be at most 9",
                "exploration.sliding={size: 2, from: 0, to: 10, stride: 1, every: 5} | exploration.sliding.to (10) must be at most 9",
                "exploration.singular=[9] | exploration.singular (9) must be at most 8",
            })
    void whatCannotBeCombinedIsRefusedWithTheReason(String settings, String expected) {
        assertThat(faults(settings)).singleElement().asString().contains(expected);
    }

    /** Matching losses take samples of any sampler, and quadratic likelihoods are fine where no rule needs the variance. */
    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "objective.type=awm exploration.rule=flow-sde",
                "objective.type=awm exploration.rule=ode bestOf=16",
                "objective.type=nft exploration.rule=ode bestOf=16",
                "bestOf=64 dropZero=false advantage.combination=loss-sum",
                "credit={kind: gain} advantage.combination=loss-sum bestOf=32",
                "credit.processWeight=1 CRITIC advantage.combination=loss-sum",
                "objective.type=awm exploration.rule=cps",
                "objective.type=nft exploration.rule=dance",
                "objective.type=rwr exploration.rule=ddim",
                "objective.type=dpo exploration.rule=flow-sde exploration.window={size: 2, from: 0, to: 4}",
                "objective={type: dpo, copy: null} exploration.rule=ode",
                "objective.type=dgpo exploration.rule=ode batch.chunkSize=8",
                "objective.type=prdp exploration.rule=cps",
                "objective={type: policy-gradient, clipRange: 1e-5} exploration.rule=cps",
                "objective.ratio=normalised exploration.rule=ddim",
                "objective.ratio=normalised exploration.rule=wan",
                "credit={kind: gain, judge: critic} CRITIC",
                "credit={kind: value, completionSteps: 0} rewards=[{name: motion-smoothness, weight: 1}]",
                "exploration.singular=[1] credit.granularities=[1, 2] batch.sharedNoise=true",
                "exploration={tail: {ratio: 0.4}, sliding: {size: 2, from: 0, to: 8, stride: 1, every: 5}}",
                "exploration={tail: {ratio: 1, solver: euler}, singular: [0, 3]} objective.type=prdp",
                "exploration={rule: sde-dpm, order: 2} objective.ratio=normalised",
                "exploration={rule: ode, solver: dpm2m} objective.type=nft",
                "exploration.solver=heun credit={kind: gain, judge: critic} CRITIC",
            })
    void whatCanBeCombinedIsTaken(String settings) {
        assertThatCode(() -> RunFiles.train(run, settings(settings))).doesNotThrowAnyException();
    }

    /** One mistake, in every group, is one fault, whatever else of the file hangs on what was meant. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "credit={kind: gainn, judge: critic} CRITIC | credit.kind (gainn) must be one of",
                "credit={kind: gain, judge: critik} CRITIC | credit.judge (critik) must be one of",
                "credit={kind: gain, judge: critic, completionSteps: 3} CRITIC | completionSteps (3) must be 0 with judge: critic",
                "credit={kind: gain, judge: critic, completionSteps: -1} CRITIC | credit.completionSteps (-1) must be",
                "credit={kind: gain, judge: critic, discount: 0.9} CRITIC | discount (0.9) must go with kind: cumulative",
                "credit={kind: gain, jugde: critic} CRITIC | credit.jugde is an unknown key",
                "credit.processWeight=-1 CRITIC | credit.processWeight (-1) must be",
                "credit.processWeight=much CRITIC | credit.processWeight (much) must be",
                "credit={kind: gain, judge: critic} critic={width: 0, updates: 1, warmUp: 0, learningRate: 0.1} | critic.width (0) must be",
                "credit={kind: gain, judge: critic} critic={width: 8, updates: 1, warmUp: 0} | critic.learningRate is missing",
                "credit={kind: gain, judge: critic} critik={width: 8, updates: 1, warmUp: 0, learningRate: 0.1} | critik is an unknown key",
                "exploration.rule=ode objective={type: ac-flow, temperature: 0} CRITIC | objective.temperature (0) must be",
                "exploration.rule=ode objective={type: ac-flo} CRITIC | objective.type (ac-flo) must be one of",
                "exploration={rule: odd} objective.type=awm | exploration.rule (odd) must be one of",
                "exploration={rule: oed, window: {size: 2, from: 0, to: 4}} | exploration.rule (oed) must be one of",
                "exploration={rule: ode, noise: 11} objective.type=awm | exploration.noise (11) must be",
                "exploration={rule: dance, noise: -1, learned: {least: 0.1, most: 1, learningRate: 0.1, entropy: 0}} | exploration.noise (-1) must be",
                "exploration={rule: table, diffusions: [1, 2, x, 4]} sampling.steps=4 | exploration.diffusions[2] (x) must be",
                "exploration={rule: cps, criticGradient: {scale: 1, timesLength: no way, normalised: true, from: 1, to: 3}} CRITIC | exploration.criticGradient.timesLength",
                "batch={prompts: 4, groupSize: 1, chunkSize: 40} | batch.groupSize (1) must be at least 2",
                "batch={prompts: 5, groupSize: many, chunkSize: 35} | batch.groupSize (many) must be",
                "batch={prompts: 5, groupsize: 7, chunkSize: 35} | batch.groupsize is an unknown key",
                "batch={prompts: 4, groupSize: 8, chunkSize: 8, sharedNoise: perhaps} exploration.rule=ode objective.type=awm | batch.sharedNoise (perhaps) must be",
                "sampling.steps=none exploration.window={size: 2, from: 0, to: 20} | sampling.steps (none) must be",
                "advantage={baseline: nothing} credit={kind: value, reNorm: true} | advantage.baseline (nothing) must be one of",
                "advantage={combination: gpdo} objective={type: rwr} exploration.rule=ode | advantage.combination (gpdo) must be one of",
                "updates={perIteration: two} objective.ratio=on-policy | updates.perIteration (two) must be",
                "rewards=[{name: scenes}] credit={kind: value, reNorm: true} advantage.baseline=none | rewards[0].weight is missing",
                "objective={type: policy-gradient, ratio: normal} exploration.rule=cps | objective.ratio (normal) must be one of",
                "credit=gain CRITIC | credit (gain) must be a group",
                "modell=model | modell is an unknown key",
            })
    void oneMistakeIsOneFault(String settings, String expected) {
        assertThat(faults(settings)).singleElement().asString().contains(expected);
    }

    /** What does not hang together is still told all at once. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "credit.completionSteps=-1 objective.ratio=on-policy updates.perIteration=2 | 2",
                "seed=x batch.groupSize=1 exploration.rule=ode | 3",
                "advantage.scope=all objective.type=ac-flow exploration.rule=ode | 2",
            })
    void faultsThatHaveNothingToDoWithOneAnotherAreAllTold(String settings, int count) {
        assertThat(faults(settings)).hasSize(count);
    }
}
