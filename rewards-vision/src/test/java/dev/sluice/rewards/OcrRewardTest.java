package dev.sluice.rewards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.video.Media;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.GraphicsEnvironment;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Words that Java draws, read by the real model. */
class OcrRewardTest extends RewardContract {
    /** More of them for a figure: {@code -Dsluice.ocr.words=200}. */
    private static final int WORDS = Integer.getInteger("sluice.ocr.words", 8);

    private static final boolean FONTS = fonts();

    private static final List<String> SYLLABLES = List.of(
            "so", "lar", "pan", "el", "riv", "er", "mo", "on", "ta", "ble", "42", "gar", "den", "OPEN", "Cafe", "2048");

    @Override
    String name() {
        return "ocr";
    }

    @Override
    Map<String, Object> options() {
        return Map.of("side", "64");
    }

    @Override
    List<Sample> worstToBest() {
        return List.of(drawn("river", "SOLAR"), drawn("SOLID", "SOLAR"), drawn("SOLAR", "SOLAR"));
    }

    @Override
    String longPrompt() {
        return "\"a sign\" ".repeat(1200);
    }

    private static Sample drawn(String text, String wanted) {
        return new Sample(drawn(text, 32), "a sign that says \"%s\"".formatted(wanted), Map.of());
    }

    /** A machine without display may have no fonts, and Java then fails in one of several ways. */
    private static boolean fonts() {
        try {
            return GraphicsEnvironment.getLocalGraphicsEnvironment().getAvailableFontFamilyNames().length > 0;
        } catch (RuntimeException | LinkageError | InternalError e) {
            return false;
        }
    }

    private static Media drawn(String text, int size) {
        assumeTrue(FONTS, "this machine has no fonts to draw words with");
        BufferedImage image = new BufferedImage(size * 6, 2 * size, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = image.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
        graphics.setColor(new Color(230, 225, 210));
        graphics.fillRect(0, 0, image.getWidth(), image.getHeight());
        graphics.setColor(new Color(30, 40, 90));
        graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, size));
        graphics.drawString(text, size / 2, 4 * size / 3);
        graphics.dispose();
        byte[] rgb = new byte[3 * image.getWidth() * image.getHeight()];
        for (int i = 0; i < rgb.length; i++) {
            int pixel = image.getRGB(i / 3 % image.getWidth(), i / 3 / image.getWidth());
            rgb[i] = (byte) (pixel >> (16 - 8 * (i % 3)));
        }
        return Media.image(image.getHeight(), image.getWidth(), rgb);
    }

    private static List<String> words() {
        List<String> words = new ArrayList<>();
        for (int i = 0; i < WORDS; i++) {
            words.add(SYLLABLES.get(i * 7 % 16) + SYLLABLES.get((i * 3 + i / 16 + 1) % 16));
        }
        return words;
    }

    private static Media spoilt(Media clean, int times, long seed) {
        Media shown = clean;
        for (int time = 0; time < times; time++) {
            shown = SyntheticArtifact.BLUR.apply(SyntheticArtifact.NOISE.apply(shown, 5, seed), 5, seed);
        }
        return shown;
    }

    private static double mean(Reward reward, int times) {
        List<Sample> samples = new ArrayList<>();
        List<String> words = words();
        for (int i = 0; i < words.size(); i++) {
            Media clean = drawn(words.get(i), 24 + i % 5 * 8);
            samples.add(new Sample(spoilt(clean, times, i), "the word \"%s\"".formatted(words.get(i)), Map.of()));
        }
        double sum = 0;
        for (double score : reward.score(samples).values()) {
            sum += score;
        }
        return sum / samples.size();
    }

    @Test
    void drawnWordsAreReadAndRuinedOnesAreNot() {
        try (Reward reward = RewardProvider.named("ocr", Map.of("side", "96"))) {
            double clean = mean(reward, 0);
            double spoilt = mean(reward, 2);
            double ruined = mean(reward, 6);
            if (WORDS > 8) {
                System.out.printf("%s words: %.4f, spoilt %.4f, ruined %.4f%n", WORDS, clean, spoilt, ruined);
            }
            assertThat(clean).isGreaterThanOrEqualTo(0.95);
            assertThat(spoilt).isLessThan(clean);
            assertThat(ruined).isLessThan(spoilt);
        }
    }

    @Test
    void aPromptWithoutQuotesHasNoScore() {
        Sample sample = new Sample(drawn("SOLAR", 32), "a sign that says SOLAR", Map.of());
        try (Reward reward = RewardProvider.named("ocr", options())) {
            assertThat(reward.score(List.of(sample)).reasons().get(0)).startsWith("the prompt quotes no text");
        }
        assertThatThrownBy(() -> RewardProvider.provider("ocr").check(Map.of("side", "10")))
                .hasMessage("ocr.side (10) must be a whole number of at least 32 and at most 2048.");
    }
}
