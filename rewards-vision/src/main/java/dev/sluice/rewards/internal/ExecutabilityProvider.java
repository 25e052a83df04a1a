package dev.sluice.rewards.internal;

import dev.sluice.rewards.Executability;
import dev.sluice.rewards.InverseDynamics;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.DoublePredicate;

/** Offers {@link Executability} with the bundled inverse dynamics model or another, a scale, and a share for the goal. */
public final class ExecutabilityProvider implements RewardProvider {
    private static final String MODEL = "model";
    private static final String SCALE = "scale";
    private static final String GOAL = "goal";

    @Override
    public String name() {
        return "executability";
    }

    @Override
    public RewardFacts facts() {
        return new RewardFacts(0, 1, RewardFacts.Modality.VIDEO, false, false, true);
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "how well a machine could follow the arm, as an inverse dynamics model reads it, if it moves at all",
                "2 frames of 32×32 pixels of the world arm",
                "EVA (2026), arXiv:2603.17808");
    }

    @Override
    public Map<String, List<String>> options() {
        return Map.of(MODEL, List.of(), SCALE, List.of(), GOAL, List.of());
    }

    @Override
    public Reward open() {
        return openChecked(Map.of());
    }

    @Override
    public void check(Map<String, Object> options) {
        RewardProvider.super.check(options);
        scale(options);
        goal(options);
    }

    private static double scale(Map<String, Object> options) {
        return number(options, SCALE, 1, value -> value > 0 && value < Double.POSITIVE_INFINITY, "above 0");
    }

    private static double goal(Map<String, Object> options) {
        return number(options, GOAL, 0, value -> value >= 0 && value <= 1, "in [0, 1]");
    }

    private static double number(
            Map<String, Object> options, String name, double usual, DoublePredicate allowed, String range) {
        String text = String.valueOf(options.getOrDefault(name, usual));
        NumberFormatException cause = null;
        try {
            double value = Double.parseDouble(text);
            if (allowed.test(value)) {
                return value;
            }
        } catch (NumberFormatException e) {
            cause = e;
        }
        throw new IllegalArgumentException(
                "executability.%s (%s) must be a number %s.".formatted(name, text, range), cause);
    }

    @Override
    public Reward openChecked(Map<String, Object> options) {
        double scale = scale(options);
        double goal = goal(options);
        Object folder = options.get(MODEL);
        if (folder == null) {
            return new Executability(InverseDynamics.bundled(), scale, goal);
        }
        try {
            return new Executability(InverseDynamics.open(Path.of(folder.toString())), scale, goal);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }
}
