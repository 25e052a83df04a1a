package dev.sluice.grpo;

import java.util.List;

/** Names of what objectives report of an update beside the loss; each is a mean over what was accumulated. */
public final class Measures {
    /** The flow-matching error of the samples under the present policy. */
    public static final String ERROR = "matching.error";

    /** The same under the policy that the loss compares with. */
    public static final String FROZEN_ERROR = "matching.error_frozen";

    /** The share of pairs whose winner's error has fallen more than the loser's. */
    public static final String ACCURACY = "preference.accuracy";

    /** What the groups' losses are weighted by. */
    public static final String GROUP_WEIGHT = "preference.group_weight";

    /** The mean of |d|: how far the student's distribution is from the teacher's, on the scale of the teacher's own errors. */
    public static final String GAP = "distillation.gap";

    /** The flow-matching error of the critic on what the student makes. */
    public static final String CRITIC_ERROR = "distillation.critic_error";

    private Measures() {}

    /** Returns all names. */
    public static List<String> names() {
        return List.of(ERROR, FROZEN_ERROR, ACCURACY, GROUP_WEIGHT, GAP, CRITIC_ERROR);
    }
}
