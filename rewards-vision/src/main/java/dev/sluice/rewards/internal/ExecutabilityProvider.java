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

/** Offers {@link Executability} with the bundled inverse dynamics model or another, and a scale. */
public final class ExecutabilityProvider implements RewardProvider {
    private static final String MODEL = "model";
    private static final String SCALE = "scale";

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
        return Map.of(MODEL, List.of(), SCALE, List.of());
    }

    @Override
    public Reward open() {
        return openChecked(Map.of());
    }

    @Override
    public void check(Map<String, Object> options) {
        RewardProvider.super.check(options);
        scale(options);
    }

    private static double scale(Map<String, Object> options) {
        String text = String.valueOf(options.getOrDefault(SCALE, "1"));
        try {
            double scale = Double.parseDouble(text);
            if (scale > 0 && scale < Double.POSITIVE_INFINITY) {
                return scale;
            }
        } catch (NumberFormatException e) {
            throw refused(text, e);
        }
        throw refused(text, null);
    }

    private static IllegalArgumentException refused(String text, NumberFormatException cause) {
        return new IllegalArgumentException(
                "executability.scale (%s) must be a number above 0.".formatted(text), cause);
    }

    @Override
    public Reward openChecked(Map<String, Object> options) {
        double scale = scale(options);
        Object folder = options.get(MODEL);
        if (folder == null) {
            return new Executability(InverseDynamics.bundled(), scale);
        }
        try {
            return new Executability(InverseDynamics.open(Path.of(folder.toString())), scale);
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
    }
}
