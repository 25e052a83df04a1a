package dev.sluice.grpo;

/**
 * The reward of a set whose samples can be exchanged one by one: mean reward + variety·mean over the elements of the variance of
 * the latents over the set. An exchange costs one pass over the elements of a sample, however large the set is, since the
 * variance is the mean of the squares less the square of the mean.
 */
final class SetReward {
    private final double variety;
    private final Outcomes outcomes;
    private final int size;
    private double rewards;
    private double squares;
    private final double[] sums;

    SetReward(double variety, Outcomes outcomes, int[] samples) {
        this.variety = variety;
        this.outcomes = outcomes;
        this.size = samples.length;
        this.sums = new double[latents(samples[0]).length];
        for (int sample : samples) {
            rewards += outcomes.rewards()[sample];
            float[] latents = latents(sample);
            for (int d = 0; d < sums.length; d++) {
                sums[d] += latents[d];
                squares += (double) latents[d] * latents[d];
            }
        }
    }

    private float[] latents(int sample) {
        return variety == 0 ? new float[0] : outcomes.latents().apply(sample);
    }

    double value() {
        double ofSums = 0;
        for (double sum : sums) {
            ofSums += sum * sum;
        }
        double variance = sums.length == 0 ? 0 : (squares / size - ofSums / size / size) / sums.length;
        return rewards / size + variety * variance;
    }

    /** Returns by how much the reward would rise with {@code in} in the place of {@code out}. */
    double gain(int out, int in) {
        float[] old = latents(out);
        float[] fresh = latents(in);
        double moreOfSums = 0;
        double moreSquares = 0;
        for (int d = 0; d < sums.length; d++) {
            double step = (double) fresh[d] - old[d];
            moreOfSums += step * (2 * sums[d] + step);
            moreSquares += step * ((double) fresh[d] + old[d]);
        }
        double variance = sums.length == 0 ? 0 : (moreSquares / size - moreOfSums / size / size) / sums.length;
        return (outcomes.rewards()[in] - outcomes.rewards()[out]) / size + variety * variance;
    }

    /** Puts {@code in} in the place of {@code out}. */
    void exchange(int out, int in) {
        float[] old = latents(out);
        float[] fresh = latents(in);
        rewards += outcomes.rewards()[in] - outcomes.rewards()[out];
        for (int d = 0; d < sums.length; d++) {
            sums[d] += (double) fresh[d] - old[d];
            squares += (double) fresh[d] * fresh[d] - (double) old[d] * old[d];
        }
    }
}
