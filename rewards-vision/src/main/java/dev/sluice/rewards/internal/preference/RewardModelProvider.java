package dev.sluice.rewards.internal.preference;

import dev.sluice.rewards.Joining;
import dev.sluice.rewards.Reward;
import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardEnsemble;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardModel;
import dev.sluice.rewards.internal.ParsedProvider;
import dev.sluice.rewards.internal.RewardOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/** Offers a trained {@link RewardModel} by its folder. */
public final class RewardModelProvider implements ParsedProvider {
    @Override
    public String name() {
        return "reward-model";
    }

    @Override
    public RewardFacts facts() {
        return new RewardFacts(
                Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, RewardFacts.Modality.BOTH, false, false, true);
    }

    @Override
    public RewardCard card() {
        return new RewardCard(
                "what a model learned from preferences, about its axis",
                "a model that sluice reward train made (option model)",
                "Bradley and Terry (1952); VideoAlign (2025), arXiv:2501.13918");
    }

    @Override
    public Map<String, List<String>> options() {
        return Map.of(
                "model",
                List.of(),
                "axis",
                List.of(),
                "threads",
                List.of(),
                "by",
                List.of("mean", "median", "least", "deviation", "variance"),
                "penalty",
                List.of());
    }

    @Override
    public Supplier<Reward> prepare(RewardOptions options) {
        String folder = options.text("model").orElse("");
        if (folder.isBlank()) {
            throw new IllegalArgumentException("The reward reward-model needs the option model, its folder, as in"
                    + " reward-model:model=runs/reward/model.");
        }
        int threads = options.whole("threads", 1, 1, 1024);
        String axis = options.word("axis", "");
        boolean joined = options.text("by").isPresent();
        Joining.By by = Joining.By.valueOf(options.word("by", "mean").toUpperCase(Locale.ROOT));
        if (options.text("penalty").isPresent() && by != Joining.By.DEVIATION && by != Joining.By.VARIANCE) {
            throw new IllegalArgumentException(
                    "reward-model.penalty means nothing without the option by, deviation or variance.");
        }
        Joining.Ensemble joining = new Joining.Ensemble(by, options.number("penalty", 1, 0, Double.POSITIVE_INFINITY));
        return () -> {
            try {
                Path place = Path.of(folder);
                if (RewardEnsemble.at(place)) {
                    return RewardEnsemble.open(place, axis, threads, joining);
                }
                if (joined) {
                    throw new IllegalArgumentException(
                            "reward-model.by needs an ensemble; %s is one model.%nMaybe train one with model.members."
                                    .formatted(folder));
                }
                return RewardModel.open(place, axis, threads);
            } catch (IOException e) {
                throw new UncheckedIOException(e.getMessage(), e);
            }
        };
    }
}
