package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The reward with the bundled inverse dynamics model against the truth of rendered motions. */
class ExecutabilityTest {
    /** As many triples as {@code -Dsluice.arm.triples=N} says. */
    private static final int TRIPLES = Integer.getInteger("sluice.arm.triples", 200);

    private final Executability reward = new Executability(InverseDynamics.bundled(), 1);

    @AfterEach
    void close() {
        reward.close();
    }

    @Test
    void motionsEarnInTheOrderOfTheirTrueCostsAndAnglesAreRead() {
        Executability.Agreement agreement = reward.agreement(TRIPLES, 1);
        assertThat(agreement.cleanFirst()).as(agreement.toString()).isGreaterThanOrEqualTo(0.98);
        assertThat(agreement.inOrder()).as(agreement.toString()).isGreaterThanOrEqualTo(0.98);
        assertThat(agreement.meanError()).as(agreement.toString()).isLessThan(0.01);
    }

    @Test
    void everyFlawEarnsLessThanTheCleanMotionOnTheWhole() {
        SplittableRandom random = new SplittableRandom(4);
        List<ArmPrompt> prompts = ArmWorld.prompts(SceneSplit.TEST);
        double clean = 0;
        double[] flawed = new double[ArmFlaw.values().length];
        for (ArmPrompt prompt : prompts) {
            ArmMotion motion = ArmWorld.motion(prompt, random);
            clean += reward.score(motion.media()) / prompts.size();
            for (ArmFlaw flaw : ArmFlaw.values()) {
                flawed[flaw.ordinal()] +=
                        reward.score(flaw.apply(motion, random).media()) / prompts.size();
            }
        }
        double best = clean;
        assertThat(Arrays.stream(flawed)).allSatisfy(score -> assertThat(score).isLessThan(0.85 * best));
        assertThat(flawed[ArmFlaw.FROZEN.ordinal()]).isZero();
    }

    @Test
    void whatHasNoArmAndWhatOnlyFlickersEarnsNothing() {
        SplittableRandom random = new SplittableRandom(3);
        byte[] noise = new byte[16 * 3072];
        random.nextBytes(noise);
        assertThat(reward.score(new Media(16, 32, 32, new byte[16 * 3072], 16))).isZero();
        assertThat(reward.score(new Media(16, 32, 32, noise, 16))).isLessThan(0.02);
        ArmMotion motion = ArmWorld.motion(ArmWorld.prompts(SceneSplit.TEST).get(0), random);
        Media frozen = ArmFlaw.FROZEN.apply(motion, random).media();
        assertThat(reward.score(ArmJudgeTest.noisy(frozen, 20, random))).isLessThan(0.05);
    }

    @Test
    void aScaleThatIsNoneIsRefused() {
        assertThatThrownBy(() -> RewardProvider.named("executability", Map.of("scale", "-1")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("executability.scale (-1) must be a number above 0.");
        assertThatThrownBy(() -> RewardProvider.provider("executability").check(Map.of("scale", "much")))
                .hasMessage("executability.scale (much) must be a number above 0.");
        assertThatThrownBy(() -> RewardProvider.named("executability", Map.of("model", "nowhere")))
                .hasMessageContaining("expected a folder of an inverse dynamics model");
    }
}
