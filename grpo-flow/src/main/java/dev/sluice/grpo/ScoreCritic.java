package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.AdamW;
import dev.sluice.flow.Ema;
import dev.sluice.flow.RateSchedule;
import dev.sluice.flow.Trainable;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import java.util.List;
import java.util.Optional;

/**
 * The velocity of the student's own distribution: the same network with something trained of its own, which begins at the reference and
 * learns what the student makes by flow matching.
 *
 * <p>Memory: arrays of what is trained and of the weights that it is folded into, in the owner.
 */
final class ScoreCritic {
    private static final long PURPOSE = 0x637269746963L;
    private static final double UNUSED = 1;

    private final Trainable trainable;
    private final Policy policy;
    private final AdamW optimiser;
    private final SampleTeacher teacher;
    private final UpdateLoop updates;

    ScoreCritic(NDManager owner, Lanes lanes, Policy student, Distillation objective, GrpoOptions options) {
        this.trainable = student.trainable().sibling(owner, NoiseSource.of(options.seed(), PURPOSE));
        this.policy = student.with(trainable);
        this.optimiser =
                new AdamW(owner, trainable.parameters(), objective.critic().optimiser());
        Ema.Options none = new Ema.Options(0, Integer.MAX_VALUE);
        GrpoOptions.Updates often = new GrpoOptions.Updates(
                objective.critic().updates(), 1, RateSchedule.CONSTANT, 1, optimiser.options(), none);
        Matching matching = new Matching(
                new RewardWeighted(RewardWeighted.Weighting.EQUAL, UNUSED),
                objective.levels(),
                1,
                List.of(),
                Optional.empty(),
                false);
        GrpoOptions own = new GrpoOptions(
                options.batch(),
                options.rollout(),
                options.signal(),
                matching,
                often,
                NoiseSource.of(options.seed(), PURPOSE).uniform(Integer.MAX_VALUE));
        this.teacher = new SampleTeacher(matching, own, new Policies(policy, Optional.empty()), lanes, owner);
        this.updates = new UpdateLoop(
                new PolicyUpdate(
                        owner,
                        lanes,
                        policy,
                        optimiser,
                        new Ema(owner, trainable.parameters(), none),
                        Optional.empty()),
                often,
                own.seed());
    }

    /** Learns what the student has made; returns the mean error before the updates. */
    double learn(Judged made) {
        return updates.run(made.iteration(), teacher.course(made), GrpoListener.NONE).stream()
                .mapToDouble(report -> report.measures().getOrDefault(Measures.ERROR, Double.NaN))
                .average()
                .orElse(Double.NaN);
    }

    VelocityModel model() {
        return policy.current();
    }

    Companion companion() {
        return new Companion("critic", trainable.parameters(), optimiser, trainable::fold);
    }
}
