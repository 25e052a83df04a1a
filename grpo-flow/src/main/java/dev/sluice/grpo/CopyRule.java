package dev.sluice.grpo;

import dev.sluice.flow.tensor.Require;

/** How a copy of the trained arrays follows them: after every update, copy ← d·copy + (1 − d)·θ. */
public sealed interface CopyRule permits CopyRule.Ramp, CopyRule.Every {
    /**
     * Returns d, the share of the copy that is kept.
     *
     * @param updates updates done so far, at least 1
     */
    double kept(long updates);

    /**
     * d = min(slope·(n − start), most), and 0 before {@code start}: a copy that follows at once in the beginning and more and more
     * slowly later.
     *
     * <p>Source: DiffusionNFT (2025), {@code train_nft_sd3.py}: slope 0.001 and most 0.5, or 0.0075, 0.999 and start 75; Advantage
     * Weighted Matching (2025): slope 0.001 and most 0.3.
     *
     * @param slope at least 0; 0 for a copy that is always the policy itself
     * @param most in [0, 1]
     * @param start n up to which nothing is kept, at least 0
     */
    record Ramp(double slope, double most, int start) implements CopyRule {
        public Ramp {
            Require.notNegative("slope", slope);
            Require.within("most", most, 0, 1);
            Require.atLeast("start", start, 0);
        }

        @Override
        public double kept(long updates) {
            return Math.min(slope * Math.max(0, updates - start), most);
        }
    }

    /**
     * The copy stays as it is, and every so many updates becomes the policy.
     *
     * <p>Source: flow_grpo, {@code train_sd3_dpo.py}, with 40.
     *
     * @param interval at least 1
     */
    record Every(int interval) implements CopyRule {
        public Every {
            Require.atLeast("interval", interval, 1);
        }

        @Override
        public double kept(long updates) {
            return updates % interval == 0 ? 0 : 1;
        }
    }
}
