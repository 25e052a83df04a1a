package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.video.Media;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Geometry, renderer, prompts, motions and flaws of the arm world. Figures come from a program apart (Python, numpy). */
class ArmWorldTest {
    @Test
    void kinematicsAreThoseOfTwoLinks() {
        ArmPose right = new ArmPose(Math.PI / 2, -Math.PI / 2);
        assertThat(right.elbowX()).isCloseTo(0, within(1e-9));
        assertThat(right.elbowY()).isCloseTo(0.6, within(1e-9));
        assertThat(right.handX()).isCloseTo(0.4, within(1e-9));
        ArmPose pose = new ArmPose(0.3, 0.5);
        assertThat(pose.elbowX()).isCloseTo(0.573202, within(1e-6));
        assertThat(pose.elbowY()).isCloseTo(0.177312, within(1e-6));
        assertThat(pose.handX()).isCloseTo(0.851885, within(1e-6));
        assertThat(pose.handY()).isCloseTo(0.464255, within(1e-6));
        ArmPose back = ArmPose.at(pose.handX(), pose.handY(), 1).orElseThrow();
        assertThat(back.shoulder()).isCloseTo(0.3, within(1e-9));
        assertThat(back.elbow()).isCloseTo(0.5, within(1e-9));
        assertThat(ArmPose.at(1.01, 0, 1)).isEmpty();
        assertThat(ArmPose.at(0.1, 0.1, -1)).isEmpty();
    }

    @Test
    void aPictureToStartFromShowsTheArmAtRestBeforeItsMotion() {
        ArmPrompt prompt = ArmWorld.prompts(SceneSplit.TEST).get(0);
        Media start = ArmWorld.start(prompt, 0);
        assertThat(start.isImage()).isTrue();
        assertThat(ArmWorld.start(prompt, 0).rgb()).isEqualTo(start.rgb());
        assertThat(ArmWorld.start(prompt, 1).rgb()).isNotEqualTo(start.rgb());
        byte[] twice = new byte[2 * start.rgb().length];
        System.arraycopy(start.rgb(), 0, twice, 0, start.rgb().length);
        System.arraycopy(start.rgb(), 0, twice, start.rgb().length, start.rgb().length);
        assertThat(ArmJudge.read(new Media(2, 32, 32, twice, 16)).clear()).isEqualTo(1);
    }

    @Test
    void aFoldedArmTouchesItselfAndAnOpenOneDoesNot() {
        assertThat(new ArmPose(0.4, 2.4).selfColliding()).isFalse();
        assertThat(new ArmPose(0.4, 2.75).selfColliding()).isTrue();
        assertThat(new ArmPose(0.4, -Math.PI).selfColliding()).isTrue();
        assertThat(new ArmPose(0.4, 0).selfColliding()).isFalse();
    }

    @Test
    void theRendererDrawsWhatTheReferenceDraws() {
        ArmPose pose = new ArmPose(0.3, 0.5);
        Media media = new ArmMotion(List.of(pose, pose)).media();
        int[] sums = new int[3];
        int drawn = 0;
        for (int y = 0; y < 32; y++) {
            for (int x = 0; x < 32; x++) {
                boolean any = false;
                for (int c = 0; c < 3; c++) {
                    sums[c] += media.value(1, y, x, c);
                    any |= media.value(1, y, x, c) > 0;
                }
                drawn += any ? 1 : 0;
            }
        }
        assertThat(sums).containsExactly(6877, 8910, 5796);
        assertThat(drawn).isEqualTo(62);
        int[][] row = {
            {186, 186, 186},
            {255, 255, 255},
            {255, 255, 255},
            {240, 196, 196},
            {187, 37, 37},
            {128, 26, 26},
            {69, 14, 14},
            {10, 2, 2}
        };
        for (int i = 0; i < row.length; i++) {
            for (int c = 0; c < 3; c++) {
                assertThat(media.value(0, 15, 14 + i, c)).isEqualTo(row[i][c]);
            }
        }
    }

    @Test
    void pixelsForANetworkAreThoseOfTheMedia() {
        ArmMotion motion = ArmWorld.example(3, 5).motion();
        float[] pixels = motion.pixels();
        Media media = motion.media();
        for (int i = 0; i < pixels.length; i += 101) {
            int c = i / (16 * 1024);
            int frame = i / 1024 % 16;
            assertThat((pixels[i] + 1) * 127.5).isCloseTo(media.value(frame, i / 32 % 32, i % 32, c), within(0.51));
        }
    }

    @Test
    void theDirectionsOfTheLinksLeadToElbowAndHand() {
        ArmMotion motion = ArmWorld.example(3, 5).motion();
        float[] directions = motion.directions();
        int frames = motion.poses().size();
        assertThat(directions).hasSize(ArmMotion.DIRECTIONS * frames);
        for (int frame = 0; frame < frames; frame++) {
            ArmPose pose = motion.poses().get(frame);
            double elbowX = ArmPose.UPPER * directions[frame];
            double elbowY = ArmPose.UPPER * directions[frames + frame];
            assertThat(elbowX).isCloseTo(pose.elbowX(), within(1e-6));
            assertThat(elbowY).isCloseTo(pose.elbowY(), within(1e-6));
            assertThat(elbowX + ArmPose.LOWER * directions[2 * frames + frame]).isCloseTo(pose.handX(), within(1e-6));
            assertThat(elbowY + ArmPose.LOWER * directions[3 * frames + frame]).isCloseTo(pose.handY(), within(1e-6));
        }
    }

    @Test
    void theLastWordOfAPromptIsLabelledWithAllThatItAsks() {
        ArmPrompt prompt = ArmWorld.prompts(SceneSplit.TEST).stream()
                .filter(p -> p.text().equals("move to the far upper left"))
                .findFirst()
                .orElseThrow();
        float[] labels = prompt.wordLabels();
        assertThat(labels).hasSize(6 * ArmPrompt.WORD_LABELS);
        assertThat(Arrays.copyOf(labels, 5 * ArmPrompt.WORD_LABELS)).containsOnly(0);
        float half = (float) Math.sqrt(0.5);
        assertThat(Arrays.copyOfRange(labels, 5 * ArmPrompt.WORD_LABELS, labels.length))
                .containsExactly(new float[] {-half, half, 0, 1}, within(1e-6f));
    }

    @Test
    void promptsAreDividedOnceAndForAll() {
        List<ArmPrompt> train = ArmWorld.prompts(SceneSplit.TRAIN);
        List<ArmPrompt> test = ArmWorld.prompts(SceneSplit.TEST);
        assertThat(train).hasSize(72);
        assertThat(test).hasSize(24);
        Set<String> texts = new HashSet<>();
        train.forEach(prompt -> texts.add(prompt.text()));
        test.forEach(prompt -> texts.add(prompt.text()));
        assertThat(texts).hasSize(96);
        assertThat(test.stream().filter(ArmWorld::unseenCombination)).hasSize(16);
        assertThat(train).noneMatch(ArmWorld::unseenCombination);
        assertThat(test.stream().filter(prompt -> !ArmWorld.unseenCombination(prompt)))
                .allMatch(prompt -> train.stream()
                        .anyMatch(t -> t.direction() == prompt.direction() && t.reach() == prompt.reach()));
        assertThat(ArmWorld.words()).contains("move", "upper", "far").hasSize(14);
        assertThat(ArmPrompt.of(train.get(3).text(), train.get(3).metadata())).isEqualTo(train.get(3));
    }

    @Test
    void motionsObeyTheirPromptAndTheirLimits() {
        SplittableRandom random = new SplittableRandom(11);
        for (SceneSplit split : SceneSplit.values()) {
            for (ArmPrompt prompt : ArmWorld.prompts(split)) {
                ArmMotion motion = ArmWorld.motion(prompt, random);
                assertThat(prompt.obeyed(motion.end())).as(prompt.text()).isTrue();
                MotionCost cost = motion.cost();
                assertThat(cost.velocityExcess() + cost.accelerationExcess() + cost.positionExcess())
                        .as(prompt.text())
                        .isZero();
                assertThat(cost.infeasible()).isZero();
                assertThat(cost.reward(1)).isGreaterThan(0.8);
            }
        }
    }

    /** So that a prompt nearly tells the motion; what reads joints has to know them all. */
    @Test
    void motionsStartBesideWhereTheyEndAndReadingsAnywhere() {
        SplittableRandom random = new SplittableRandom(12);
        for (ArmPrompt prompt : ArmWorld.prompts(SceneSplit.TRAIN)) {
            ArmMotion motion = ArmWorld.motion(prompt, random);
            ArmPose start = motion.poses().get(0);
            assertThat(Math.abs(motion.end().shoulder() - start.shoulder())).isBetween(0.95, 1.05);
            double fastest = Arrays.stream(MotionCost.differences(motion.angles(), ArmWorld.FRAMES_PER_SECOND))
                    .flatMapToDouble(Arrays::stream)
                    .map(Math::abs)
                    .max()
                    .orElseThrow();
            double turn = Math.max(
                    Math.abs(motion.end().shoulder() - start.shoulder()),
                    Math.abs(motion.end().elbow() - start.elbow()));
            // Minimum jerk peaks at 15/8 of the mean velocity, and takes 0.85 of the time or longer.
            double seconds = (ArmWorld.FRAMES - 1) / ArmWorld.FRAMES_PER_SECOND;
            assertThat(fastest).isLessThanOrEqualTo(1.875 * turn / (0.85 * seconds));
            assertThat(prompt.direction().distance(motion.end().bearing())).isLessThanOrEqualTo(0.1 + 1e-9);
            assertThat(start.elbow() * Math.signum(motion.end().elbow())).isBetween(0.75, 0.85);
        }
        double[] starts = IntStream.range(0, 500)
                .mapToDouble(i -> ArmWorld.reading(6, i).poses().get(0).elbow())
                .sorted()
                .toArray();
        assertThat(starts[25]).isLessThan(-1.8);
        assertThat(starts[250]).isBetween(-0.4, 0.4);
        assertThat(starts[475]).isGreaterThan(1.8);
    }

    @Test
    void everyFlawIsOneByTheTruth() {
        SplittableRandom random = new SplittableRandom(5);
        List<ArmPrompt> prompts = ArmWorld.prompts(SceneSplit.TRAIN);
        for (ArmFlaw flaw : ArmFlaw.values()) {
            for (int i = 0; i < 50; i++) {
                ArmMotion motion = flaw.apply(ArmWorld.motion(prompts.get(i), random), random);
                MotionCost cost = motion.cost();
                switch (flaw) {
                    case FROZEN -> assertThat(cost.total()).isZero();
                    case BEYOND_LIMITS -> assertThat(cost.positionExcess()).isPositive();
                    case SELF_COLLIDING -> assertThat(cost.infeasible()).isPositive();
                    case JITTERED ->
                        assertThat(cost.acceleration() + cost.jerk()).isGreaterThan(0.4);
                    case TOO_FAST, TELEPORTING ->
                        assertThat(cost.velocityExcess()).isPositive();
                }
            }
        }
    }

    @Test
    void ofTwentyVideosForPretrainingSevenAreTooFastAndTwoBeyondLimits() {
        int count = 2000;
        int beyond = 0;
        int fast = 0;
        int clean = 0;
        for (int i = 0; i < count; i++) {
            MotionCost cost = ArmWorld.example(3, i).motion().cost();
            if (cost.positionExcess() > 0) {
                beyond++;
            } else if (cost.velocityExcess() > 0) {
                fast++;
            } else if (cost.accelerationExcess() == 0 && cost.infeasible() == 0) {
                clean++;
            }
        }
        assertThat(beyond / (double) count).isCloseTo(0.1, within(0.03));
        assertThat(fast / (double) count).isCloseTo(0.35, within(0.04));
        assertThat(clean).isEqualTo(count - beyond - fast);
    }

    @Test
    void anExampleIsTheSameWheneverItIsDrawn() {
        assertThat(ArmWorld.example(4, 77)).isEqualTo(ArmWorld.example(4, 77));
        assertThat(ArmWorld.example(4, 77)).isNotEqualTo(ArmWorld.example(4, 78));
        assertThat(ArmWorld.reading(4, 77)).isEqualTo(ArmWorld.reading(4, 77));
    }
}
