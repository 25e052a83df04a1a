package dev.sluice.grpo;

/**
 * What was measured of a lot at its levels of noise: a row for each level, a column for each sample. u = ε − z is the velocity
 * that leads to the sample; a mix is a sum of the present policy's velocity and the frozen one's.
 *
 * @param sigmas σ in (0, 1]
 * @param squares for each mix of {@link SampleLoss#mixes()}, mean (mix − u)² over the elements of a sample
 * @param magnitudes for each mix, mean |mix − u|
 * @param frozen mean (v_frozen − u)² of the policy that the loss compares with; empty if it has none
 * @param old mean (v_old − u)² under the weights that the iteration began with
 * @param values what the critic says of the noised samples; empty if it is not asked
 */
public record MatchingErrors(
        double[][] sigmas,
        double[][][] squares,
        double[][][] magnitudes,
        double[][] frozen,
        double[][] old,
        double[][] values) {
    /** Distances without a critic. */
    public MatchingErrors(
            double[][] sigmas, double[][][] squares, double[][][] magnitudes, double[][] frozen, double[][] old) {
        this(sigmas, squares, magnitudes, frozen, old, new double[0][]);
    }

    /** Returns e = mean (v − u)², of losses whose one mix is the present velocity. */
    public double[][] present() {
        return squares[0];
    }
}
