package dev.sluice.rewards;

import java.util.List;
import java.util.SplittableRandom;

/** The exact judge as a reward. */
class ArmRewardContractTest extends RewardContract {
    @Override
    String name() {
        return "arm";
    }

    @Override
    List<Sample> worstToBest() {
        return samples();
    }

    static List<Sample> samples() {
        SplittableRandom random = new SplittableRandom(12);
        ArmPrompt prompt = ArmWorld.prompts(SceneSplit.TRAIN).get(9);
        ArmMotion clean = ArmWorld.motion(prompt, random);
        return List.of(ArmFlaw.FROZEN.apply(clean, random), ArmFlaw.JITTERED.apply(clean, random), clean).stream()
                .map(motion -> new Sample(motion.media(), prompt.text(), prompt.metadata()))
                .toList();
    }
}
