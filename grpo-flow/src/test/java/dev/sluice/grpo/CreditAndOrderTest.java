package dev.sluice.grpo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.grpo.Credit.Probed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CreditAndOrderTest {
    @Test
    void broadcastGivesEveryStepTheOutcome() {
        double[][] scores = new Credit.Broadcast().assign(Probed.outcome(1, Double.NaN), new int[] {2, 5, 7});
        assertThat(scores[0]).containsExactly(1, 1, 1);
        assertThat(scores[1]).containsOnly(Double.NaN);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42})
    void gainsAddUpToTheOutcomeLessTheStart(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] states = {random.doubles(11).toArray(), random.doubles(11).toArray()};
        double[] outcome = {states[0][10], states[1][10]};
        int[] steps = IntStream.range(0, 10).toArray();
        double[][] scores = new Credit.Gain().assign(new Probed(outcome, states), steps);
        for (int i = 0; i < 2; i++) {
            assertThat(Arrays.stream(scores[i]).sum()).isEqualTo(outcome[i] - states[i][0], Offset.offset(1e-12));
        }
    }

    @Test
    void equalIdsShareAGroupWhereverTheyStand() {
        Groups groups = Groups.byId(List.of("a", "b", "a", "c", "b"));
        assertThat(groups.groupOf()).containsExactly(0, 1, 0, 2, 1);
        assertThat(groups.members()[0]).containsExactly(0, 2);
        assertThat(Groups.consecutive(2, 3).groupOf()).containsExactly(0, 0, 0, 1, 1, 1);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42})
    void everyEpochIsThePromptListOnceAndPositionsAreReproducible(long seed) {
        PromptOrder order = PromptOrder.shuffled(13, seed);
        int[] all = order.draw(0, 39);
        for (int epoch = 0; epoch < 3; epoch++) {
            assertThat(Arrays.stream(all, epoch * 13, epoch * 13 + 13).sorted().toArray())
                    .as("seed %s, epoch %s", seed, epoch)
                    .containsExactly(IntStream.range(0, 13).toArray());
        }
        assertThat(Arrays.copyOf(all, 13)).isNotEqualTo(Arrays.copyOfRange(all, 13, 26));
        assertThat(order.draw(10, 7)).containsExactly(Arrays.copyOfRange(all, 10, 17));
        assertThat(PromptOrder.shuffled(13, seed + 1).draw(0, 13)).isNotEqualTo(Arrays.copyOf(all, 13));
    }

    @Test
    void tasksTakeTurnsAsNamedAndEachGoesThroughItsOwnPrompts() {
        List<Prompt> prompts = new ArrayList<>();
        for (int i = 0; i < 7; i++) {
            prompts.add(new Prompt("many " + i, Map.of(Prompt.TASK, "many")));
        }
        prompts.add(2, new Prompt("few 0", Map.of(Prompt.TAG, "few")));
        prompts.add(new Prompt("few 1", Map.of(Prompt.TAG, "few")));
        prompts.add(new Prompt("never", Map.of(Prompt.TAG, "none")));
        PromptOrder order = PromptOrder.byTask(prompts, List.of("many", "few", "many"), 5);
        int[] drawn = order.draw(0, 42);
        Map<String, Long> times = Arrays.stream(drawn)
                .mapToObj(i -> prompts.get(i).text())
                .collect(Collectors.groupingBy(text -> text, Collectors.counting()));
        assertThat(times).hasSize(9);
        times.forEach((text, count) -> assertThat(count).as(text).isEqualTo(text.startsWith("few") ? 7 : 4));
        for (int i = 0; i < drawn.length; i++) {
            assertThat(prompts.get(drawn[i]).task()).isEqualTo(i % 3 == 1 ? "few" : "many");
        }
        int[] many = IntStream.range(0, 42)
                .filter(i -> i % 3 != 1)
                .map(i -> drawn[i])
                .toArray();
        assertThat(Arrays.stream(many, 7, 14).distinct()).hasSize(7);
        assertThat(Arrays.copyOfRange(many, 7, 14)).isNotEqualTo(Arrays.copyOf(many, 7));
        assertThat(order.draw(11, 9)).containsExactly(Arrays.copyOfRange(drawn, 11, 20));
    }

    @Test
    void aTaskThatNoPromptHasIsRefused() {
        List<Prompt> prompts = List.of(new Prompt("a", Map.of(Prompt.TASK, "colors")), Prompt.of("b"));
        assertThatThrownBy(() -> PromptOrder.byTask(prompts, List.of("colors", "colours"), 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("batch.taskTurns (colours) must name tasks of the prompts (all, colors)."
                        + "%nMaybe set batch.taskTurns: [], to draw from all prompts alike.".formatted());
    }

    @Test
    void advantagesAreCutOnBothSides() {
        Advantages cut = new Advantages(new double[][] {{-9, 2}, {0, 0}, {6, -0.5}}).clipped(5);
        assertThat(cut.values()[0]).containsExactly(-5, 2);
        assertThat(cut.values()[2]).containsExactly(5, -0.5);
        assertThat(cut.zero(1)).isTrue();
        assertThat(cut.zeroShare()).isEqualTo(1 / 3.0);
        assertThat(cut.largestMagnitude()).isEqualTo(5);
        assertThat(cut.column(1, 2, 1)).containsExactly(0, -0.5);
    }
}
