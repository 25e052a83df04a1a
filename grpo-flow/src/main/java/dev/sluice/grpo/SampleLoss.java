package dev.sluice.grpo;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The loss of finished samples as a function of how far velocities are from those that lead to the samples: plain arithmetic, so
 * that every formula can be tested without a network. The trainer carries the slopes on through the network.
 */
public sealed interface SampleLoss
        permits AdvantageWeighted,
                RewardWeighted,
                PairPreference,
                GroupPreference,
                SetPreference,
                Contrast,
                CriticWeighted {
    /**
     * Returns which samples are looked at together, and what each is worth.
     *
     * @param outcomes of an iteration
     * @param size samples that a lot should have at most
     */
    List<Lot> lots(Outcomes outcomes, int size);

    /**
     * Returns the loss of a lot, a mean over its samples and levels, and its derivatives.
     *
     * @param errors at least one level
     */
    Result of(MatchingErrors errors, Lot lot);

    /** Returns the velocities whose distances count. */
    default List<Mix> mixes() {
        return Mix.PRESENT;
    }

    /** Returns the frozen policy that this loss compares with, if it does. */
    default Optional<Frozen> against() {
        return Optional.empty();
    }

    /** Returns whether the weights that the iteration began with count, so that a later update can tell how far it has gone. */
    default boolean comparesWithOld() {
        return false;
    }

    /** Returns whether the loss at one level depends on the others, so that all are computed at a time. */
    default boolean joinsLevels() {
        return false;
    }

    /** Returns whether the critic is asked what noised samples are worth. */
    default boolean asksCritic() {
        return false;
    }

    /** Returns whether advantages say what samples are worth; otherwise rewards do. */
    default boolean usesAdvantages() {
        return true;
    }

    /** Refuses batches that this loss has no meaning with. */
    default void check(GrpoOptions.Batch batch) {}

    /**
     * A velocity present·v + frozen·v_frozen.
     *
     * @param present factor of the present policy's
     * @param frozen factor of the frozen one's
     */
    record Mix(double present, double frozen) {
        static final List<Mix> PRESENT = List.of(new Mix(1, 0));
    }

    /**
     * A loss.
     *
     * @param terms value and ratios; losses without a ratio have none
     * @param slopes for each mix, ∂value/∂{@link MatchingErrors#squares}
     * @param measures what else is reported, by name
     */
    record Result(PolicyLoss.Terms terms, double[][][] slopes, Map<String, Double> measures) {
        /** Returns the loss of one mix, without ratios; {@code slopes} has a row for each level. */
        static Result of(double value, double[][] slopes, Map<String, Double> measures) {
            return new Result(PolicyLoss.Terms.withoutRatios(value), new double[][][] {slopes}, measures);
        }
    }

    /** Returns the mean of all values. */
    static double mean(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).average().orElse(Double.NaN);
    }

    /** Returns the error of the present policy under its name, and that of the frozen one if it was measured. */
    static Map<String, Double> errorsOf(MatchingErrors errors) {
        Map<String, Double> measures = new LinkedHashMap<>();
        measures.put(Measures.ERROR, mean(errors.present()));
        if (errors.frozen().length > 0) {
            measures.put(Measures.FROZEN_ERROR, mean(errors.frozen()));
        }
        return measures;
    }
}
