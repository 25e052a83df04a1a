package dev.sluice.rewards.internal.sets;

/**
 * How two sets of equal weights are matched at the least cost, with a little blur: the plan P ≥ 0 whose rows sum to 1/n and whose
 * columns sum to 1/m that makes Σ P·C + ε·Σ P·(ln P − 1) least.
 *
 * <p>Source: Cuturi (2013), arXiv:1306.0895; in logarithms, f ← −ε·ln Σ_j exp((g_j − C_ij)/ε)/m and the same for g, so that no small
 * ε under- or overflows.
 *
 * @param plan n rows, m columns; its rows sum to 1/n exactly, its columns to 1/m as nearly as the steps brought it
 * @param cost Σ P·C, without the blur's share
 */
record Transport(double[][] plan, double cost) {
    private static final double STILL = 1e-12;

    /**
     * Finds the plan.
     *
     * @param costs n × m finite numbers, n and m at least 1
     * @param epsilon the blur, above 0, in units of the costs
     * @param steps at most so many; it ends before where nothing changes any more
     */
    static Transport of(double[][] costs, double epsilon, int steps) {
        int n = costs.length;
        int m = costs[0].length;
        double[][] turned = new double[m][n];
        for (int i = 0; i < n; i++) {
            for (int j = 0; j < m; j++) {
                turned[j][i] = costs[i][j];
            }
        }
        double[] f = new double[n];
        double[] g = new double[m];
        for (int step = 0; step < steps; step++) {
            balance(turned, f, g, epsilon);
            if (balance(costs, g, f, epsilon) <= STILL) {
                break;
            }
        }
        return planned(costs, f, g, epsilon);
    }

    /** Sets the potentials of the rows so that each row has its share; returns by how much the greatest changed. */
    private static double balance(double[][] costs, double[] others, double[] potentials, double epsilon) {
        double change = 0;
        for (int i = 0; i < potentials.length; i++) {
            double most = Double.NEGATIVE_INFINITY;
            for (int j = 0; j < others.length; j++) {
                most = Math.max(most, others[j] - costs[i][j]);
            }
            double sum = 0;
            for (int j = 0; j < others.length; j++) {
                sum += Math.exp((others[j] - costs[i][j] - most) / epsilon);
            }
            double balanced = -most - epsilon * Math.log(sum / others.length);
            change = Math.max(change, Math.abs(balanced - potentials[i]));
            potentials[i] = balanced;
        }
        return change;
    }

    private static Transport planned(double[][] costs, double[] f, double[] g, double epsilon) {
        double[][] plan = new double[f.length][g.length];
        double cost = 0;
        for (int i = 0; i < f.length; i++) {
            for (int j = 0; j < g.length; j++) {
                plan[i][j] = Math.exp((f[i] + g[j] - costs[i][j]) / epsilon) / f.length / g.length;
                cost += plan[i][j] * costs[i][j];
            }
        }
        return new Transport(plan, cost);
    }
}
