package dev.sluice.configs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.flow.AdamW;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.grpo.AdvantageWeighted;
import dev.sluice.grpo.Contest;
import dev.sluice.grpo.Contrast;
import dev.sluice.grpo.CopyRule;
import dev.sluice.grpo.CriticWeighted;
import dev.sluice.grpo.Distillation;
import dev.sluice.grpo.Frozen;
import dev.sluice.grpo.GroupPreference;
import dev.sluice.grpo.Matching;
import dev.sluice.grpo.MatchingLoss;
import dev.sluice.grpo.NoiseLevels;
import dev.sluice.grpo.Objective;
import dev.sluice.grpo.PairPreference;
import dev.sluice.grpo.Pairing;
import dev.sluice.grpo.RewardDifference;
import dev.sluice.grpo.RewardWeighted;
import dev.sluice.grpo.SampleLoss;
import dev.sluice.grpo.SetPreference;
import dev.sluice.grpo.VelocityAnchor;
import dev.sluice.grpo.VelocityDistance;
import dev.sluice.sde.ExplorationSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Objectives of run files: each type has keys and built-in values of its own. */
class ObjectiveChoiceTest {
    private static final String CRITIC = "critic={width: 8, updates: 1, warmUp: 0, learningRate: 0.1}";
    private static final NoiseLevels PLAIN = new NoiseLevels.LogitNormal(1);

    @TempDir
    Path folder;

    private Path run;

    @BeforeEach
    void aSmallestRunFile() throws IOException {
        run = SmallestRun.write(
                folder, "exploration: {rule: ode}", "updates: {perIteration: 1}", "objective: {type: rft}");
    }

    private Objective objective(String... settings) {
        return RunFiles.train(run, List.of(settings))
                .grpo(new TimeSchedule.Uniform(10))
                .objective();
    }

    private static Matching matching(SampleLoss loss, Optional<CopyRule> copy) {
        return new Matching(loss, PLAIN, 1, List.of(), copy, copy.isPresent());
    }

    @Test
    void theBuiltInValuesAreThePublishedOnes() {
        Optional<CopyRule> forty = Optional.of(new CopyRule.Every(40));
        assertThat(objective("objective.type=awm"))
                .isEqualTo(new Matching(
                        new AdvantageWeighted(MatchingLoss.AWM, 1.0 / 5),
                        NoiseLevels.OfGrid.AWM,
                        6,
                        List.of(
                                new VelocityAnchor(Frozen.REFERENCE, 1e-3, VelocityDistance.UNIFORM),
                                new VelocityAnchor(Frozen.COPY, 1, VelocityDistance.UNIFORM)),
                        Optional.of(new CopyRule.Ramp(0.001, 0.3, 0)),
                        false));
        assertThat(objective("objective.type=nft", "advantageLimit=4"))
                .isEqualTo(new Matching(
                        new Contrast(1, 4, Contrast.Use.ALL),
                        new NoiseLevels.WholeGrid(),
                        10,
                        List.of(new VelocityAnchor(Frozen.REFERENCE, 1e-4, VelocityDistance.UNIFORM)),
                        Optional.of(new CopyRule.Ramp(0.001, 0.5, 0)),
                        true));
        assertThat(objective())
                .isEqualTo(matching(new RewardWeighted(RewardWeighted.Weighting.BEST, 1), Optional.empty()));
        assertThat(objective("objective.type=rwr"))
                .isEqualTo(matching(new RewardWeighted(RewardWeighted.Weighting.EXPONENTIAL, 0.1), Optional.empty()));
        assertThat(objective("objective.type=dpo"))
                .isEqualTo(matching(new PairPreference(100, Frozen.COPY, new Pairing.Extremes()), forty));
        assertThat(objective("objective.type=dpo", "objective.copy=null"))
                .isEqualTo(
                        matching(new PairPreference(100, Frozen.REFERENCE, new Pairing.Extremes()), Optional.empty()));
        assertThat(objective("objective.type=dgpo"))
                .isEqualTo(
                        matching(new GroupPreference(10, Frozen.REFERENCE, false, Optional.empty()), Optional.empty()));
        assertThat(objective("objective.type=dragon", "objective.variety=0.5"))
                .isEqualTo(matching(new PairPreference(100, Frozen.COPY, new Contest(0.5)), forty));
        assertThat(objective("objective.type=dragon", "objective.paired=false"))
                .isEqualTo(matching(new SetPreference(100, Frozen.COPY, new Contest(0)), forty));
        assertThat(objective("objective.type=ac-flow", CRITIC))
                .isEqualTo(new Matching(
                        new CriticWeighted(CriticWeighted.Weighting.EXPONENTIAL, 1, 1),
                        PLAIN,
                        1,
                        List.of(new VelocityAnchor(Frozen.REFERENCE, 1, VelocityDistance.UNIFORM)),
                        Optional.empty(),
                        false));
        assertThat(objective("objective.type=re-dmd"))
                .isEqualTo(new Distillation(
                        2,
                        Distillation.LEVELS,
                        new Distillation.Critic(5, new AdamW.Options(4e-7, 0, 0.999, 1e-8, 1e-4, 1))));
        assertThat(objective("objective.type=prdp", "exploration.rule=flow-sde"))
                .isEqualTo(new RewardDifference(3e-5, 1e-6));
    }

    @Test
    void anotherTypeReplacesTheGroupAndTheSameOneIsMerged() throws IOException {
        Path base = Files.writeString(folder.resolve("base.yaml"), Files.readString(run) + "  ");
        Files.writeString(base, Files.readString(base).replace("{type: rft}", "{type: awm, draws: 3}"));
        Path same = Files.writeString(folder.resolve("same.yaml"), """
                base: base.yaml
                objective: {clipRange: 0.5, levels: {type: uniform}}
                """);
        AwmChoice awm = (AwmChoice) RunFiles.train(same, List.of()).objective();
        assertThat(awm.draws()).isEqualTo(3);
        assertThat(awm.clipRange()).isEqualTo(0.5);
        assertThat(awm.levels()).isEqualTo(new LevelsChoice.Uniform(0.2));
        Path other = Files.writeString(folder.resolve("other.yaml"), """
                base: base.yaml
                objective: {type: policy-gradient, klWeight: 0}
                exploration: {rule: flow-sde}
                """);
        GradientChoice gradient =
                (GradientChoice) RunFiles.train(other, List.of()).objective();
        assertThat(gradient.clipRange()).isEqualTo(1e-4);
        assertThat(gradient.klWeight()).isZero();
    }

    @Test
    void aResolvedRunReadsBackToTheSame() throws IOException {
        for (String type : List.of("awm", "nft", "rwr", "rft", "dpo", "dgpo", "dragon", "re-dmd")) {
            RunConfig config = RunFiles.train(run, List.of("objective.type=" + type));
            Path again = Files.writeString(folder.resolve("again.yaml"), RunFiles.yaml(config));
            assertThat(RunFiles.train(again, List.of())).as(type).isEqualTo(config);
            assertThat(config.grpo(new TimeSchedule.Uniform(10)).rollout().exploration())
                    .isEqualTo(new ExplorationSchedule.None());
        }
    }

    @Test
    void passesOfAnUpdateAreCounted() {
        List<Long> learned = new ArrayList<>();
        List<Long> frozen = new ArrayList<>();
        for (String type : List.of("awm", "nft", "rft", "dpo")) {
            RunConfig config = RunFiles.train(
                    run,
                    List.of("objective.type=" + type, "batch.prompts=3", "batch.groupSize=8", "batch.chunkSize=8"));
            ObjectiveChoice.Passes passes = config.objective().passes(config.batch(), config.updates(), 0);
            learned.add(passes.learned());
            frozen.add(passes.frozen());
        }
        assertThat(learned).containsExactly(24L * 6, 24L * 10, 3L, 6L);
        assertThat(frozen).containsExactly(24L * 6 * 2, 24L * 10 * 2, 0L, 6L);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "objective={type: nft, clipRange: 0.1} | objective.clipRange has no meaning with objective.type: nft, because its loss has no importance ratio",
                "objective={type: rwr, klWeight: 0.1} | objective.klWeight has no meaning with objective.type: rwr, because it is plain flow matching",
                "objective={type: dpo, ratio: normalised} | objective.ratio has no meaning with objective.type: dpo",
                "objective={type: awm, stepFraction: 0.5} | objective.stepFraction has no meaning with objective.type: awm, because it learns from finished samples",
                "objective={type: policy-gradient, draws: 3} exploration.rule=flow-sde | objective.draws has no meaning with objective.type: policy-gradient, because it learns from the sampler's own steps",
                "objective.type=policy-gradient | a step of the ODE has no density",
                "objective.type=prdp | a step of the ODE has no density",
                "objective.type=nfd | objective.type (nfd) must be one of policy-gradient, awm, nft, rwr, rft, dpo, dgpo, dragon, prdp",
                "objective={type: re-dmd, klWeight: 0.1} | objective.klWeight has no meaning with objective.type: re-dmd, because it matches distributions",
                "objective={type: re-dmd} credit={kind: gain} exploration.rule=flow-sde | learns from whole samples",
                "objective={type: re-dmd} advantage.history=4 | history (4) must be 0",
                "exploration={rule: cps, learned: {least: 0.1, most: 1, learningRate: 0.1, entropy: 0}} objective.type=policy-gradient | has no diffusion to learn",
                "exploration={rule: dance, learned: {least: 0.1, most: 1, learningRate: 0.1, entropy: 0}} objective.type=prdp | Noise is learned by the policy gradient",
                "exploration={rule: dance, learned: {least: 0.1, most: 1, learningRate: 0.1, entropy: 0}} objective={type: policy-gradient, ratio: normalised} | A normalised ratio has one deviation",
                "objective={type: ac-flow} | critic is missing, but something asks it",
                "critic={width: 8, updates: 1, warmUp: 0, learningRate: 0.1} | critic must go, because nothing asks it",
                "objective={type: ac-flow, clipRange: 0.1} critic={width: 8, updates: 1, warmUp: 0, learningRate: 0.1} | objective.clipRange has no meaning with objective.type: ac-flow",
                "credit.processWeight=1 critic={width: 8, updates: 1, warmUp: 0, learningRate: 0.1} | The critic's scores of steps are for the policy gradient",
                "credit={kind: gain, judge: critic, completionSteps: 2} exploration.rule=flow-sde objective.type=policy-gradient critic={width: 8, updates: 1, warmUp: 0, learningRate: 0.1} | completionSteps (2) must be 0 with judge: critic",
                "credit={judge: critic} exploration.rule=flow-sde objective.type=policy-gradient | judge says who judges states along the way, but kind: broadcast",
                "credit={kind: cumulative, discount: 0.9, judge: critic} exploration.rule=flow-sde objective.type=policy-gradient critic={width: 8, updates: 1, warmUp: 0, learningRate: 0.1} | judge (critic) must go with kind: gain or kind: value",
                "objective={type: policy-gradient, distillation: 0.1} exploration.rule=flow-sde | none leads",
                "batch.sharedNoise=true | the samples of a prompt would all be the same",
                "exploration.rule=stored | exploration.rule (stored) needs prompts.train (scenes:train) to be a .jsonl file",
                "exploration.window={size: 2, from: 0, to: 5} | rule (ode) has no stochastic steps",
                "objective={type: dgpo} batch.groupSize=8 batch.chunkSize=4 | chunkSize (4) must be at least groupSize (8)",
                "objective={type: awm, copy: null} | copy is missing, but something samples with it or is compared with it",
                "objective={type: awm, anchors: []} | nothing samples with it or is compared with it",
                "credit={kind: gain} exploration.rule=flow-sde | learns from whole samples",
                "advantage.combination=gdpo | makes advantages of several rewards, but this objective learns from the rewards themselves",
                "advantage.history=4 | history (4) must be 0",
            })
    void choicesThatDoNotGoTogetherAreRefusedWithTheReason(String settings, String expected) {
        ConfigException e = catchThrowableOfType(
                ConfigException.class, () -> RunFiles.train(run, List.of(settings.split(" (?=[a-z.A-Z]+=)"))));
        assertThat(e).as(settings).isNotNull();
        assertThat(e.faults()).singleElement().asString().contains(expected);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "objective=awm | objective (awm) must be a group of keys, of which type is one of policy-gradient, awm,",
                "objective={type: awm, draws: 0} | objective.draws (0) must be a whole number",
                "objective={type: awm, power: 2} | objective.power (2) must be a number",
                "objective={type: awm, weights: 2} | objective.weights is an unknown key",
                "objective={type: awm, levels: {type: gird}} | Maybe write grid",
                "objective={type: awm, levels: {fraction: 0.5, least: 0.2}} | objective.levels.least has no meaning with objective.levels.type: grid",
                "objective={type: awm, levels: {type: uniform, least: 1}} | objective.levels.least (1) must be a number",
                "objective={type: re-dmd, criticUpdates: 0} | objective.criticUpdates (0) must be a whole number",
                "exploration.learned={least: 1, most: 0.5, learningRate: 0.1, entropy: 0} | most (0.5) must be",
                "objective={type: nft, beta: 0} | objective.beta (0) must be a number above 0",
                "objective={type: nft, copy: {type: ramp, most: 2}} | objective.copy.most (2) must be a number",
                "objective={type: dpo, copy: {type: every, updates: 0}} | objective.copy.updates (0) must be a whole number",
                "objective={type: awm, anchors: [{to: copy, weight: 1}]} | objective.anchors[0].form is missing",
            })
    void aWrongValueIsNamedWithWhatIsAllowed(String setting, String expected) {
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> RunFiles.train(run, List.of(setting)));
        assertThat(e).as(setting).isNotNull();
        assertThat(e.faults()).singleElement().asString().contains(expected);
    }
}
