package dev.sluice.flow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class RateScheduleTest {
    @Test
    void theRateRisesFallsAndStays() {
        RateSchedule schedule = new RateSchedule(4, 10, 0.2);
        assertThat(schedule.share(0)).isEqualTo(0.25);
        assertThat(schedule.share(3)).isEqualTo(1);
        assertThat(schedule.share(4)).isEqualTo(1);
        assertThat(schedule.share(9)).isCloseTo(0.6, within(1e-12));
        assertThat(schedule.share(14)).isCloseTo(0.2, within(1e-12));
        assertThat(schedule.share(1000)).isCloseTo(0.2, within(1e-12));
        for (int update = 4; update < 14; update++) {
            assertThat(schedule.share(update + 1)).isLessThan(schedule.share(update));
        }
    }

    @Test
    void aConstantRateIsAlwaysTheHighest() {
        assertThat(RateSchedule.CONSTANT.share(0)).isEqualTo(1);
        assertThat(RateSchedule.CONSTANT.share(1_000_000)).isEqualTo(1);
    }

    @Test
    void aShareAboveOneIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RateSchedule(0, 10, 1.5))
                .withMessageContaining("last (1.5)");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new RateSchedule(-1, 10, 0.5))
                .withMessageContaining("warmUp (-1)");
    }
}
