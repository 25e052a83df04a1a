package dev.sluice.configs;

import dev.sluice.configs.internal.NotEmpty;
import dev.sluice.configs.internal.Within;
import dev.sluice.grpo.Completion;
import dev.sluice.grpo.Credit;
import dev.sluice.grpo.CriticLearning;
import dev.sluice.grpo.TurningPoint;
import java.util.List;
import java.util.Optional;

/**
 * How much of a reward each step gets. All kinds but broadcast have the states along the way completed by the ODE and judged
 * like finished samples, which costs what it says in the run's forecast.
 *
 * @param kind from what was measured to the scores of steps
 * @param discount how much less a state counts with every step that it lies ahead; for the kind {@code cumulative} alone
 * @param turningPoint how turning points are rewarded, for the kind {@code turning-point} alone; as published if left out
 * @param minForm makes a sample as good as the worst of its steps from here on
 * @param reNorm adds the outcome less 1 to the scores of its steps, so that no step of a failed sample is praised
 * @param granularities how many steps of the grid the ODE takes at a time after the one stochastic step, 1 first; the advantages of
 *     all are added up; [1] but for G²RPO
 * @param judge what says what states along the way are worth
 * @param processWeight weight of the advantage of the critic's value of the state before a step, beside that of the outcome
 * @param completionSteps steps of a completion; 0 for the rest of the grid, 1 for what a state's own velocity predicts
 */
public record CreditChoice(
        Kind kind,
        @Within(least = 0, most = 1) Optional<Double> discount,
        Optional<Turning> turningPoint,
        Optional<MinForm> minForm,
        boolean reNorm,
        @NotEmpty @Within(least = 1, most = 1000) List<Integer> granularities,
        Judge judge,
        @Within(least = 0, most = 1000) double processWeight,
        @Within(least = 0, most = 1000) int completionSteps) {
    /** What says what a state along the way is worth, by its name in run files. */
    public enum Judge {
        /** The reward of what the ODE makes of it. */
        REWARD,
        /** The critic. */
        CRITIC
    }

    /** The scores of steps by their names in run files. */
    public enum Kind {
        /** The outcome for every step: Flow-GRPO. */
        BROADCAST,
        /** The reward of the completion of the state that a step leads to. */
        VALUE,
        /** What a step adds to the reward of the completion: DenseGRPO. */
        GAIN,
        /** The same, and at a turning point what lies between it and the outcome: TP-GRPO. */
        TURNING_POINT,
        /** The discounted mean of the rewards of all states that follow: VGPO. */
        CUMULATIVE
    }

    /**
     * Turning points.
     *
     * @param bonus what their score is multiplied by
     * @param balanced whether as many of risen as of fallen samples are kept
     */
    public record Turning(@Within(above = 0, most = 100) double bonus, boolean balanced) {}

    /**
     * Min-form credit: PURE.
     *
     * @param temperature how far from the least score a step may be and still count, published as 0.1
     */
    public record MinForm(@Within(above = 0) double temperature) {}

    public CreditChoice {
        if (discount.isPresent() != (kind == Kind.CUMULATIVE)) {
            throw new IllegalArgumentException(
                    discount.isPresent()
                            ? "discount (%s) must go with kind: cumulative; no other kind looks further ahead than the next state.%nMaybe leave it out, or write discount: null."
                                    .formatted(discount.get())
                            : "kind (cumulative) must have a discount.%nMaybe write discount: 0.99.".formatted());
        }
        if (turningPoint.isPresent() && kind != Kind.TURNING_POINT) {
            throw new IllegalArgumentException(
                    "turningPoint is there, but only kind: turning-point knows any.%nMaybe leave it out, or write turningPoint: null."
                            .formatted());
        }
        if (minForm.isPresent() && reNorm) {
            throw new IllegalArgumentException(
                    "minForm and reNorm are both there; one of them must go, because each gives the scores a scale of its own.%nMaybe write reNorm: false."
                            .formatted());
        }
        for (int i = 0; i < granularities.size(); i++) {
            if (granularities.get(0) != 1 || (i > 0 && granularities.get(i) <= granularities.get(i - 1))) {
                throw new IllegalArgumentException(
                        "granularities (%s) must begin with 1 and rise.%nMaybe write granularities: [1, 2]."
                                .formatted(granularities));
            }
        }
        if (kind != Kind.BROADCAST && granularities.size() > 1) {
            throw new IllegalArgumentException(
                    "granularities (%s) must go with kind: broadcast, because each has an outcome and no states.%nMaybe write granularities: [1]."
                            .formatted(granularities));
        }
        if (judge == Judge.CRITIC && completionSteps > 0) {
            throw new IllegalArgumentException(
                    "completionSteps (%s) must be 0 with judge: critic, because a critic looks at the states themselves.%nMaybe write completionSteps: 0."
                            .formatted(completionSteps));
        }
        if (judge == Judge.CRITIC && (kind == Kind.TURNING_POINT || kind == Kind.CUMULATIVE)) {
            throw new IllegalArgumentException(
                    "judge (critic) must go with kind: gain or kind: value, because a critic sees only the states around stochastic steps.%nMaybe write kind: gain."
                            .formatted());
        }
        if (kind == Kind.BROADCAST) {
            requireSteps("judge", judge == Judge.CRITIC, "says who judges states along the way");
            requireSteps("minForm", minForm.isPresent(), "looks for the worst of a sample's steps");
            requireSteps("reNorm", reNorm, "adds the outcome to the scores of steps");
            requireSteps("completionSteps", completionSteps > 0, "says how states along the way are completed");
        }
    }

    private static void requireSteps(String key, boolean there, String reason) {
        if (there) {
            throw new IllegalArgumentException(
                    "%s %s, but kind: broadcast measures finished samples alone, and every step has the same score.%nMaybe write kind: value."
                            .formatted(key, reason));
        }
    }

    /** Returns the trainer's choice. */
    public Credit credit() {
        Credit plain = switch (kind) {
            case BROADCAST -> new Credit.Broadcast();
            case VALUE -> new Credit.Value();
            case GAIN -> new Credit.Gain();
            case TURNING_POINT ->
                turningPoint.map(t -> new TurningPoint(t.bonus(), t.balanced())).orElse(TurningPoint.TP_GRPO);
            case CUMULATIVE -> new Credit.Cumulative(discount.orElseThrow());
        };
        Credit credit = minForm.<Credit>map(form -> new Credit.MinForm(plain, form.temperature()))
                .orElse(plain);
        return reNorm ? new Credit.ReNorm(credit) : credit;
    }

    /** Returns what the critic has to say about steps. */
    public CriticLearning.Steps critic() {
        return new CriticLearning.Steps(judge == Judge.CRITIC, processWeight);
    }

    /** Returns how states along the way are completed. */
    public Completion completion() {
        return new Completion(completionSteps);
    }
}
