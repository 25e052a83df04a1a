package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TimeScheduleTest {
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 7, 42, -1})
    void sigmasFallStrictlyFromOneToZero(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 50; i++) {
            int steps = random.nextInt(1, 60);
            double shift = random.nextDouble(0.1, 8);
            for (TimeSchedule schedule : List.of(
                    new TimeSchedule.Uniform(steps),
                    new TimeSchedule.Shifted(steps, shift),
                    new Scheduler.FlowMatchEuler(shift).schedule(steps, 0))) {
                double[] grid = schedule.sigmas();
                assertThat(grid).as("seed %s, %s", seed, schedule).hasSize(steps + 1);
                assertThat(grid[0]).isEqualTo(1);
                assertThat(grid[steps]).isZero();
                for (int k = 0; k < steps; k++) {
                    assertThat(schedule.length(k))
                            .as("%s, step %s", schedule, k)
                            .isPositive();
                }
            }
        }
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {3, 11})
    void shiftsCompose(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 100; i++) {
            double u = random.nextDouble();
            double a = random.nextDouble(0.1, 9);
            double b = random.nextDouble(0.1, 9);
            assertThat(TimeSchedule.shifted(u, 1)).isEqualTo(u);
            assertThat(TimeSchedule.shifted(TimeSchedule.shifted(u, b), a))
                    .isCloseTo(TimeSchedule.shifted(u, a * b), within(1e-14));
            assertThat(TimeSchedule.shifted(TimeSchedule.shifted(u, a), 1 / a)).isCloseTo(u, within(1e-14));
            assertThat(TimeSchedule.shifted(0, a)).isZero();
            assertThat(TimeSchedule.shifted(1, a)).isEqualTo(1);
        }
    }

    /** Between its levels a grid is its own function, where that is φ_a of evenly spaced levels, and never rises. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {3, 11})
    void betweenItsLevelsAGridGoesOnAsItDoes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 50; i++) {
            int steps = random.nextInt(1, 40);
            double shift = steps == 1 ? 1 : random.nextDouble(0.2, 8);
            TimeSchedule own = new TimeSchedule.Shifted(steps, shift);
            TimeSchedule levels = TimeSchedule.of(own.sigmas());
            TimeSchedule sd3 = new Scheduler.FlowMatchEuler(shift).schedule(steps, 0);
            double before = 1;
            for (int j = 0; j <= 7 * steps; j++) {
                double place = j / 7.0;
                double expected = TimeSchedule.shifted(1 - place / steps, shift);
                assertThat(own.between(place)).as("%s at %s", own, place).isCloseTo(expected, within(1e-12));
                assertThat(levels.between(place)).isEqualTo(own.between(place));
                double level = sd3.between(place);
                assertThat(level).isLessThan(j == 0 ? 1.1 : before);
                assertThat(j % 7 == 0 ? sd3.sigma(j / 7) : level).isEqualTo(level);
                before = level;
            }
        }
        assertThatThrownBy(() -> new TimeSchedule.Uniform(3).between(3.1)).hasMessageContaining("place (3.1)");
    }

    @Test
    void publishedStaticGrids() {
        assertThat(new TimeSchedule.Shifted(16, 3).sigmas())
                .containsExactly(
                        new double[] {
                            1, 0.978261, 0.954545, 0.928571, 0.9, 0.868421, 0.833333, 0.794118, 0.75, 0.7, 0.642857,
                            0.576923, 0.5, 0.409091, 0.3, 0.166667, 0
                        },
                        within(1e-6));
        assertThat(new TimeSchedule.Shifted(16, 5).sigmas())
                .containsExactly(
                        new double[] {
                            1, 0.986842, 0.972222, 0.955882, 0.9375, 0.916667, 0.892857, 0.865385, 0.833333, 0.795455,
                            0.75, 0.694444, 0.625, 0.535714, 0.416667, 0.25, 0
                        },
                        within(1e-6));
    }

    @Test
    void invalidGridsAreRefused() {
        assertThatThrownBy(() -> TimeSchedule.of(1, 0.5, 0.5, 0))
                .hasMessage("sigma[2] (0.5) must be less than sigma[1] (0.5).");
        assertThatThrownBy(() -> TimeSchedule.of(1, Double.NaN, 0)).hasMessageContaining("sigma[1] (NaN)");
        assertThatThrownBy(() -> TimeSchedule.of(Double.NaN, 0)).hasMessageContaining("sigma[0] (NaN)");
        assertThatThrownBy(() -> TimeSchedule.of(1.5, 0)).hasMessageContaining("must be at most 1");
        assertThatThrownBy(() -> TimeSchedule.of(1, 0.5)).hasMessageContaining("must be 0");
        assertThatThrownBy(() -> TimeSchedule.of(1)).hasMessageContaining("must be at least 2");
        assertThatThrownBy(() -> new TimeSchedule.Uniform(0)).hasMessageContaining("steps (0)");
        assertThatThrownBy(() -> new TimeSchedule.Shifted(3, Double.NaN)).hasMessageContaining("shift (NaN)");
        assertThatThrownBy(() -> new TimeSchedule.Uniform(3).sigma(4)).hasMessageContaining("[0, 3]");
    }
}
