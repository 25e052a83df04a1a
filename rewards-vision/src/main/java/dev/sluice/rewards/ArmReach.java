package dev.sluice.rewards;

import java.util.Locale;

/** How far from the base the hand is to go; the arm can reach from 0.2 to 1. */
public enum ArmReach {
    /** As it likes. */
    ANY(0.3, 1),
    /** Near the base. */
    NEAR(0.3, 0.66),
    /** Nearly or quite stretched. */
    FAR(0.7, 1);

    private final double least;
    private final double greatest;

    ArmReach(double least, double greatest) {
        this.least = least;
        this.greatest = greatest;
    }

    /** Returns the word of a prompt; empty for {@link #ANY}. */
    public String word() {
        return this == ANY ? "" : name().toLowerCase(Locale.ROOT);
    }

    /** Returns the least distance that obeys. */
    public double least() {
        return least;
    }

    /** Returns the greatest distance that obeys. */
    public double greatest() {
        return greatest;
    }

    /** Returns how far a distance from the base is from one that obeys. */
    public double distance(double reach) {
        return Math.max(0, Math.max(reach - greatest, least - reach));
    }
}
