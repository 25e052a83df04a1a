package dev.sluice.grpo;

/**
 * How far the policy's velocity may be from another's at noised samples, as a penalty: mean ‖v − v_other‖² times a number that
 * depends on the level alone.
 *
 * <p>Source: Advantage Weighted Matching (2025), arXiv:2509.25050.
 */
public enum VelocityDistance {
    /** The squared distance itself, which bounds how far the two flows' samples are apart (Wasserstein-2). */
    UNIFORM {
        @Override
        public double scale(double sigma) {
            return 1;
        }
    },
    /** Divided by 2g² with Flow-SDE's g = 0.7·√(σ/(1 − min(σ, 0.99))): what the divergence of its steps would be. */
    ELBO {
        @Override
        public double scale(double sigma) {
            return (1 - Math.min(sigma, NEAR_NOISE)) / (2 * NOISE * NOISE * sigma);
        }
    };

    private static final double NEAR_NOISE = 0.99;
    private static final double NOISE = 0.7;

    /**
     * Returns what the squared distance is multiplied by.
     *
     * @param sigma σ in (0, 1]
     */
    public abstract double scale(double sigma);
}
