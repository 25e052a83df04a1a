package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** The exact judge against the truth of rendered motions, and against what is no arm at all. */
class ArmJudgeTest {
    /** As many videos as {@code -Dsluice.arm=N} says. */
    private static final int VIDEOS = Integer.getInteger("sluice.arm", 120);

    private static final ArmPrompt PROMPT = ArmWorld.prompts(SceneSplit.TRAIN).get(0);

    private record Agreement(double verdicts, double worstAngle) {}

    private static Agreement agreement(int videos, UnaryOperator<Media> disturbance) {
        int right = 0;
        double worst = 0;
        SplittableRandom random = new SplittableRandom(21);
        ArmFlaw[] flaws = ArmFlaw.values();
        List<ArmPrompt> prompts = ArmWorld.prompts(SceneSplit.TRAIN);
        for (int i = 0; i < videos; i++) {
            ArmPrompt prompt = prompts.get(random.nextInt(prompts.size()));
            ArmMotion motion = ArmWorld.motion(prompt, random);
            boolean clean = i % 2 == 0;
            ArmMotion shown = clean ? motion : flaws[i / 2 % flaws.length].apply(motion, random);
            ArmVerdict verdict = ArmJudge.judge(prompt, disturbance.apply(shown.media()));
            right += verdict.executable() == clean ? 1 : 0;
            for (int frame = 0; frame < 16; frame++) {
                ArmPose truth = shown.poses().get(frame);
                ArmReading.Frame read = verdict.reading().frames().get(frame);
                if (!truth.selfColliding()) {
                    worst = Math.max(worst, Math.abs(ArmPose.wrapped(read.pose().shoulder() - truth.shoulder())));
                    worst = Math.max(worst, Math.abs(ArmPose.wrapped(read.pose().elbow() - truth.elbow())));
                }
            }
        }
        return new Agreement(right / (double) videos, worst);
    }

    @Test
    void theJudgeIsRightOnRenderedTruth() {
        Agreement agreement = agreement(VIDEOS, media -> media);
        assertThat(agreement.verdicts()).isGreaterThanOrEqualTo(0.99);
        assertThat(agreement.worstAngle()).isLessThan(0.005);
    }

    @Test
    void noiseDoesNotConfuseIt() {
        SplittableRandom random = new SplittableRandom(8);
        Agreement agreement = agreement(VIDEOS / 4, media -> noisy(media, 8, random));
        assertThat(agreement.verdicts()).isGreaterThanOrEqualTo(0.97);
        assertThat(agreement.worstAngle()).isLessThan(0.03);
    }

    static Media noisy(Media media, double deviation, SplittableRandom random) {
        byte[] rgb = media.rgb().clone();
        for (int i = 0; i < rgb.length; i++) {
            double value = Math.rint((rgb[i] & 0xFF) + deviation * random.nextGaussian());
            rgb[i] = (byte) (int) Math.max(0, Math.min(255, value));
        }
        return new Media(media.frames(), media.height(), media.width(), rgb, media.framesPerSecond());
    }

    @Test
    void whatIsNoArmEarnsNothing() {
        SplittableRandom random = new SplittableRandom(3);
        byte[] black = new byte[16 * 3072];
        byte[] grey = new byte[16 * 3072];
        Arrays.fill(grey, (byte) 128);
        byte[] noise = new byte[16 * 3072];
        random.nextBytes(noise);
        for (byte[] rgb : List.of(black, grey, noise)) {
            ArmVerdict verdict = ArmJudge.judge(PROMPT, new Media(16, 32, 32, rgb, 16));
            assertThat(verdict.executable()).isFalse();
            assertThat(verdict.graded()).isZero();
            assertThat(verdict.visual()).isLessThan(0.05);
            assertThat(verdict.faults()).isNotEmpty();
        }
    }

    @Test
    void aFrozenArmLooksWellAndEarnsNothing() {
        ArmMotion clean = ArmWorld.motion(PROMPT, new SplittableRandom(1));
        ArmMotion frozen = new ArmMotion(Collections.nCopies(16, clean.end()));
        ArmVerdict verdict = ArmJudge.judge(PROMPT, frozen.media());
        assertThat(verdict.executable()).isFalse();
        assertThat(verdict.graded()).isZero();
        assertThat(verdict.visual()).isGreaterThan(0.95);
        assertThat(verdict.arrived()).isTrue();
        assertThat(verdict.explanation()).contains("the hand gets 0.00 from its place");
        Media trembling = noisy(frozen.media(), 16, new SplittableRandom(2));
        assertThat(ArmJudge.judge(PROMPT, trembling).graded()).isZero();
    }

    @Test
    void theVisualScoreKnowsWhereTheHandShouldEnd() {
        SplittableRandom random = new SplittableRandom(6);
        for (ArmPrompt prompt : ArmWorld.prompts(SceneSplit.TEST).subList(0, 8)) {
            ArmMotion motion = ArmWorld.motion(prompt, random);
            ArmPrompt opposite =
                    new ArmPrompt("", ArmDirection.values()[(prompt.direction().ordinal() + 4) % 8], prompt.reach());
            assertThat(ArmJudge.judge(prompt, motion.media()).visual()).isGreaterThan(0.98);
            assertThat(ArmJudge.judge(prompt, motion.media()).arrived()).isTrue();
            assertThat(ArmJudge.judge(opposite, motion.media()).visual()).isLessThan(0.55);
        }
    }

    @Test
    void theStrictRewardIsTheVerdictAloneAndTheOthersItsGrades() {
        SplittableRandom random = new SplittableRandom(5);
        int between = 0;
        for (int i = 0; i < 12; i++) {
            ArmMotion motion = ArmWorld.motion(PROMPT, random);
            ArmMotion shown = i % 3 == 0 ? motion : ArmFlaw.values()[i % ArmFlaw.values().length].apply(motion, random);
            ArmVerdict verdict = ArmJudge.judge(PROMPT, shown.media());
            Sample sample = new Sample(shown.media(), PROMPT.text(), PROMPT.metadata());
            try (Reward strict = RewardProvider.named("arm-strict", Map.of());
                    Reward graded = RewardProvider.named("arm", Map.of())) {
                assertThat(strict.score(List.of(sample)).values()[0]).isEqualTo(verdict.executable() ? 1 : 0);
                assertThat(graded.score(List.of(sample)).values()[0]).isEqualTo(verdict.graded());
            }
            between += verdict.graded() > 0 && verdict.graded() < 1 ? 1 : 0;
        }
        assertThat(between)
                .as("videos that only a strict judge calls right or wrong")
                .isPositive();
    }

    @Test
    void otherMediaAreRefused() {
        assertThatThrownBy(() -> ArmJudge.read(Media.image(32, 32, new byte[3072])))
                .hasMessage("video (1 frames of 32×32 pixels) must have at least 2 frames of 32×32 pixels.");
    }
}
