package dev.sluice.rewards;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * A prompt of the arm world and where the hand must end to obey it.
 *
 * @param text the words, all of {@link ArmWorld#words()}, separated by one space
 * @param direction where the hand goes
 * @param reach how far from the base it goes
 */
public record ArmPrompt(String text, ArmDirection direction, ArmReach reach) {
    /** How many labels a word has: cosine and sine of the direction, whether near, whether far. */
    public static final int WORD_LABELS = 4;

    /** The key of {@link #direction()} in the metadata. */
    public static final String DIRECTION = "direction";

    /** The key of {@link #reach()} in the metadata. */
    public static final String REACH = "reach";

    /** How far beside an eighth of a circle a bearing may end before it earns nothing, in radians. */
    private static final double BEARING_FADE = Math.PI / 4;

    /** How far from an obedient distance the hand may end before it earns nothing. */
    private static final double REACH_FADE = 0.2;

    /**
     * Returns the prompt that metadata describe.
     *
     * @param text the words; they are not read
     * @param metadata as {@link #metadata()} returns it; other fields are ignored
     * @throws IllegalArgumentException with the field's name, if one is missing or unknown to the arm world
     */
    public static ArmPrompt of(String text, Map<String, Object> metadata) {
        return new ArmPrompt(
                text,
                field(ArmDirection.class, DIRECTION, metadata),
                metadata.containsKey(REACH) ? field(ArmReach.class, REACH, metadata) : ArmReach.ANY);
    }

    private static <E extends Enum<E>> E field(Class<E> type, String key, Map<String, Object> metadata) {
        Object value = metadata.get(key);
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(value)) {
                return constant;
            }
        }
        throw new IllegalArgumentException("%s (%s) must be one of %s for a prompt of the arm world."
                .formatted(
                        key,
                        value,
                        Arrays.stream(type.getEnumConstants())
                                .map(constant -> constant.name().toLowerCase(Locale.ROOT))
                                .collect(Collectors.joining(", "))));
    }

    /** Returns what a prompt file carries: {@code direction} and {@code reach}, lower case. */
    public Map<String, Object> metadata() {
        Map<String, Object> map = new LinkedHashMap<>();
        map.put(DIRECTION, direction.name().toLowerCase(Locale.ROOT));
        map.put(REACH, reach.name().toLowerCase(Locale.ROOT));
        return map;
    }

    /**
     * Returns labels of the words, for pretraining: the last word, which is the direction's, has those of all that is asked of the hand,
     * the others have zeros.
     *
     * @return {@link #WORD_LABELS} numbers for one word after another
     */
    public float[] wordLabels() {
        float[] labels = new float[text.split(" ").length * WORD_LABELS];
        int last = labels.length - WORD_LABELS;
        labels[last] = (float) Math.cos(direction.angle());
        labels[last + 1] = (float) Math.sin(direction.angle());
        labels[last + 2] = reach == ArmReach.NEAR ? 1 : 0;
        labels[last + 3] = reach == ArmReach.FAR ? 1 : 0;
        return labels;
    }

    /** Returns the kind of prompt: {@code direction}, or {@code direction_reach} if it says how far. */
    public String task() {
        return reach == ArmReach.ANY ? "direction" : "direction_reach";
    }

    /** Returns whether a hand that ends there obeys. */
    public boolean obeyed(ArmPose end) {
        return arrival(end) == 1;
    }

    /** Returns how nearly a hand that ends there obeys, in [0, 1]; 1 exactly where it does. */
    public double arrival(ArmPose end) {
        double beside = Math.max(0, direction.distance(end.bearing()) - Math.PI / 8);
        return Math.max(0, 1 - beside / BEARING_FADE) * Math.max(0, 1 - reach.distance(end.reach()) / REACH_FADE);
    }

    @Override
    public String toString() {
        return text;
    }
}
