package dev.sluice.rewards;

import java.util.Locale;

/** The colours of the scenes world. An object shows a darker shade of its colour, see {@link SceneObject#shade()}. */
public enum SceneColor {
    /** Red. */
    RED(230, 45, 45),
    /** Green. */
    GREEN(45, 190, 75),
    /** Blue. */
    BLUE(55, 95, 240),
    /** Yellow. */
    YELLOW(240, 215, 45),
    /** Purple. */
    PURPLE(170, 60, 205),
    /** White. */
    WHITE(242, 242, 242);

    private final int red;
    private final int green;
    private final int blue;

    SceneColor(int red, int green, int blue) {
        this.red = red;
        this.green = green;
        this.blue = blue;
    }

    /** Returns the English word, as GenEval's metadata has it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Returns the brightest shade's value in 0..255; channel 0 is red. */
    public int value(int channel) {
        return switch (channel) {
            case 0 -> red;
            case 1 -> green;
            case 2 -> blue;
            default -> throw new IllegalArgumentException("channel (%s) must be 0, 1 or 2.".formatted(channel));
        };
    }
}
