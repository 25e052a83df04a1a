package dev.sluice.grpo;

/**
 * What the rewards of an iteration look like, over the finite ones.
 *
 * @param mean mean reward of all samples; NaN if none is finite
 * @param deviation population deviation of all samples
 * @param meanGroupDeviation mean over the groups of their population deviations
 * @param zeroDeviationShare share of groups whose rewards are all equal, and which so teach nothing
 * @param meanGroupSize samples in a group
 * @param invalid samples without a finite reward
 */
public record GroupStatistics(
        double mean,
        double deviation,
        double meanGroupDeviation,
        double zeroDeviationShare,
        double meanGroupSize,
        int invalid) {
    /** Returns the statistics of one reward for each sample. */
    public static GroupStatistics of(double[] rewards, Groups groups) {
        Moments all = Moments.of(rewards);
        double deviations = 0;
        int flat = 0;
        for (int[] members : groups.members()) {
            Moments moments = Moments.of(rewards, members);
            deviations += moments.flat() ? 0 : moments.deviation(0);
            flat += moments.flat() ? 1 : 0;
        }
        double count = Math.max(1, groups.count());
        return new GroupStatistics(
                all.mean(),
                all.deviation(0),
                deviations / count,
                flat / count,
                rewards.length / count,
                rewards.length - all.count());
    }
}
