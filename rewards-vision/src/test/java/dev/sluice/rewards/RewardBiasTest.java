package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.video.Media;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.IntSupplier;
import org.junit.jupiter.api.Test;

/** What rewards go along with, of rewards that are a trait. */
class RewardBiasTest {
    private static final Bootstrap FEW = new Bootstrap(200, 1);

    private static Sample sample(Media media, String prompt) {
        return new Sample(media, prompt, Map.of());
    }

    /** Random pictures of noise around a level, four of each prompt, prompts of different lengths. */
    private static List<Sample> samples() {
        Random random = new Random(3);
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < 80; i++) {
            int level = random.nextInt(20, 180);
            int noise = random.nextInt(1, 60);
            byte[] rgb = new byte[3 * 256];
            for (int k = 0; k < rgb.length; k++) {
                rgb[k] = (byte) (level + random.nextInt(noise));
            }
            samples.add(sample(Media.image(16, 16, rgb), "x".repeat(5 + i / 4)));
        }
        return samples;
    }

    private static RewardBias bias(Reward reward, BiasTrait trait) {
        List<Sample> samples = samples();
        return RewardBias.of(
                reward.score(samples).values(),
                samples.stream().mapToDouble(trait::of).toArray(),
                samples.stream().map(Sample::prompt).toList(),
                FEW);
    }

    private static void assertFigure(Bootstrap.Figure figure, double value) {
        assertThat(figure.value()).isCloseTo(value, within(1e-9));
        assertThat(figure.low()).isCloseTo(value, within(1e-9));
        assertThat(figure.high()).isCloseTo(value, within(1e-9));
    }

    @Test
    void traitsAreThoseOfPicturesWithKnownMeasures() {
        IntSupplier bytes = TestMedia.bytes();
        Sample noise = sample(TestMedia.grey(64, 64, (y, x) -> 0), "");
        byte[] rgb = noise.media().rgb().clone();
        for (int i = 0; i < rgb.length; i += 3) {
            Arrays.fill(rgb, i, i + 3, (byte) bytes.getAsInt());
        }
        Sample lcg = sample(Media.image(64, 64, rgb), "zwei Käfer 🐞");
        assertThat(BiasTrait.SHARPNESS.of(lcg)).isCloseTo(109835.5621, within(1e-3));
        assertThat(BiasTrait.MEAN_LUMA.of(lcg)).isCloseTo(128.334717, within(1e-5));
        assertThat(BiasTrait.COLOURFULNESS.of(lcg)).isCloseTo(0, within(1e-9));
        assertThat(BiasTrait.PROMPT_LENGTH.of(lcg)).isEqualTo(12);
        Sample red = sample(TestMedia.plain(0xFF0000), "");
        assertThat(BiasTrait.COLOURFULNESS.of(red)).isCloseTo(85.5296, within(1e-4));
        assertThat(BiasTrait.SHARPNESS.of(red)).isZero();
        assertThat(BiasTrait.PROMPT_LENGTH.of(red)).isZero();
        assertThat(BiasTrait.MEAN_LUMA.of(sample(TestMedia.plain(0x000000, 0xFFFFFF), "")))
                .as("the mean over the frames")
                .isCloseTo(127.5, within(1e-9));
        assertThat(BiasTrait.SHARPNESS.of(sample(TestMedia.grey(2, 9, (y, x) -> x), "")))
                .as("a picture without an inside")
                .isNaN();
        assertThat(BiasTrait.JPEG_SIZE.of(sample(TestMedia.grey(512, 512, (y, x) -> 128), "")))
                .isEqualTo(4.721);
        assertThat(BiasTrait.PROMPT_LENGTH).hasToString("prompt length");
    }

    @Test
    void aRewardThatIsATraitGoesAlongWithItEntirely() {
        for (BiasTrait trait : List.of(BiasTrait.SHARPNESS, BiasTrait.MEAN_LUMA, BiasTrait.COLOURFULNESS)) {
            RewardBias bias = bias(Reward.each(trait::of), trait);
            assertThat(bias.samples()).isEqualTo(80);
            assertThat(bias.prompts()).isEqualTo(20);
            assertFigure(bias.pearson(), 1);
            assertFigure(bias.spearman(), 1);
            assertFigure(bias.within(), 1);
        }
        RewardBias length = bias(Reward.each(BiasTrait.PROMPT_LENGTH::of), BiasTrait.PROMPT_LENGTH);
        assertFigure(length.pearson(), 1);
        assertThat(length.within().known()).as("a prompt has one length").isFalse();
    }

    @Test
    void whatARewardGivesAPromptAsAWholeIsNothingThatAPolicyCanGainBy() {
        RewardBias bias = bias(
                Reward.each(sample -> 1e4 * sample.prompt().length() - BiasTrait.MEAN_LUMA.of(sample)),
                BiasTrait.MEAN_LUMA);
        assertFigure(bias.within(), -1);
        assertThat(Math.abs(bias.pearson().value())).isLessThan(0.5);
        RewardBias curved =
                bias(Reward.each(sample -> Math.exp(BiasTrait.MEAN_LUMA.of(sample) / 10)), BiasTrait.MEAN_LUMA);
        assertFigure(curved.spearman(), 1);
        assertThat(curved.pearson().value()).isBetween(0.3, 0.9);
    }

    @Test
    void chanceHasZeroWithinItsIntervalAndAConstantNoCorrelation() {
        Random random = new Random(5);
        RewardBias chance = bias(Reward.each(sample -> random.nextDouble()), BiasTrait.MEAN_LUMA);
        for (Bootstrap.Figure figure : List.of(chance.pearson(), chance.spearman(), chance.within())) {
            assertThat(figure.low()).isLessThan(0);
            assertThat(figure.high()).isGreaterThan(0);
        }
        RewardBias constant = bias(Reward.each(sample -> 0.1), BiasTrait.MEAN_LUMA);
        assertThat(constant.pearson().known()).isFalse();
        assertThat(constant.spearman().known()).isFalse();
        assertThat(constant.within().known()).isFalse();
    }

    @Test
    void whatHasNoScoreDoesNotCountAndNothingIsNoMistake() {
        double[] scores = {1, 2, Double.NaN, 4};
        double[] traits = {1, 2, 3, Double.NaN};
        RewardBias bias = RewardBias.of(scores, traits, List.of("a", "b", "b", "a"), FEW);
        assertThat(bias.samples()).isEqualTo(2);
        assertThat(bias.pearson().value()).isEqualTo(1);
        assertThat(RewardBias.of(new double[0], new double[0], List.of(), FEW).samples())
                .isZero();
        assertThatThrownBy(() -> RewardBias.of(scores, new double[2], List.of(), FEW))
                .hasMessage("scores, traits and texts have 4, 2 and 0 entries; they must be equal.");
    }
}
