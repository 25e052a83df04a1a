package dev.sluice.grpo;

import dev.sluice.flow.tensor.NoiseSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The updates of an iteration: shuffles the units of a course, shares them out, and lets the weights move. */
final class UpdateLoop {
    /** Above this the rollout and the update do not run the same computation, and every ratio would be wrong. */
    private static final double RATIO_TOLERANCE = 1e-6;

    private static final long SHUFFLE = 0x73687566666C65L;
    private static final long STEPS = 0x7374657073L;

    private final PolicyUpdate update;
    private final GrpoOptions.Updates options;
    private final long seed;
    private boolean ratioChecked;

    UpdateLoop(PolicyUpdate update, GrpoOptions.Updates options, long seed) {
        this.update = update;
        this.options = options;
        this.seed = seed;
    }

    /** Returns the reports of the updates; empty if there is nothing to learn. */
    List<UpdateReport> run(long iteration, Course course, GrpoListener listener) {
        List<UpdateReport> reports = new ArrayList<>();
        int units = course.units();
        int count = Math.min(options.perIteration(), units);
        int epochs = options.innerEpochs();
        for (int epoch = 0; epoch < epochs; epoch++) {
            int[] shuffled = PromptOrder.permutation(units, NoiseSource.of(seed, SHUFFLE, iteration, epoch));
            for (int u = 0; u < count; u++) {
                int[] part = Arrays.copyOfRange(shuffled, u * units / count, (u + 1) * units / count);
                update.begin();
                NoiseSource random = NoiseSource.of(seed, STEPS, iteration, epoch, u);
                update.accumulate(course.portions(part, random)).forEach(this::checkRatio);
                reports.add(update.apply(options));
                listener.progress(iteration, Phases.UPDATE, reports.size(), epochs * count);
            }
        }
        return reports;
    }

    /** On the first micro-batch of a run the weights are those of the rollout, so a ratio must be 1. */
    private void checkRatio(MicroStep step) {
        if (ratioChecked || !step.finite()) {
            return;
        }
        ratioChecked = true;
        double deviation = Arrays.stream(step.terms().ratios())
                .map(ratio -> Math.abs(ratio - 1))
                .max()
                .orElse(0);
        if (!(deviation <= RATIO_TOLERANCE)) {
            throw new IllegalStateException(
                    "The importance ratio before the first update is off by %s; it must be 1, because rollout and update compute the same.%nMaybe the model draws random numbers or changes its dtype between the two."
                            .formatted(deviation));
        }
    }
}
