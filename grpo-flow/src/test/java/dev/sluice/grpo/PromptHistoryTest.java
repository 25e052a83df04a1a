package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.grpo.Combination.Part;
import dev.sluice.grpo.Credit.Probed;
import dev.sluice.sde.KlForm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptHistoryTest {
    private static final GroupAdvantage.ZScore PLAIN = new GroupAdvantage.ZScore(0, 0, GroupAdvantage.Scope.GROUP);

    @TempDir
    private Path folder;

    private static List<Prompt> prompts(String... texts) {
        List<Prompt> prompts = new ArrayList<>();
        for (String text : texts) {
            prompts.add(new Prompt(text, Map.of()));
        }
        return prompts;
    }

    private static List<Part> outcomes(double... rewards) {
        return List.of(new Part(1, Probed.outcome(rewards)));
    }

    private static double[][] advantages(PromptHistory history, List<Prompt> prompts, double... rewards) {
        PromptHistory.Extended all = history.extended(prompts, outcomes(rewards), Groups.consecutive(2, 2));
        return new GrpoOptions.Signal(
                        new Credit.Broadcast(), PLAIN, Combination.REWARD_SUM, history.window(), 100, true)
                .advantages(all.parts(), new int[] {0}, all.groups())
                .first(prompts.size())
                .values();
    }

    @Test
    void meanAndDeviationAreThoseOfPastAndPresent() {
        List<Prompt> prompts = prompts("a", "a", "b", "b");
        PromptHistory history = PromptHistory.empty(3).after(prompts, outcomes(1, 2, 50, Double.NaN));
        double[][] found = advantages(history, prompts, 4, 9, 51, 51);
        double[] a = PLAIN.estimate(new double[] {1, 2, 4, 9}, Groups.whole(4));
        double[] b = PLAIN.estimate(new double[] {50, 51, 51}, Groups.whole(3));
        assertThat(new double[] {found[0][0], found[1][0], found[2][0], found[3][0]})
                .containsExactly(a[2], a[3], b[1], b[2]);
        assertThat(advantages(PromptHistory.empty(3), prompts, 4, 9, 51, 51)[0]).containsExactly(-1);
        assertThat(advantages(history, prompts("c", "c", "d", "d"), 4, 9, 51, 51)[0])
                .containsExactly(-1);
    }

    @Test
    void theOldestGoFirst() {
        PromptHistory history = PromptHistory.empty(3);
        history = history.after(prompts("a", "a"), outcomes(1, 2)).after(prompts("a", "a"), outcomes(3, 4));
        assertThat(history.outcomes().get("a"))
                .extracting(outcome -> outcome[0])
                .containsExactly(2.0, 3.0, 4.0);
        assertThat(PromptHistory.empty(0).after(prompts("a"), outcomes(1)).outcomes())
                .isEmpty();
    }

    private static GrpoOptions options(int history) {
        GrpoOptions base = GaussianWorld.options(0.05, Objective.flowGrpo(0.05, 0, KlForm.EXACT), 1);
        return new GrpoOptions(
                base.batch(),
                base.rollout(),
                new GrpoOptions.Signal(
                        new Credit.Broadcast(), GroupAdvantage.FLOW_GRPO, Combination.REWARD_SUM, history, 5, true),
                base.objective(),
                base.updates(),
                1);
    }

    private static GrpoTrainer trainer(GaussianWorld world, int history) {
        return world.trainer(GaussianWorld.nearness(0.8), options(history));
    }

    private static List<Double> magnitudes(GrpoTrainer trainer, int count) {
        List<Double> found = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            found.add(trainer.iterate().advantageMagnitude());
        }
        return found;
    }

    @Test
    void aResumedRunRemembers() throws IOException {
        RunIdentity run = new RunIdentity("config", "model");
        CheckpointFolder checkpoints = new CheckpointFolder(folder, 1);
        List<Double> whole;
        List<Double> forgetful;
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = trainer(world, 40)) {
            whole = magnitudes(trainer, 6);
        }
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = trainer(world, 0)) {
            forgetful = magnitudes(trainer, 6);
        }
        assertThat(forgetful.get(0)).isEqualTo(whole.get(0));
        assertThat(forgetful.get(5)).isNotEqualTo(whole.get(5));
        List<Double> parts;
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = trainer(world, 40)) {
            parts = magnitudes(trainer, 3);
            checkpoints.save(trainer, run);
        }
        try (GaussianWorld world = new GaussianWorld(0.5, 0, 0);
                GrpoTrainer trainer = trainer(world, 40)) {
            Path checkpoint = checkpoints.restoreLatest(trainer, run).orElseThrow();
            parts.addAll(magnitudes(trainer, 3));
            assertThat(parts).isEqualTo(whole);
            Path state = checkpoint.resolve(TrainerCheckpoint.STATE);
            String broken = Files.readString(state).replaceFirst("-0\\.[0-9]+", "\"much\"");
            Files.writeString(state, broken);
            assertThatThrownBy(() -> checkpoints.restoreLatest(trainer, run))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("must hold numbers");
        }
    }

    @Test
    void stepsHaveNoPast() {
        assertThatThrownBy(() -> new GrpoOptions.Signal(
                        new Credit.Gain(), GroupAdvantage.FLOW_GRPO, Combination.REWARD_SUM, 8, 5, true))
                .hasMessageContaining("history (8) must be 0");
    }
}
