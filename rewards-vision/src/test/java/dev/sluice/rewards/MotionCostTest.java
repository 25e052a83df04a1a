package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The cost of motions worked out by hand and by a program apart. */
class MotionCostTest {
    private static final JointLimits LIMITS = new JointLimits(-10, 10, 2.5, 20, 300);

    private static double[][] joint(double... angles) {
        double[][] rows = new double[angles.length][1];
        for (int i = 0; i < angles.length; i++) {
            rows[i][0] = angles[i];
        }
        return rows;
    }

    @Test
    void aStopIsCostly() {
        MotionCost cost = MotionCost.of(joint(0, .1, .3, .6, 1, 1, 1), 10, List.of(LIMITS), 0);
        assertThat(cost.acceleration()).isCloseTo(0.375, within(1e-9));
        assertThat(cost.jerk()).isCloseTo(0.5, within(1e-9));
        assertThat(cost.velocityExcess()).isCloseTo(0.4 / 6, within(1e-9));
        assertThat(cost.accelerationExcess()).isCloseTo(0.2, within(1e-9));
    }

    @Test
    void aMinimumJerkMotionCostsNextToNothing() {
        double[] angles = new double[41];
        for (int i = 0; i < angles.length; i++) {
            double s = i / 40.0;
            angles[i] = s * s * s * (10 + s * (6 * s - 15));
        }
        MotionCost cost = MotionCost.of(joint(angles), 20, List.of(LIMITS), 0);
        assertThat(cost.total()).isCloseTo(0.00141909, within(1e-8));
        assertThat(cost.reward(1)).isCloseTo(0.9985829, within(1e-7));
    }

    @Test
    void restIsFreeAndEachFaultHasItsPart() {
        assertThat(MotionCost.of(joint(1, 1, 1, 1), 10, List.of(LIMITS), 0).reward(1))
                .isEqualTo(1);
        MotionCost outside = MotionCost.of(joint(12, 12, 12, 12), 10, List.of(LIMITS), 0.25);
        assertThat(outside.positionExcess()).isCloseTo(0.01, within(1e-12));
        assertThat(outside.total()).isCloseTo(0.35, within(1e-12));
    }

    @Test
    void shortMotionsLackTheirLastTermsAndOneFrameIsNone() {
        MotionCost two = MotionCost.of(joint(0, 0.1), 10, List.of(LIMITS), 0);
        assertThat(two.acceleration() + two.jerk()).isZero();
        assertThatThrownBy(() -> MotionCost.of(joint(0), 10, List.of(LIMITS), 0))
                .hasMessageStartingWith("angles (1 frames) must have at least 2");
        assertThatThrownBy(() -> MotionCost.of(joint(0, 1), 0, List.of(LIMITS), 0))
                .hasMessageStartingWith("framesPerSecond (0.0) must be above 0");
    }
}
