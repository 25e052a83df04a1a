package dev.sluice.grpo;

/** Carries out an objective: makes of an iteration's samples what its updates compute. */
interface Teacher {
    /** Returns the numbers of the steps that get a score and an advantage each. */
    int[] creditedSteps(Sampled sampled);

    /** Returns what is to be learned; called before the weights move. */
    Course course(Judged judged);
}
