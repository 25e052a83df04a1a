package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.sde.SdeSampler;
import java.util.Optional;

/** Carries out an objective: makes of an iteration's samples what its updates compute. */
interface Teacher {
    /** Returns the numbers of the steps that get a score and an advantage each. */
    int[] creditedSteps(Sampled sampled);

    /** Returns what is to be learned; called before the weights move. */
    Course course(Judged judged);

    /** Returns who carries out the objective of the options. */
    static Teacher of(
            GrpoOptions options,
            Policy policy,
            Optional<PolicyCopy> copy,
            SdeSampler sampler,
            Lanes lanes,
            NDManager manager) {
        if (options.objective() instanceof PolicyGradient gradient) {
            return new StepTeacher(gradient, policy, sampler);
        }
        if (options.objective() instanceof RewardDifference difference) {
            return new TrajectoryTeacher(difference, policy, sampler, lanes);
        }
        Matching matching = (Matching) options.objective();
        return new SampleTeacher(matching, options, new Policies(policy, copy), lanes, manager);
    }
}
