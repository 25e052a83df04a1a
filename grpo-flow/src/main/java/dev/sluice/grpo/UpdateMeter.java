package dev.sluice.grpo;

/** Averages what is reported of an update over its micro-batches and steps. */
final class UpdateMeter {
    private int count;
    private double loss;
    private double policyLoss;
    private double penalty;
    private double approximateKl;
    private double above;
    private double below;
    private double ratioSum;
    private long ratios;
    private double least = Double.POSITIVE_INFINITY;
    private double most = Double.NEGATIVE_INFINITY;
    private boolean finite = true;
    private final StepMeter steps = new StepMeter();
    private final StepMeter plain = new StepMeter();

    /** Counts a micro-batch at one step; returns whether all so far are finite. */
    boolean add(MicroStep step) {
        finite &= step.finite();
        count++;
        loss += step.loss();
        policyLoss += step.terms().value();
        penalty += step.penalty();
        approximateKl += step.terms().approximateKl();
        above += step.terms().clippedAbove();
        below += step.terms().clippedBelow();
        step.step().ifPresent(number -> {
            steps.add(number, step.terms());
            step.plain().ifPresent(terms -> plain.add(number, terms));
        });
        for (double ratio : step.terms().ratios()) {
            ratioSum += ratio;
            ratios++;
            least = Math.min(least, ratio);
            most = Math.max(most, ratio);
        }
        return finite;
    }

    boolean finite() {
        return finite;
    }

    UpdateReport report(boolean applied, double gradientNorm, double learningRate) {
        return new UpdateReport(
                applied,
                loss / count,
                policyLoss / count,
                penalty / count,
                approximateKl / count,
                above / count,
                below / count,
                ratioSum / ratios,
                least,
                most,
                gradientNorm,
                learningRate,
                count,
                steps.report(),
                plain.report());
    }
}
