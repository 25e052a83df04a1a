package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.sde.SdeSampler;
import java.util.List;
import java.util.Optional;

/** Carries out an objective: makes of an iteration's samples what its updates compute. */
interface Teacher {
    /** Returns the numbers of the steps that get a score and an advantage each. */
    int[] creditedSteps(Sampled sampled);

    /** Returns what is to be learned; called before the weights move. */
    Course course(Judged judged);

    /** Returns what learns beside the policy. */
    default List<Companion> companions() {
        return List.of();
    }

    /** Returns who carries out the objective of the options. */
    static Teacher of(
            GrpoOptions options,
            Policy policy,
            Optional<PolicyCopy> copy,
            Optional<LearnedNoise> noise,
            Optional<LatentCritic> critic,
            SdeSampler sampler,
            Lanes lanes,
            NDManager manager) {
        if (options.objective() instanceof PolicyGradient gradient) {
            return noise.map(learned -> new StepTeacher(gradient, policy, learned))
                    .orElseGet(() -> new StepTeacher(gradient, policy, sampler));
        }
        if (options.objective() instanceof RewardDifference difference) {
            return new TrajectoryTeacher(difference, policy, sampler, lanes);
        }
        if (options.objective() instanceof Distillation distillation) {
            return new DistillationTeacher(distillation, options, policy, lanes, manager);
        }
        Matching matching = (Matching) options.objective();
        return new SampleTeacher(matching, options, new Policies(policy, copy), lanes, manager, critic);
    }
}
