package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;
import java.util.Arrays;
import java.util.List;

/**
 * The noise of every step on its way to where it does as often good as harm: a step that gained and lost about equally often gets
 * more noise, another one less. Plain arithmetic.
 *
 * <p>Source: DenseGRPO (2026), arXiv:2601.20218, Algorithm 1. Differs: no noise falls below the length of a move.
 */
final class NoiseBalance {
    private final double[] diffusions;
    private final double move;
    private final double margin;

    /**
     * Starts.
     *
     * @param start ψ of every step
     * @param move ε₂ above 0, what is added or taken off; published as 0.01
     * @param margin ε₁ above 0: so many more gains than losses, or fewer, are still a balance
     */
    NoiseBalance(List<Double> start, double move, double margin) {
        this.move = Require.positive("move", move);
        this.margin = Require.positive("margin", margin);
        this.diffusions = start.stream().mapToDouble(psi -> Math.max(psi, move)).toArray();
    }

    /**
     * Moves the noise of the first steps.
     *
     * @param gained samples that each of them made better
     * @param lost samples that each of them made worse
     */
    void move(int[] gained, int[] lost) {
        for (int k = 0; k < gained.length; k++) {
            int direction = Math.abs(gained[k] - lost[k]) < margin ? 1 : -1;
            diffusions[k] = Math.max(diffusions[k] + direction * move, move);
        }
    }

    /** Returns ψ of every step. */
    List<Double> diffusions() {
        return Arrays.stream(diffusions).boxed().toList();
    }
}
