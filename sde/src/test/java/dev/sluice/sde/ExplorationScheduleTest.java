package dev.sluice.sde;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.sde.SlidingWindow.Dwell;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ExplorationScheduleTest {
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void windowsLieWhereTheyMayAndReachEveryPlace(long seed) {
        ExplorationSchedule window = new ExplorationSchedule.RandomWindow(3, 1, 6);
        List<Integer> starts = new ArrayList<>();
        for (int iteration = 0; iteration < 60; iteration++) {
            List<Integer> steps = window.steps(10, 0, NoiseSource.of(seed, iteration));
            assertThat(window.steps(10, 0, NoiseSource.of(seed, iteration))).isEqualTo(steps);
            int start = steps.get(0);
            assertThat(steps).containsExactly(start, start + 1, start + 2);
            starts.add(start);
        }
        assertThat(starts).contains(1, 2, 3).allMatch(start -> start >= 1 && start <= 3);
    }

    @Test
    void explorationSchedulesRefuseTheLastStep() {
        NoiseSource random = NoiseSource.of(1);
        assertThat(new ExplorationSchedule.AllButLast().steps(4, 0, random)).containsExactly(0, 1, 2);
        assertThat(new ExplorationSchedule.AllButLast().steps(1, 0, random)).isEmpty();
        assertThat(new ExplorationSchedule.Listed(List.of(0, 2)).steps(4, 0, random))
                .containsExactly(0, 2);
        assertThatThrownBy(() -> new ExplorationSchedule.Listed(List.of(3)).steps(4, 0, random))
                .hasMessageContaining("[0, 2]");
        assertThatThrownBy(() -> new ExplorationSchedule.RandomWindow(2, 0, 4).steps(4, 0, random))
                .hasMessageContaining("to (4) must be at most 3");
        assertThatThrownBy(() -> new ExplorationSchedule.RandomWindow(4, 1, 4))
                .hasMessageContaining("size (4) must be at most to - from (3)");
        assertThatThrownBy(() -> new ExplorationSchedule.RandomWindow(0, 1, 4)).hasMessageContaining("size (0)");
    }

    /** The state as MixGRPO keeps it: a start, and a counter of iterations there. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void aSlidingWindowIsTheStateMachineOverThreeRounds(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int from = random.nextInt(0, 3);
        int to = from + random.nextInt(1, 12);
        int size = random.nextInt(1, 6);
        int stride = random.nextInt(1, 4);
        Dwell dwell = new Dwell(random.nextInt(1, 9), random.nextBoolean() ? 0 : 0.3, random.nextInt(0, 6));
        SlidingWindow window = new SlidingWindow(size, from, to, stride, dwell);
        int start = from;
        int counter = 0;
        int rounds = 0;
        for (int iteration = 0; rounds < 3; iteration++) {
            assertThat(window.steps(to + 2, iteration, null))
                    .as("seed %s, %s, iteration %s", seed, window, iteration)
                    .isEqualTo(IntStream.range(start, Math.min(start + size, to))
                            .boxed()
                            .toList());
            counter++;
            if (counter
                    >= Math.ceil(dwell.iterations() * Math.exp(-dwell.decay() * Math.max(0, start - dwell.after())))) {
                counter = 0;
                start += stride;
            }
            if (start >= to) {
                start = from;
                rounds++;
            }
        }
    }

    @Test
    void thePublishedWindowMovesEvery25Iterations() {
        SlidingWindow window = new SlidingWindow(4, 0, 23, 1, Dwell.constant(25));
        assertThat(window.steps(25, 0, null)).containsExactly(0, 1, 2, 3);
        assertThat(window.steps(25, 24, null)).containsExactly(0, 1, 2, 3);
        assertThat(window.steps(25, 25, null)).containsExactly(1, 2, 3, 4);
        assertThat(window.steps(25, 22 * 25, null)).containsExactly(22);
        assertThat(window.steps(25, 23 * 25, null)).containsExactly(0, 1, 2, 3);
        assertThat(window.steps(25, 23L * 25 * 1_000_000_000 + 30, null)).containsExactly(1, 2, 3, 4);
        Dwell shorter = new Dwell(20, 0.1, 13);
        assertThat(shorter.at(13)).isEqualTo(20);
        assertThat(shorter.at(14)).isEqualTo(19);
        assertThat(shorter.at(23)).isEqualTo(8);
    }

    @Test
    void aWholeWindowIsAllButTheLastForEver() {
        SlidingWindow window = new SlidingWindow(9, 0, 9, 9, Dwell.constant(3));
        for (int iteration = 0; iteration < 12; iteration++) {
            assertThat(window.steps(10, iteration, null))
                    .isEqualTo(new ExplorationSchedule.AllButLast().steps(10, iteration, null));
        }
    }

    @Test
    void singularStepsTakeTurns() {
        ExplorationSchedule singular = new ExplorationSchedule.Singular(List.of(0, 3, 1));
        List<List<Integer>> taken = new ArrayList<>();
        for (int iteration = 0; iteration < 5; iteration++) {
            taken.add(singular.steps(6, iteration, null));
        }
        assertThat(taken).containsExactly(List.of(0), List.of(3), List.of(1), List.of(0), List.of(3));
    }

    @Test
    void windowsThatCannotBeAreRefused() {
        Dwell dwell = Dwell.constant(1);
        assertThatThrownBy(() -> new SlidingWindow(1, 3, 3, 1, dwell)).hasMessage("to (3) must be above from (3).");
        assertThatThrownBy(() -> new SlidingWindow(0, 0, 3, 1, dwell)).hasMessageContaining("size (0)");
        assertThatThrownBy(() -> new SlidingWindow(1, 0, 3, 0, dwell)).hasMessageContaining("stride (0)");
        assertThatThrownBy(() -> new SlidingWindow(1, 0, 4, 1, dwell).steps(4, 0, null))
                .hasMessageContaining("to (4) must be at most 3");
        assertThatThrownBy(() -> Dwell.constant(0)).hasMessageContaining("iterations (0)");
        assertThatThrownBy(() -> new Dwell(1, Double.NaN, 0)).hasMessageContaining("decay (NaN)");
        assertThatThrownBy(() -> new ExplorationSchedule.Singular(List.of())).hasMessageContaining("at least one");
        assertThatThrownBy(() -> new ExplorationSchedule.Singular(List.of(0, 5)).steps(6, 0, null))
                .hasMessageContaining("[0, 4]");
    }
}
