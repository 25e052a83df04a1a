package dev.sluice.rewards;

import java.util.List;
import org.junit.jupiter.api.Nested;

/** The contract of the rewards that say yes or no. */
class StrictRewardContractTest {
    @Nested
    class Scenes extends RewardContract {
        @Override
        String name() {
            return "scenes-strict";
        }

        @Override
        List<Sample> worstToBest() {
            return new ScenesRewardContractTest().worstToBest();
        }

        @Override
        boolean twoValued() {
            return true;
        }
    }

    @Nested
    class Arm extends RewardContract {
        @Override
        String name() {
            return "arm-strict";
        }

        @Override
        List<Sample> worstToBest() {
            return ArmRewardContractTest.samples();
        }

        @Override
        boolean twoValued() {
            return true;
        }
    }
}
