package dev.sluice.rewards;

/**
 * What can be said of a reward's scores before there are any; higher is always better.
 *
 * @param least no score is below; negative infinity if there is no bound
 * @param greatest no score is above; positive infinity if there is no bound
 * @param modality what it can score
 * @param needsPrompt whether it reads the prompt or its metadata
 * @param needsGroup whether a sample's score depends on the other samples of the batch
 * @param deterministic whether the same sample always gets the same score
 */
public record RewardFacts(
        double least,
        double greatest,
        Modality modality,
        boolean needsPrompt,
        boolean needsGroup,
        boolean deterministic) {
    /** The facts of a reward that does not state them: nothing is promised. */
    public static final RewardFacts UNKNOWN =
            new RewardFacts(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY, Modality.BOTH, true, true, false);

    /** Checks that the range is not empty. */
    public RewardFacts {
        if (!(least < greatest)) {
            throw new IllegalArgumentException("least (%s) must be below greatest (%s).".formatted(least, greatest));
        }
    }

    /** What a reward can score. */
    public enum Modality {
        /** One frame. */
        IMAGE,
        /** Several frames. */
        VIDEO,
        /** Any number of frames. */
        BOTH
    }

    /** Returns whether a score lies in the range. */
    public boolean allows(double score) {
        return score >= least && score <= greatest;
    }
}
