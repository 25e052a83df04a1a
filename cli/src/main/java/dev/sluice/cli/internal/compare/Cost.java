package dev.sluice.cli.internal.compare;

/**
 * What a run has spent up to some moment. A count that the run did not write down is NaN.
 *
 * @param iterations iterations that are done
 * @param updates optimiser steps that were applied
 * @param samples samples that were rolled out
 * @param passes passes of one sample through the network, in rollouts and updates
 * @param seconds of the iterations
 */
public record Cost(double iterations, double updates, double samples, double passes, double seconds) {
    /** Nothing yet. */
    public static final Cost NONE = new Cost(0, 0, 0, 0, 0);

    /** Returns this and one iteration more. */
    Cost plus(double moreUpdates, double moreSamples, double morePasses, double moreSeconds) {
        return new Cost(
                iterations + 1,
                updates + moreUpdates,
                samples + moreSamples,
                passes + morePasses,
                seconds + moreSeconds);
    }

    /** Returns the point of the straight line from here to there; {@code share} is in [0, 1]. */
    Cost towards(Cost there, double share) {
        return new Cost(
                iterations + share * (there.iterations - iterations),
                updates + share * (there.updates - updates),
                samples + share * (there.samples - samples),
                passes + share * (there.passes - passes),
                seconds + share * (there.seconds - seconds));
    }
}
