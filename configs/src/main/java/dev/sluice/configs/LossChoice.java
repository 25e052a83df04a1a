package dev.sluice.configs;

import dev.sluice.configs.internal.Variant;
import dev.sluice.configs.internal.Within;
import dev.sluice.rewards.PreferenceLoss;

/** What a comparison costs a reward model; see {@link PreferenceLoss}. */
public sealed interface LossChoice {
    /** Returns it. */
    PreferenceLoss loss();

    /**
     * Bradley and Terry's.
     *
     * @param margin by how much the preferred one should be ahead
     * @param smoothing the share of labels that are taken for wrong
     */
    @Variant("bradley-terry")
    record BradleyTerry(
            @Within(least = 0) double margin,
            @Within(least = 0, below = 0.5) double smoothing) implements LossChoice {
        @Override
        public PreferenceLoss loss() {
            return new PreferenceLoss.BradleyTerry(margin, smoothing);
        }
    }

    /**
     * Rao and Kupper's, with ties.
     *
     * @param k how wide ties are
     */
    @Variant("rao-kupper")
    record RaoKupper(@Within(above = 1) double k) implements LossChoice {
        @Override
        public PreferenceLoss loss() {
            return new PreferenceLoss.RaoKupper(k);
        }
    }

    /**
     * SoliReward's, with ties.
     *
     * @param margin how wide ties are
     */
    @Variant("win-tie")
    record WinTie(@Within(above = 0) double margin) implements LossChoice {
        @Override
        public PreferenceLoss loss() {
            return new PreferenceLoss.WinTie(margin);
        }
    }

    /**
     * Davidson's, with ties.
     *
     * @param nu how likely ties are
     */
    @Variant("davidson")
    record Davidson(@Within(above = 0) double nu) implements LossChoice {
        @Override
        public PreferenceLoss loss() {
            return new PreferenceLoss.Davidson(nu);
        }
    }
}
