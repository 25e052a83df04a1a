package dev.sluice.configs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.flow.TimeSchedule;
import dev.sluice.grpo.Completion;
import dev.sluice.grpo.Credit;
import dev.sluice.grpo.GroupAdvantage;
import dev.sluice.grpo.GrpoOptions;
import dev.sluice.grpo.RewardGradient;
import dev.sluice.grpo.TurningPoint;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CreditChoiceTest {
    @TempDir
    Path folder;

    private Path run;

    @BeforeEach
    void aSmallestRunFile() throws IOException {
        run = SmallestRun.write(folder);
    }

    /** A reward that only says who of those shown together is best. */
    public static final class Relative implements RewardProvider {
        @Override
        public String name() {
            return "relative";
        }

        @Override
        public Reward open() {
            throw new UnsupportedOperationException("A run file is checked without it.");
        }

        @Override
        public RewardFacts facts() {
            return new RewardFacts(0, 1, RewardFacts.Modality.IMAGE, true, true, true);
        }
    }

    /** A reward that says nothing of itself. */
    public static final class Unstated implements RewardProvider {
        @Override
        public String name() {
            return "unstated";
        }

        @Override
        public Reward open() {
            throw new UnsupportedOperationException("A run file is checked without it.");
        }
    }

    private List<String> faults(String settings) {
        ConfigException e = catchThrowableOfType(
                ConfigException.class, () -> RunFiles.train(run, List.of(settings.split(" (?=[a-z.A-Z]+=)"))));
        assertThat(e).as(settings).isNotNull();
        return e.faults();
    }

    @Test
    void aRewardWithoutStatedFactsMayJudgeSteps() {
        RunConfig config = RunFiles.train(run, List.of("credit.kind=gain", "rewards=[{name: unstated, weight: 1}]"));
        assertThat(config.credit().credit()).isEqualTo(new Credit.Gain());
    }

    @Test
    void everyCreditHasAKey() {
        Map<String, Credit> credits = Map.of(
                "{}",
                new Credit.Broadcast(),
                "{kind: value}",
                new Credit.Value(),
                "{kind: gain}",
                new Credit.Gain(),
                "{kind: turning-point}",
                TurningPoint.TP_GRPO,
                "{kind: turning-point, turningPoint: {bonus: 0.5, balanced: false}}",
                new TurningPoint(0.5, false),
                "{kind: cumulative, discount: 0.9}",
                new Credit.Cumulative(0.9),
                "{kind: gain, minForm: {temperature: 0.2}}",
                new Credit.MinForm(new Credit.Gain(), 0.2));
        credits.forEach((keys, credit) -> assertThat(RunFiles.train(run, List.of("credit=" + keys))
                        .grpo(new TimeSchedule.Uniform(10))
                        .signal()
                        .credit())
                .as(keys)
                .isEqualTo(credit));
        GrpoOptions.Signal renorm = RunFiles.train(
                        run,
                        List.of("credit={kind: value, reNorm: true, completionSteps: 2}", "advantage.baseline=none"))
                .grpo(new TimeSchedule.Uniform(10))
                .signal();
        assertThat(renorm.credit()).isEqualTo(new Credit.ReNorm(new Credit.Value()));
        assertThat(renorm.advantage()).isEqualTo(new GroupAdvantage.Scaled(1e-4));
        assertThat(renorm.completion()).isEqualTo(new Completion(2));
        GrpoOptions.Signal granular = RunFiles.train(
                        run,
                        List.of("credit.granularities=[1, 2]", "exploration.singular=[0, 3]", "batch.sharedNoise=true"))
                .grpo(new TimeSchedule.Uniform(10))
                .signal();
        assertThat(granular.granularities()).containsExactly(1, 2);
        RunConfig led = RunFiles.train(
                run,
                List.of(
                        "exploration.rewardGradient={scale: 1, timesLength: false, normalised: true, radius: 0.1, draws: 4, from: 5, to: 9}"));
        assertThat(led.grpo(new TimeSchedule.Uniform(10)).rollout().gradient())
                .hasValue(new RewardGradient(1, false, true, 0.1, 4, 5, 9));
    }

    @Test
    void creditReadsBackToTheSame() throws IOException {
        RunConfig config = RunFiles.train(
                run,
                List.of(
                        "credit={kind: turning-point, turningPoint: {bonus: 2, balanced: true}, minForm: {temperature: 1}}"));
        Path again = Files.writeString(folder.resolve("again.yaml"), RunFiles.yaml(config));
        assertThat(RunFiles.train(again, List.of())).isEqualTo(config);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "credit.discount=0.9 | discount (0.9) must go with kind: cumulative",
                "credit.kind=cumulative | kind (cumulative) must have a discount",
                "credit={kind: gain, turningPoint: {bonus: 1, balanced: true}} | only kind: turning-point knows any",
                "credit={kind: gain, minForm: {temperature: 0.1}, reNorm: true} advantage.baseline=none | minForm and reNorm are both there",
                "credit.minForm={temperature: 0.1} | minForm looks for the worst of a sample's steps, but kind: broadcast",
                "credit.reNorm=true | reNorm adds the outcome to the scores of steps, but kind: broadcast",
                "credit.completionSteps=1 | completionSteps says how states along the way are completed, but kind: broadcast",
                "credit.kind=gain advantage.history=8 | advantage.history (8) must be 0 with credit.kind: gain",
                "credit.kind=gain advantage.absoluteValue={weight: 0.1, steps: 5, floor: 0} | scores for values above a floor",
                "credit={kind: value, minForm: {temperature: 0.1}} advantage.absoluteValue={weight: 0.1, steps: 5, floor: 0} | both sides of 0",
                "credit={kind: value, reNorm: true} | the mean of the group would move it",
                "credit={kind: value, reNorm: true} advantage.baseline=none rewards=[{name: scenes, weight: 2}] | may go from 0.0 to 2.0",
                "credit={kind: value, reNorm: true} advantage.baseline=none rewards=[{name: scenes, weight: 0.5}, {name: scenes-strict, weight: 0.7}] | may go from 0.0 to 1.2",
                "credit={kind: value, reNorm: true} advantage.baseline=none rewards=[{name: unstated, weight: 1}] | may go from -Infinity to Infinity",
                "credit.kind=gain rewards=[{name: relative, weight: 1}] | scores a sample against the others that it is shown with",
                "credit.kind=turning-point exploration.singular=[1, 2] | needs at least two stochastic steps",
                "credit.kind=turning-point exploration.window={size: 1, from: 0, to: 4} | needs at least two stochastic steps",
                "credit={kind: value, completionSteps: 1} exploration.window={size: 2, from: 0, to: 4} | must be 0 where only some steps are stochastic",
                "credit.granularities=[1, 2] batch.sharedNoise=true | need rollouts with one stochastic step, but there are 9",
                "credit.granularities=[1, 2] exploration.singular=[0, 1] | need one initial noise for a group",
                "credit.granularities=[1, 2] exploration.singular=[0, 1] batch.sharedNoise=true advantage.history=3 | need advantage.history: 0",
                "credit={kind: gain, granularities: [1, 2]} | granularities ([1, 2]) must go with kind: broadcast",
                "credit.granularities=[2, 3] | granularities ([2, 3]) must begin with 1 and rise",
                "credit.granularities=[1, 1] | granularities ([1, 1]) must begin with 1 and rise",
                "exploration.rewardGradient={scale: 1, timesLength: false, normalised: true, radius: 0.1, draws: 4, from: 5, to: 9} rewards=[{name: relative, weight: 1}] | scores it against the others",
                "advantage.baseline=none advantage.ddof=1 | baseline (none) must go with ddof: 0 and scope: batch",
                "advantage.baseline=none advantage.scope=group | baseline (none) must go with ddof: 0 and scope: batch",
                "advantage.baseline=none advantage.history=4 | baseline (none) must go with history: 0",
                "advantage.baseline=none advantage.winRate={margin: 0} | baseline (none) must go without winRate",
            })
    void creditThatHasNoMeaningHereIsRefusedWithTheReason(String settings, String expected) {
        assertThat(faults(settings))
                .singleElement()
                .asString()
                .contains(expected)
                .contains("Maybe ");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "advantage.baseline=zero | must be one of group, none",
                "credit.kind=gains | Maybe write gain.",
                "credit={kind: cumulative, discount: 1.5} | credit.discount (1.5) must be a number at least 0 and at most 1",
                "credit={kind: turning-point, turningPoint: {bonus: 0, balanced: true}} | credit.turningPoint.bonus (0) must be",
                "credit={kind: turning-point, turningPoint: {bonus: 1}} | credit.turningPoint.balanced is missing",
                "credit={kind: gain, minForm: {temperature: 0}} | credit.minForm.temperature (0) must be a number above 0",
                "credit={kind: gain, completionSteps: -1} | credit.completionSteps (-1) must be a whole number at least 0",
                "credit.granularities=[] | credit.granularities ([]) must have at least one item",
                "credit.granularities=[0] | credit.granularities[0] (0) must be a whole number at least 1",
                "exploration.rewardGradient={scale: 0, timesLength: false, normalised: true, radius: 0.1, draws: 4, from: 5, to: 9} | exploration.rewardGradient.scale (0.0) must be",
                "exploration.rewardGradient={scale: 1, timesLength: false, normalised: true, radius: 0.1, draws: 4, from: 5, to: 10} | exploration.rewardGradient.to (10) must be at most 9",
                "exploration.rewardGradient={timesLength: false, normalised: true, radius: 0.1, draws: 4, from: 5, to: 9} | exploration.rewardGradient.scale is missing",
                "paper={algorithm: X, year: 2025, arxiv: 2505.1} | paper.arxiv",
                "credit=gain | credit (gain) must be a group with the keys kind, discount",
            })
    void aWrongValueIsNamedWithWhatIsAllowed(String setting, String expected) {
        assertThat(faults(setting)).singleElement().asString().contains(expected);
    }
}
