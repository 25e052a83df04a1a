package dev.sluice.rewards.internal;

import dev.sluice.rewards.ArmDirection;
import dev.sluice.rewards.ArmPrompt;
import dev.sluice.rewards.ArmReach;
import dev.sluice.rewards.ArmWorld;
import dev.sluice.rewards.SceneSplit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The prompts of {@link ArmWorld} and how they are divided. */
public final class ArmPrompts {
    private static final List<String> VERBS = List.of("move", "point", "reach", "swing");
    private static final Set<String> HELD_OUT = Set.of("near right", "far upper left", "near lower left", "far bottom");

    private static final List<ArmPrompt> TRAIN = new ArrayList<>();
    private static final List<ArmPrompt> TEST = new ArrayList<>();

    static {
        for (int verb = 0; verb < VERBS.size(); verb++) {
            for (ArmReach reach : ArmReach.values()) {
                for (ArmDirection direction : ArmDirection.values()) {
                    ArmPrompt prompt = new ArmPrompt(text(VERBS.get(verb), reach, direction), direction, reach);
                    boolean otherWords = reach == ArmReach.ANY && direction.ordinal() % VERBS.size() == verb;
                    (otherWords || unseen(prompt) ? TEST : TRAIN).add(prompt);
                }
            }
        }
    }

    private ArmPrompts() {}

    private static String text(String verb, ArmReach reach, ArmDirection direction) {
        return "%s to the %s".formatted(verb, place(reach, direction));
    }

    private static String place(ArmReach reach, ArmDirection direction) {
        return (reach.word() + " " + direction.words()).strip();
    }

    /** Returns the prompts of a split. */
    public static List<ArmPrompt> of(SceneSplit split) {
        return List.copyOf(split == SceneSplit.TRAIN ? TRAIN : TEST);
    }

    /** Returns whether training has that distance and direction in no words. */
    public static boolean unseen(ArmPrompt prompt) {
        return HELD_OUT.contains(place(prompt.reach(), prompt.direction()));
    }

    /** Returns every word, sorted. */
    public static List<String> words() {
        return Stream.concat(TRAIN.stream(), TEST.stream())
                .flatMap(prompt -> Arrays.stream(prompt.text().split(" ")))
                .distinct()
                .sorted()
                .collect(Collectors.toList());
    }
}
