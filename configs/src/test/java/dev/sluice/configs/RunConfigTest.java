package dev.sluice.configs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.LoraAdapter;
import dev.sluice.flow.OdeSolver;
import dev.sluice.flow.TimeSchedule;
import dev.sluice.flow.UniPc;
import dev.sluice.grpo.Combination;
import dev.sluice.grpo.GroupAdvantage;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.Objective;
import dev.sluice.grpo.PolicyGradient;
import dev.sluice.grpo.Prompt;
import dev.sluice.grpo.RatioRule;
import dev.sluice.grpo.SampleSelection;
import dev.sluice.grpo.StepWeight;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.Sample;
import dev.sluice.rewards.ScenePrompt;
import dev.sluice.rewards.SceneTask;
import dev.sluice.rewards.ScenesWorld;
import dev.sluice.sde.ExplorationSchedule;
import dev.sluice.sde.KlForm;
import dev.sluice.sde.OdeSteps;
import dev.sluice.sde.SdeRule;
import dev.sluice.sde.SlidingWindow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunConfigTest {
    @TempDir
    Path folder;

    private Path run;

    @BeforeEach
    void aSmallestRunFile() throws IOException {
        run = SmallestRun.write(folder);
    }

    @Test
    void theDefaultsAreFlowGrposPublishedSetting() {
        RunConfig config = RunFiles.train(run, List.of());
        GrpoOptions options =
                config.grpo(new TimeSchedule.Uniform(config.sampling().steps()));
        assertThat(options.updates()).isEqualTo(GrpoOptions.Updates.FLOW_GRPO);
        assertThat(options.updates().optimiser()).isEqualTo(AdamW.Options.FLOW_GRPO);
        assertThat(options.updates().ema()).isEqualTo(Ema.Options.FLOW_GRPO);
        assertThat(options.signal()).isEqualTo(GrpoOptions.Signal.FLOW_GRPO);
        assertThat(options.signal().advantage()).isEqualTo(GroupAdvantage.FLOW_GRPO);
        assertThat(options.objective()).isEqualTo(Objective.flowGrpo(1e-4, 0.04, KlForm.DIFFUSION_ONLY));
        assertThat(options.rollout().sde().rule()).isEqualTo(new SdeRule.FlowGrpo(0.7));
        assertThat(config.adapter().lora(List.of()).targets())
                .containsExactlyInAnyOrderElementsOf(LoraAdapter.Options.SD3_ATTENTION);
    }

    @Test
    void aResolvedRunReadsBackToTheSameFromAnyFolder() throws IOException {
        RunConfig config = RunFiles.train(
                run,
                List.of(
                        "exploration.window={size: 2, from: 0, to: 5}",
                        "sampling.height=64",
                        "adapter.kind=full",
                        "rewards=[{name: scenes, weight: 1, options: {mode: strict}}]"));
        assertThat(config.rewards().get(0).options()).hasValue(Map.of("mode", "strict"));
        Path elsewhere = Files.createDirectories(folder.resolve("a/b")).resolve("config.yaml");
        Files.writeString(elsewhere, RunFiles.yaml(config));
        assertThat(RunFiles.train(elsewhere, List.of())).isEqualTo(config);
    }

    @Test
    void whatGuidanceMovesAwayFromAndHowLongPromptsAreCanBeSaid() {
        RunConfig.SamplingChoice usual = RunFiles.train(run, List.of()).sampling();
        assertThat(usual.negativePrompt()).isEmpty();
        assertThat(usual.maxTokens()).isEmpty();
        assertThat(RunFiles.yaml(RunFiles.train(run, List.of()))).doesNotContain("negativePrompt", "maxTokens");
        List<String> said = List.of("sampling={negativePrompt: 'blurry, dark', maxTokens: 128}");
        RunConfig.SamplingChoice sampling = RunFiles.train(run, said).sampling();
        assertThat(sampling.negativePrompt()).hasValue("blurry, dark");
        assertThat(sampling.maxTokens()).hasValue(128);
        // A run that is trained without guidance may be tested with it.
        RunFiles.train(run, List.of("sampling={guidance: 1, negativePrompt: blurry}", "evaluation.guidance=4"));
    }

    @Test
    void testsFollowTheModelsOwnSolverUnlessTheyNameOne() {
        RunConfig left = RunFiles.train(run, List.of());
        assertThat(left.evaluation().solver()).isEmpty();
        RunConfig named = RunFiles.train(run, List.of("evaluation.solver=unipc"));
        assertThat(named.evaluation().solver()).hasValue(EvaluationChoice.Solver.UNIPC);
        assertThat(left.withTestSolver(EvaluationChoice.Solver.UNIPC)).isEqualTo(named);
        UniPc own = new UniPc(2, UniPc.Form.BH1);
        assertThat(EvaluationChoice.Solver.UNIPC.beside(own)).isSameAs(own);
        assertThat(EvaluationChoice.Solver.UNIPC.beside(new OdeSolver.Euler())).isEqualTo(new UniPc());
        for (EvaluationChoice.Solver solver : EvaluationChoice.Solver.values()) {
            assertThat(EvaluationChoice.Solver.of(solver.solver())).isEqualTo(solver);
        }
        assertThat(EvaluationChoice.Solver.of(own)).isEqualTo(EvaluationChoice.Solver.UNIPC);
    }

    @Test
    void aRewardIsOpenedWithItsOptions() {
        ScenePrompt prompt = ScenesWorld.prompts(SceneTask.COUNTING).get(0);
        ScenePrompt nearly = ScenesWorld.prompts(SceneTask.COUNTING).get(1);
        Sample sample = new Sample(
                ScenesWorld.scene(prompt, new SplittableRandom(1)).media(), nearly.text(), nearly.metadata());
        List<Double> scores = new ArrayList<>();
        for (String mode : List.of("graded", "strict")) {
            RunConfig config = RunFiles.train(
                    run, List.of("rewards=[{name: scenes, weight: 1, options: {mode: %s}}]".formatted(mode)));
            try (Reward reward = config.rewards().get(0).open()) {
                scores.add(reward.score(List.of(sample)).values()[0]);
            }
        }
        assertThat(scores.get(0)).isGreaterThan(0);
        assertThat(scores.get(1)).isZero();
    }

    @Test
    void aWrongOptionOfARewardIsRefusedWithItsLine() throws IOException {
        Files.writeString(run, """
            model: model
            prompts: {train: scenes:train, test: scenes:test}
            rewards:
              - {name: compressibility, weight: 0.1}
              - {name: scenes, weight: 1, options: {mode: harsh}}
            """);
        assertThatThrownBy(() -> RunFiles.train(run, List.of()))
                .hasMessageContaining("run.yaml:5:")
                .hasMessageContaining("scenes.mode (harsh) must be one of closeness, graded,");
    }

    @Test
    void everyRunFileOfTheProjectIsReadable() throws IOException {
        // The bundled model may not have been made yet where the sources are built.
        List<String> settings = List.of("model=" + folder.resolve("model"));
        List<String> read = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of(""))) {
            for (Path file :
                    files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
                if (file.toString().contains("pretrain")) {
                    RunFiles.pretrain(file, List.of());
                } else if (file.toString().contains("idm")) {
                    RunFiles.idm(file, List.of());
                } else if (file.toString().contains("reward")) {
                    RunFiles.reward(file, List.of());
                } else {
                    RunConfig config = RunFiles.train(file, settings);
                    config.grpo(new TimeSchedule.Uniform(config.sampling().steps()));
                }
                read.add(file.toString());
            }
        }
        assertThat(read)
                .contains(
                        "demo.yaml",
                        "scenes-awm.yaml",
                        "scenes-dance-grpo.yaml",
                        "scenes-dgpo.yaml",
                        "scenes-dpo.yaml",
                        "scenes-dragon.yaml",
                        "scenes-flow-grpo.yaml",
                        "scenes-grpo-guard.yaml",
                        "scenes-mix-grpo-flash.yaml",
                        "scenes-mix-grpo.yaml",
                        "scenes-nft.yaml",
                        "scenes-prdp.yaml",
                        "scenes-pref-grpo.yaml",
                        "scenes-rft.yaml",
                        "scenes-rwr.yaml",
                        "scenes-pretrain-2.yaml",
                        "scenes-pretrain-3.yaml",
                        "scenes-pretrain-4.yaml",
                        "scenes-pretrain-5.yaml",
                        "scenes-pretrain.yaml");
    }

    @Test
    void explorationIsOneOfManySchedules() {
        ExplorationChoice mix = RunFiles.train(
                        run,
                        List.of("exploration.sliding={size: 4, from: 0, to: 8, stride: 1, every: 25, decay: {rate:"
                                + " 0.1, after: 3}}"))
                .exploration();
        assertThat(mix.steps(10)).isEqualTo(new SlidingWindow(4, 0, 8, 1, new SlidingWindow.Dwell(25, 0.1, 3)));
        ExplorationChoice singular =
                RunFiles.train(run, List.of("exploration.singular=[0, 2, 4]")).exploration();
        assertThat(singular.steps(10)).isEqualTo(new ExplorationSchedule.Singular(List.of(0, 2, 4)));
    }

    @Test
    void aRunIsTestedWithItsOwnGuidanceUnlessItNamesAnother() throws IOException {
        assertThat(RunFiles.train(run, List.of("sampling.guidance=2.5")).testGuidance())
                .isEqualTo(2.5);
        RunConfig other = RunFiles.train(run, List.of("sampling.guidance=1", "evaluation.guidance=1.5"));
        assertThat(other.testGuidance()).isEqualTo(1.5);
        Path again = Files.writeString(folder.resolve("again.yaml"), RunFiles.yaml(other));
        assertThat(RunFiles.train(again, List.of())).isEqualTo(other);
    }

    @Test
    void solversOfARolloutReadBack() throws IOException {
        List<String> settings = List.of(
                "exploration={rule: sde-dpm, solver: heun, tail: {ratio: 0.4}, window: {size: 2, from: 0, to: 4}}");
        RunConfig config = RunFiles.train(run, settings);
        assertThat(config.exploration().sdeRule()).isEqualTo(new SdeRule.SdeDpm(2));
        OdeSteps steps =
                new OdeSteps(new OdeSolver.Heun(), Optional.of(new OdeSteps.Tail(new OdeSolver.DpmSolver2M(), 0.4)));
        assertThat(config.exploration().odeSteps()).isEqualTo(steps);
        assertThat(config.grpo(new TimeSchedule.Uniform(10)).rollout().sde().ode())
                .isEqualTo(steps);
        Path again = Files.writeString(folder.resolve("again.yaml"), RunFiles.yaml(config));
        assertThat(RunFiles.train(again, List.of())).isEqualTo(config);
        assertThat(RunFiles.train(run, List.of("exploration={rule: sde-dpm, order: 2, form: heun}"))
                        .exploration()
                        .sdeRule())
                .isEqualTo(new SdeRule.SdeDpm(2, OdeSolver.DpmSolver2M.Form.HEUN));
        assertThat(RunFiles.train(run, List.of("exploration={rule: sde-dpm, order: 1}"))
                        .exploration()
                        .sdeRule())
                .isEqualTo(new SdeRule.SdeDpm(1));
        assertThat(RunFiles.train(run, List.of()).exploration().odeSteps()).isEqualTo(OdeSteps.EULER);
    }

    @Test
    void aTableOfNoiseReadsBackAndMustFitTheGrid() throws IOException {
        List<String> settings =
                List.of("exploration.rule=table", "exploration.diffusions=[1.0, 2, 3.5, 1e-1]", "sampling.steps=4");
        RunConfig config = RunFiles.train(run, settings);
        assertThat(config.exploration().sdeRule()).isEqualTo(new SdeRule.Table(List.of(1.0, 2.0, 3.5, 0.1)));
        Path again = Files.writeString(folder.resolve("again.yaml"), RunFiles.yaml(config));
        assertThat(RunFiles.train(again, List.of())).isEqualTo(config);
        ConfigException e = catchThrowableOfType(
                ConfigException.class,
                () -> RunFiles.train(run, List.of("exploration.rule=table", "exploration.diffusions=[1.0]")));
        assertThat(e.faults()).singleElement().asString().contains("has 1 entries but sampling.steps is 10");
    }

    @Test
    void theNormalisedRatioHasTheMeansItNeeds() {
        RunConfig guard =
                RunFiles.train(run, List.of("objective.ratio=normalised", "objective.stepWeight=inverse-length"));
        GrpoOptions options = guard.grpo(new TimeSchedule.Uniform(10));
        assertThat(((PolicyGradient) options.objective()).ratioRule()).isEqualTo(new RatioRule.Normalised());
        assertThat(((PolicyGradient) options.objective()).stepWeight()).isEqualTo(StepWeight.INVERSE_LENGTH);
        assertThat(options.rollout().sde().keepMeans()).isTrue();
    }

    @Test
    void theSamplesThatAreLearnedFromAreAChoice() {
        RunConfig all = RunFiles.train(run, List.of());
        assertThat(RunFiles.tree(all)).containsEntry("dropZero", true).doesNotContainKey("bestOf");
        RunConfig few = RunFiles.train(run, List.of("bestOf=16", "dropZero=false"));
        assertThat(few.grpo(new TimeSchedule.Uniform(10)).signal().selection())
                .isEqualTo(new SampleSelection(false, Optional.of(16)));
        assertThat(RunFiles.tree(few)).containsEntry("bestOf", 16);
        assertThat(few.withChunkSize(8).bestOf()).hasValue(16);
    }

    /** Ranges of a Gaussian likelihood are ten times those of one without the variance, for as many latents. */
    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "exploration.rule=cps objective.clipRange=1e-5 | 65536 | false",
                "exploration.rule=cps | 65536 | true",
                "exploration.rule=cps | 3072 | false",
                "exploration.rule=cps objective.clipRange=1e-3 | 3072 | true",
                "exploration.rule=cps objective.clipRange=1e-5 | 2000000 | false",
                "exploration.rule=cps objective.clipRange=1e-3 objective.ratio=on-policy updates.perIteration=1 | 3072 | false",
                "exploration.rule=cps objective.type=prdp | 65536 | false",
                "exploration.rule=flow-sde objective.clipRange=1e-2 | 65536 | false",
                "exploration.rule=ddim objective.clipRange=1e-2 | 65536 | false",
            })
    void aClipRangeOfAnotherLikelihoodIsDoubted(String settings, long elements, boolean doubted) {
        RunConfig config = RunFiles.train(run, List.of(settings.split(" (?=[a-z.A-Z]+=)")));
        assertThat(config.doubts(elements)).hasSize(doubted ? 1 : 0);
        assertThat(config.doubts(elements)).allMatch(doubt -> doubt.contains("Maybe write objective.clipRange: "));
    }

    @Test
    void anAdvantageIsOneGroupOfKeys() {
        GroupAdvantage.ZScore plain = GroupAdvantage.FLOW_GRPO;
        RunConfig gdpo = RunFiles.train(run, List.of("advantage.combination=gdpo"));
        assertThat(gdpo.grpo(new TimeSchedule.Uniform(10)).signal().combination())
                .isEqualTo(Combination.GDPO);
        assertThat(RunFiles.train(run, List.of("advantage.winRate={margin: 0.1}"))
                        .advantage()
                        .advantage())
                .isEqualTo(new GroupAdvantage.WinRate(0.1, plain));
        assertThat(RunFiles.train(run, List.of("advantage.absoluteValue={weight: 0.1, steps: 5, floor: -1}"))
                        .advantage()
                        .advantage())
                .isEqualTo(new GroupAdvantage.AbsoluteValue(plain, 0.1, 5, -1));
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "exploration.diffusions=[1.0, 2.0] | diffusions ([1.0, 2.0]) must go with rule: table",
                "exploration.rule=table | rule (table) must have diffusions",
                "exploration.singular=[1] exploration.window={size: 2, from: 0, to: 5} | one of them may be there",
                "advantage.winRate={margin: 0} advantage.absoluteValue={weight: 1, steps: 5, floor: 0} | winRate and"
                        + " absoluteValue are both there",
                "objective.ratio=normalised exploration.rule=cps | The normalised ratio needs the density of a"
                        + " Gaussian",
                "objective.ratio=on-policy | An iteration has 2 updates",
                "objective.ratio=on-policy updates.perIteration=1 updates.innerEpochs=3 | An iteration has 3 updates",
            })
    void choicesThatDoNotGoTogetherAreRefusedWithTheReason(String settings, String expected) {
        ConfigException e = catchThrowableOfType(
                ConfigException.class, () -> RunFiles.train(run, List.of(settings.split(" (?=[a-z.A-Z]+=)"))));
        assertThat(e).as(settings).isNotNull();
        assertThat(e.faults()).singleElement().asString().contains(expected).contains("Maybe ");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "model=none | model (",
                "prompts.train=scenes | The prompt file (",
                "prompts.train=none.txt | does not exist; a .txt or .jsonl file",
                "rewards=[] | rewards ([]) must have at least one item",
                "rewards=scenes | rewards (scenes) must be a list",
                "rewards=[{name: scenes}] | rewards[0].weight is missing",
                "batch.groupSize=1 | batch.groupSize (1) must be at least 2",
                "batch.chunkSize=7 | batch.chunkSize (7) must divide",
                "sampling.steps=1 | sampling.steps (1) must be a whole number at least 2",
                "sampling.guidance=.nan | sampling.guidance (.nan) must be a number",
                "sampling.guidance=-1 | sampling.guidance (-1) must be a number at least 0",
                "sampling.height=tall | sampling.height (tall) must be a whole number",
                "exploration.rule=flow_sde | Maybe write flow-sde",
                "exploration.noise=0 | exploration.noise (0) must be a number above 0",
                "exploration.window={size: 3, from: 0, to: 2} | size (3) must be at most",
                "exploration.window={size: 3, from: 0, to: 20} | exploration.window.to (20) must be at most 9",
                "exploration.sliding={size: 3, from: 0, to: 10, stride: 1, every: 25} | exploration.sliding.to (10)"
                        + " must be at most 9",
                "exploration.sliding={size: 3, from: 4, to: 4, stride: 1, every: 25} | exploration.sliding.to (4) must"
                        + " be above from",
                "exploration.sliding={size: 3, from: 0, to: 4, stride: 1} | exploration.sliding.every is missing",
                "exploration.singular=[1, 9] | exploration.singular (9) must be at most 8",
                "exploration.singular=[] | exploration.singular ([]) must have at least one item",
                "exploration.singular=[1.5] | exploration.singular[0] (1.5) must be a whole number",
                "advantage.ddof=2 | advantage.ddof (2) must be 0 or 1",
                "advantage.winRate={margin: -1} | advantage.winRate.margin (-1) must be a number at least 0",
                "advantage.winRate={} | advantage.winRate.margin is missing",
                "advantage.absoluteValue={weight: 1, steps: 0, floor: 0} | advantage.absoluteValue.steps (0) must be",
                "advantage.history=-1 | advantage.history (-1) must be a whole number at least 0",
                "advantage.combination=sum | must be one of reward-sum, advantage-sum, loss-sum, gdpo, pareto",
                "advantage.scope=all | must be one of group, batch",
                "advantageLimit=0 | advantageLimit (0) must be a number above 0",
                "dropZero=maybe | dropZero (maybe) must be true or false",
                "bestOf=7 | bestOf (7) must be even",
                "bestOf=1 | bestOf (1) must be a whole number at least 2",
                "bestOf=66 | bestOf (66) must be at most prompts × groupSize (64)",
                "objective.clipRange=0 | objective.clipRange (0) must be",
                "objective.klForm=both | must be one of exact, diffusion-only",
                "updates.optimiser.beta1=1 | updates.optimiser.beta1 (1.0) must be in",
                "updates.optimiser.learningRate=1e400 | updates.optimiser.learningRate (1e400) must be",
                "updates.ema.decay=1 | updates.ema.decay (1.0) must be in",
                "sampling={guidance: 1, negativePrompt: blurry} | sampling.negativePrompt (blurry) means nothing with sampling.guidance 1",
                "sampling.maxTokens=0 | sampling.maxTokens (0) must be a whole number",
                "evaluation.solver=dpm | must be one of euler, stochastic, heun, midpoint, dpm2m",
                "iterations=99999999999999999999 | iterations (99999999999999999999) must be",
                "checkpoints.keep=0 | checkpoints.keep (0) must be",
                "adapter.rank=2.5 | adapter.rank (2.5) must be a whole number",
                "adapter.targets=[] | adapter.targets ([]) must have",
                "name=../up | name (../up) must be a folder's name",
                "seed= | seed has no value",
            })
    void aWrongValueIsNamedWithWhatIsAllowed(String setting, String expected) {
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> RunFiles.train(run, List.of(setting)));
        assertThat(e).as(setting).isNotNull();
        assertThat(e.faults()).singleElement().asString().contains(expected);
    }

    @Test
    void promptsOfAWorldCarryTheirTask() throws IOException {
        List<Prompt> prompts = Prompts.read(new PromptSource.World("scenes", "test"));
        assertThat(prompts.stream().map(Prompt::task).distinct()).hasSize(6);
        assertThatThrownBy(() -> Prompts.read(new PromptSource.World("scenes", "valid")))
                .hasMessageContaining("The split (valid)");
        assertThatThrownBy(() -> Prompts.read(new PromptSource.World("cats", "test")))
                .hasMessageContaining("The world (cats)");
    }

    @Test
    void promptsOfPicturesAreThoseOfTheWorldWithPicturesOfTheirOwn() throws IOException {
        List<Prompt> texts = Prompts.read(new PromptSource.World("arm", "test"));
        List<Prompt> pictures = Prompts.read(PromptSource.parse("arm-i2v:test", folder));
        assertThat(pictures).hasSize(4 * texts.size());
        assertThat(pictures.stream().map(Prompt::identity)).doesNotHaveDuplicates();
        assertThat(pictures.get(5).text()).isEqualTo(texts.get(1).text());
        assertThat(pictures.get(5).metadata()).isEqualTo(texts.get(1).metadata());
        assertThat(texts).allMatch(prompt -> prompt.picture().isEmpty());
        assertThat(texts.get(1).identity()).isEqualTo(texts.get(1).text());
    }

    @Test
    void promptFilesAreReadLineByLine() throws IOException {
        Path text = Files.writeString(folder.resolve("p.txt"), "\uFEFFa cat\n  a dog \n");
        assertThat(Prompts.read(new PromptSource.PromptFile(text)).stream().map(Prompt::text))
                .containsExactly("a cat", "a dog");
        Path lines = Files.writeString(folder.resolve("p.jsonl"), "{\"prompt\":\"a cat\",\"tag\":\"pets\",\"n\":1}\n");
        Prompt prompt = Prompts.read(new PromptSource.PromptFile(lines)).get(0);
        assertThat(prompt.task()).isEqualTo("pets");
        assertThat(prompt.metadata()).containsEntry("n", 1);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "a.txt | '' | is empty",
                "a.txt | 'a cat\n\na dog' | a.txt:2: the line is empty",
                "a.jsonl | '{' | a.jsonl:1: a JSON object with a prompt is expected",
                "a.jsonl | '[1]' | a.jsonl:1: a JSON object with a prompt is expected",
                "a.jsonl | '{\"prompt\": 3}' | a.jsonl:1: the key prompt with a text is expected",
                "a.jsonl | '{\"prompt\": \"a\", \"n\": null}' | a value is null",
                "a.csv | 'a' | must end in .txt",
            })
    void aBrokenPromptFileIsNamedWithItsLine(String name, String text, String expected) throws IOException {
        Path file = Files.writeString(folder.resolve(name), text);
        assertThatThrownBy(() -> Prompts.read(new PromptSource.PromptFile(file)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(expected);
    }
}
