package dev.sluice.grpo;

import dev.sluice.flow.tensor.Lanes;
import dev.sluice.rewards.Reward;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Turns what was measured of an iteration's samples, and what a critic sees in them, into advantages. */
final class Appraisal {
    private final GrpoOptions.Signal signal;
    private final Reward reward;
    private final Optional<LatentCritic> critic;
    private final Lanes lanes;
    private final Phases phases;

    Appraisal(GrpoOptions.Signal signal, Reward reward, Optional<LatentCritic> critic, Lanes lanes, Phases phases) {
        this.signal = signal;
        this.reward = reward;
        this.critic = critic;
        this.lanes = lanes;
        this.phases = phases;
    }

    /**
     * What samples are worth.
     *
     * @param advantages of every sample at every credited step
     * @param parts what was measured, as the history of prompts keeps it
     */
    record Appraised(Advantages advantages, List<Combination.Part> parts) {}

    /** Returns what samples are worth; {@code prompts} has one for each. */
    Appraised of(Sampled sampled, List<Prompt> prompts, Groups groups, int[] steps, PromptHistory history) {
        Optional<LatentCritic.Seen> seen = critic.filter(one -> signal.critic().asked())
                .map(one -> phases.time(
                        Phases.CRITIC,
                        () -> one.along(lanes, sampled, signal.critic().judges())));
        List<List<Combination.Part>> granular = parts(sampled, seen, steps);
        List<Combination.Part> parts = granular.get(0);
        PromptHistory.Extended compared = history.extended(prompts, parts, groups);
        Advantages outcomes = (granular.size() > 1
                        ? signal.summed(granular, steps, groups)
                        : signal.advantages(compared.parts(), steps, compared.groups()))
                .first(prompts.size());
        Advantages all = seen.map(one -> signal.combination().joined(outcomes, process(one, sampled.rewards(), groups)))
                .orElse(outcomes);
        return new Appraised(all, parts);
    }

    /** Returns what was measured, at every granularity, or what the critic sees in its place. */
    private List<List<Combination.Part>> parts(Sampled sampled, Optional<LatentCritic.Seen> seen, int[] steps) {
        if (signal.critic().judges()) {
            Credit.Probed probed = seen.orElseThrow().probed(sampled.rewards(), steps, sampled.steps());
            return List.of(List.of(new Combination.Part(1, probed)));
        }
        return sampled.granular().stream()
                .map(one -> signal.combination().parts(reward, one))
                .toList();
    }

    /** Returns the advantages of V(x_k), each step by itself; 0 for samples without a reward. */
    private Advantages process(LatentCritic.Seen seen, double[] rewards, Groups groups) {
        double weight = signal.critic().processWeight();
        double[][] scores = new double[rewards.length][];
        for (int i = 0; i < scores.length; i++) {
            scores[i] = seen.before()[i].clone();
            if (!Double.isFinite(rewards[i])) {
                Arrays.fill(scores[i], Double.NaN);
            }
        }
        Advantages own = new Advantages(signal.advantage().estimate(scores, groups)).clipped(signal.limit());
        return own.times(weight);
    }

    /** Lets the critic learn what came of the samples; returns what it reports, nothing without a critic. */
    Map<String, Double> teach(Judged judged) {
        if (critic.isEmpty()) {
            return Map.of();
        }
        double[] targets = signal.advantage().estimate(judged.rewards(), judged.groups());
        for (int i = 0; i < targets.length; i++) {
            targets[i] = Double.isFinite(judged.rewards()[i]) ? targets[i] : Double.NaN;
        }
        return phases.time(
                Phases.CRITIC, () -> critic.orElseThrow().learn(judged.chunks(), targets, judged.iteration()));
    }
}
