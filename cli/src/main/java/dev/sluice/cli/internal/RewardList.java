package dev.sluice.cli.internal;

import dev.sluice.rewards.RewardCard;
import dev.sluice.rewards.RewardFacts;
import dev.sluice.rewards.RewardProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;

/** What is said of rewards, as text. */
public final class RewardList {
    private RewardList() {}

    /** Returns a line with the facts of each reward, and under it lines with what it scores, its options and its source. */
    public static List<String> lines(List<RewardProvider> providers) {
        Table table = new Table("reward", "range", "of", "needs");
        for (RewardProvider provider : providers) {
            RewardFacts facts = provider.facts();
            table.add(provider.name(), range(facts), media(facts), needs(provider));
        }
        List<String> heads = table.lines();
        List<String> lines = new ArrayList<>(List.of(heads.get(0)));
        for (int i = 0; i < providers.size(); i++) {
            RewardCard card = providers.get(i).card();
            lines.add("");
            lines.add(heads.get(i + 1));
            add(lines, "scores", card.scores());
            new TreeMap<>(providers.get(i).options())
                    .forEach((option, values) -> add(
                            lines, "option", values.isEmpty() ? option : option + ": " + String.join(", ", values)));
            add(lines, "source", card.source());
        }
        return lines;
    }

    private static void add(List<String> lines, String head, String text) {
        if (!text.isEmpty()) {
            lines.add("  %-6s  %s".formatted(head, text));
        }
    }

    private static String range(RewardFacts facts) {
        boolean below = Double.isFinite(facts.least());
        boolean above = Double.isFinite(facts.greatest());
        if (below && above) {
            return number(facts.least()) + " to " + number(facts.greatest());
        }
        if (below || above) {
            return below ? "from " + number(facts.least()) : "up to " + number(facts.greatest());
        }
        return "unbounded";
    }

    private static String number(double bound) {
        return bound == Math.rint(bound) ? String.valueOf((long) bound) : String.format(Locale.ROOT, "%.2f", bound);
    }

    private static String media(RewardFacts facts) {
        return switch (facts.modality()) {
            case IMAGE -> "images";
            case VIDEO -> "videos";
            case BOTH -> "images, videos";
        };
    }

    private static String needs(RewardProvider provider) {
        List<String> needs = new ArrayList<>();
        if (!provider.facts().equals(RewardFacts.UNKNOWN)) {
            if (provider.facts().needsPrompt()) {
                needs.add("prompt");
            }
            if (provider.facts().needsGroup()) {
                needs.add("others of the prompt");
            }
        }
        if (!provider.card().needs().isEmpty()) {
            needs.add(provider.card().needs());
        }
        return needs.isEmpty() ? "nothing" : String.join(", ", needs);
    }
}
