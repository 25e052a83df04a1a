package dev.sluice.grpo;

import dev.sluice.grpo.Combination.Part;
import dev.sluice.grpo.Credit.Probed;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The last outcomes of every prompt. They stand in the groups of later iterations beside the new samples, so that mean and
 * deviation are those of a prompt over some time, and a small group need not speak for itself. A value: nothing changes it.
 *
 * <p>Source: DDPO, Black et al. (2023), arXiv:2305.13301, per-prompt tracking. Differs: the new samples are always all counted; a
 * prompt without a past has its group, not the batch.
 *
 * @param window past samples of a prompt that are kept; 0 for none
 * @param outcomes by prompt, the oldest first; of each sample its outcome in every reward, all finite
 */
record PromptHistory(int window, Map<String, List<double[]>> outcomes) {
    /** Returns the history of a run that has not begun. */
    static PromptHistory empty(int window) {
        return new PromptHistory(window, Map.of());
    }

    /** Samples with their past behind them. */
    record Extended(List<Part> parts, Groups groups) {}

    /**
     * Returns the samples followed by the past of every group.
     *
     * @param prompts the prompt of each sample; those of a group are equal
     * @param parts the rewards, outcomes alone
     */
    Extended extended(List<Prompt> prompts, List<Part> parts, Groups groups) {
        int samples = groups.samples();
        int[] groupOf = groups.groupOf();
        List<double[]> past = new ArrayList<>();
        List<Integer> pastGroups = new ArrayList<>();
        for (int[] members : groups.members()) {
            String prompt = prompts.get(members[0]).identity();
            for (double[] outcome : outcomes.getOrDefault(prompt, List.of())) {
                past.add(outcome);
                pastGroups.add(groupOf[members[0]]);
            }
        }
        int[] extended = Arrays.copyOf(groupOf, samples + past.size());
        for (int i = 0; i < past.size(); i++) {
            extended[samples + i] = pastGroups.get(i);
        }
        List<Part> longer = new ArrayList<>();
        for (int p = 0; p < parts.size(); p++) {
            Part part = parts.get(p);
            double[] values = Arrays.copyOf(part.probed().outcome(), extended.length);
            for (int i = 0; i < past.size(); i++) {
                values[samples + i] = past.get(i)[p];
            }
            longer.add(past.isEmpty() ? part : new Part(part.weight(), Probed.outcome(values)));
        }
        return new Extended(longer, new Groups(extended, groups.count()));
    }

    /** Returns the history after these samples; those without an outcome leave no trace. */
    PromptHistory after(List<Prompt> prompts, List<Part> parts) {
        if (window == 0) {
            return this;
        }
        Map<String, List<double[]>> all = new HashMap<>(outcomes);
        for (int i = 0; i < prompts.size(); i++) {
            int sample = i;
            double[] outcome = parts.stream()
                    .mapToDouble(part -> part.probed().outcome()[sample])
                    .toArray();
            if (Arrays.stream(outcome).allMatch(Double::isFinite)) {
                List<double[]> longer =
                        new ArrayList<>(all.getOrDefault(prompts.get(i).identity(), List.of()));
                longer.add(outcome);
                all.put(
                        prompts.get(i).identity(),
                        List.copyOf(longer.subList(Math.max(0, longer.size() - window), longer.size())));
            }
        }
        return new PromptHistory(window, Map.copyOf(all));
    }
}
