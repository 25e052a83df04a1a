package dev.sluice.rewards;

import java.util.List;

/** Executability with the bundled inverse dynamics model. */
class ExecutabilityContractTest extends RewardContract {
    @Override
    String name() {
        return "executability";
    }

    @Override
    List<Sample> worstToBest() {
        return ArmRewardContractTest.samples();
    }
}
