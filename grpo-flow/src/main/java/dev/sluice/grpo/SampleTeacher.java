package dev.sluice.grpo;

import ai.djl.ndarray.NDManager;
import dev.sluice.flow.VelocityModel;
import dev.sluice.flow.tensor.Lanes;
import dev.sluice.flow.tensor.NoiseSource;
import dev.sluice.flow.tensor.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Carries out {@link Matching}: looks at lots of finished samples at fresh levels of noise. */
final class SampleTeacher implements Teacher {
    private final Matching objective;
    private final GrpoOptions options;
    private final Policies policies;
    private final Lanes lanes;
    private final NDManager manager;
    private final Optional<LatentCritic> critic;

    SampleTeacher(Matching objective, GrpoOptions options, Policies policies, Lanes lanes, NDManager manager) {
        this(objective, options, policies, lanes, manager, Optional.empty());
    }

    SampleTeacher(
            Matching objective,
            GrpoOptions options,
            Policies policies,
            Lanes lanes,
            NDManager manager,
            Optional<LatentCritic> critic) {
        this.objective = objective;
        this.options = options;
        this.policies = policies;
        this.lanes = lanes;
        this.manager = manager;
        this.critic = critic;
    }

    /** One advantage for the whole sample. */
    @Override
    public int[] creditedSteps(Sampled sampled) {
        return new int[] {sampled.steps() - 1};
    }

    @Override
    public Course course(Judged judged) {
        Outcomes outcomes = judged.outcomes();
        long start = System.nanoTime();
        List<Lot> lots = objective.loss().lots(outcomes, options.batch().chunkSize());
        double arranged = (System.nanoTime() - start) * 1e-9;
        NoisedLot.Draws draws = new NoisedLot.Draws(
                objective.levels(),
                objective.draws(),
                options.rollout().schedule(),
                options.seed(),
                judged.iteration());
        LotLearner learner = new LotLearner(objective, policies, judged.chunks(), draws, critic);
        int uses = options.updates().perIteration() * options.updates().innerEpochs();
        // The first update begins at the weights of the rollout, so that its own errors are the old ones.
        double[][][] old =
                objective.loss().comparesWithOld() && uses > 1 ? errors(learner, lots) : new double[lots.size()][][];
        return new LotCourse(lots, old, learner, arranged);
    }

    /** Returns the errors under the present weights of every lot at every draw. */
    private double[][][] errors(LotLearner learner, List<Lot> lots) {
        int draws = objective.draws();
        double[][][] errors = new double[lots.size()][draws][];
        VelocityModel model = policies.policy().current();
        lanes.run(
                lots.size() * draws,
                (lane, item) -> learner.errors(manager, model, lots.get(item / draws), item % draws),
                (item, measured) -> errors[item / draws][item % draws] = measured);
        return errors;
    }

    /** Lots that the updates share out. */
    private final class LotCourse implements Course {
        private final List<Lot> lots;
        private final double[][][] old;
        private final LotLearner learner;
        private final double arranged;

        LotCourse(List<Lot> lots, double[][][] old, LotLearner learner, double arranged) {
            this.arranged = arranged;
            this.lots = lots;
            this.old = old;
            this.learner = learner;
        }

        @Override
        public int units() {
            return lots.size();
        }

        @Override
        public double arrangedSeconds() {
            return arranged;
        }

        @Override
        public List<Portion> portions(int[] units, NoiseSource random) {
            int samples =
                    Arrays.stream(units).map(unit -> lots.get(unit).size()).sum();
            int[] all = IntStream.range(0, objective.draws()).toArray();
            List<Portion> portions = new ArrayList<>();
            for (int unit : units) {
                Lot lot = lots.get(unit);
                double share = (double) lot.size() / samples;
                if (objective.loss().joinsLevels()) {
                    portions.add(portion(lot, old[unit], all, share));
                } else {
                    for (int draw : all) {
                        portions.add(portion(lot, old[unit], new int[] {draw}, share / all.length));
                    }
                }
            }
            return portions;
        }

        private Portion portion(Lot lot, double[][] before, int[] draws, double scale) {
            return model -> {
                try (NDManager scratch = manager.newSubManager();
                        Torch.Scope off = Torch.noGradient()) {
                    return learner.backward(scratch, model, lot, before, draws, scale);
                }
            };
        }
    }
}
